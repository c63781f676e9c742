#pragma once
// What the palette of commands offers in this window: a kind is a file here and a word in app/CMakeLists.txt.

#include <memory>
#include <vector>

#include "widgets/palette/palette_source.h"

namespace anchorscope {

class MainWindow;

using MakePaletteSource = std::unique_ptr<PaletteSource> (*)(MainWindow& window);

template <typename Source>
std::unique_ptr<PaletteSource> makePaletteSource(MainWindow& window) {
  return std::make_unique<Source>(window);
}

/// In the order in which they stand while nothing is typed, as app/CMakeLists.txt lists them.
const std::vector<MakePaletteSource>& paletteSourceKinds();

/// One of each. The window must outlive them.
std::vector<std::unique_ptr<PaletteSource>> paletteSources(MainWindow& window);

}  // namespace anchorscope
