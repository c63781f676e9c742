#pragma once
// The window's colours. widgets/theme makes the application's palette and style sheet from them; painters
// read them here.

#include <QColor>

class QPalette;

namespace anchorscope {

struct Theme {
  bool dark = true;
  QColor surround, panel, raised, line, text, secondaryText;
  QColor selection{0x4C9AFF};
  QColor run{0x3FB68B}, paused{0xE8A33D}, failed{0xE5584F};  ///< training transport
  QColor scrubber{0xA78BFA};                                 ///< history, never the transport
  QColor classification{0xE69F00}, regression{0x56B4E9};
  QColor passed{0x009E73}, rejected{0xD55E00};  ///< a test's verdict
  QColor object{0xFFFFFF}, halo{0, 0, 0, 170};
  QColor onRun{0x0B1F15}, onSelection{0xFFFFFF};  ///< text and icons on a ground of `run`, of `selection`
};

const Theme& darkTheme();
const Theme& lightTheme();
/// The theme an application palette belongs to, by the lightness of its window colour.
const Theme& themeOf(const QPalette& palette);

}  // namespace anchorscope
