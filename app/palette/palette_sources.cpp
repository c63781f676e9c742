#include "app/palette/palette_sources.h"

namespace anchorscope {

std::vector<std::unique_ptr<PaletteSource>> paletteSources(MainWindow& window) {
  std::vector<std::unique_ptr<PaletteSource>> sources;
  for (const MakePaletteSource make : paletteSourceKinds())
    sources.push_back(make(window));
  return sources;
}

}  // namespace anchorscope
