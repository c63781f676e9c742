#include "app/palette/palette_sources.h"

namespace anchorscope {

namespace {

/// In the order in which they stand while nothing is typed.
constexpr MakePaletteSource kSources[] = {
    makeCommandSource, makePanelSource, makeLookSource,   makeLayerSource,
    makeOptionSource,  makeImageSource, makeRecentSource,
};

}  // namespace

std::vector<std::unique_ptr<PaletteSource>> paletteSources(MainWindow& window) {
  std::vector<std::unique_ptr<PaletteSource>> sources;
  for (const MakePaletteSource make : kSources)
    sources.push_back(make(window));
  return sources;
}

}  // namespace anchorscope
