#pragma once
// Corrections to a PDF that QPdfWriter wrote. Internal to widgets/figure.

#include <QByteArray>

#include "core/base/result.h"

namespace anchorscope {

/// QPdfWriter rounds the page to whole points and writes the time: sets the exact width and height (in
/// points, the height a whole number) and a fixed date, byte for byte in place, so that the cross-reference
/// table stays true.
Status correctPdf(QByteArray& pdf, double widthPt, double heightPt);

}  // namespace anchorscope
