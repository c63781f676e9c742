#pragma once
// The formulas of the help (resources/help/formulas), drawn at any size in any colour.

#include <QColor>
#include <QImage>
#include <QString>

namespace anchorscope {

/// Formula NAME at `emPx` device-independent pixels per em; null when there is none of that name.
QImage formulaImage(const QString& name, double emPx, const QColor& ink, double devicePixelRatio);

/// Its source in TeX, without dollars; empty when there is none of that name.
QString formulaTex(const QString& name);

}  // namespace anchorscope
