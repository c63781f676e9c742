#pragma once
// What the palette of commands offers in this window: one kind a file, and a line in palette_sources.cpp.

#include <memory>
#include <vector>

#include "widgets/palette/palette_source.h"

namespace anchorscope {

class MainWindow;

using MakePaletteSource = std::unique_ptr<PaletteSource> (*)(MainWindow& window);

std::unique_ptr<PaletteSource> makeCommandSource(MainWindow& window);
std::unique_ptr<PaletteSource> makeImageSource(MainWindow& window);
std::unique_ptr<PaletteSource> makeLayerSource(MainWindow& window);
std::unique_ptr<PaletteSource> makeLookSource(MainWindow& window);
std::unique_ptr<PaletteSource> makeOptionSource(MainWindow& window);
std::unique_ptr<PaletteSource> makePanelSource(MainWindow& window);
std::unique_ptr<PaletteSource> makeRecentSource(MainWindow& window);

/// One of each. The window must outlive them.
std::vector<std::unique_ptr<PaletteSource>> paletteSources(MainWindow& window);

}  // namespace anchorscope
