#include "widgets/state/theme.h"

#include <QPalette>

namespace anchorscope {

const Theme& darkTheme() {
  static const Theme theme{true, 0x14161A, 0x1B1E24, 0x262A33, 0x343A46, 0xE6E8EC, 0x9AA3B2};
  return theme;
}

const Theme& lightTheme() {
  static const Theme theme{false, 0xE9EBEE, 0xFFFFFF, 0xF3F4F6, 0xD5D9E0, 0x1B1F27, 0x5B6472};
  return theme;
}

const Theme& themeOf(const QPalette& palette) {
  return palette.color(QPalette::Window).lightness() < 128 ? darkTheme() : lightTheme();
}

}  // namespace anchorscope
