#pragma once
// The program's line icons (resources/icons), drawn in the present theme's colours at any size and
// resolution.

#include <QIcon>
#include <QString>

#include "widgets/state/theme.h"

namespace anchorscope {

/// resources/icons/NAME.svg in a colour of the theme; disabled icons are faint. Follows a change of theme by
/// itself. With `nameWhenOn` the icon of a checked button is another one. GUI thread only.
QIcon themedIcon(const QString& name, QColor Theme::*color = &Theme::text, const QString& nameWhenOn = {});

/// Makes the files of resources known to style sheets; the functions here do so by themselves.
void loadIcons();

/// The program's own icon.
QIcon applicationIcon();

}  // namespace anchorscope
