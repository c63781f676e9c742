#pragma once
// The application's palette, font and style sheet, made from the Theme's colours; dark, light or as the
// system says.

#include <QString>

class QApplication;

namespace anchorscope {

enum class ThemeChoice { kSystem, kDark, kLight };

/// "system", "dark", "light": what settings hold.
QString toString(ThemeChoice choice);
ThemeChoice themeChoiceFromString(const QString& text);

/// Sets style, font, palette and style sheet of the whole application. May be called again to switch.
void applyTheme(QApplication& application, ThemeChoice choice);

}  // namespace anchorscope
