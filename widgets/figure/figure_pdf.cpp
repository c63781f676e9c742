#include "widgets/figure/figure_pdf.h"

namespace anchorscope {

namespace {

/// Replaces what stands between `before` and `after`, padding with spaces; false when it is not there or too
/// short.
bool replaceBetween(QByteArray& bytes, const QByteArray& before, const QByteArray& after,
                    const QByteArray& value) {
  const qsizetype begin = bytes.indexOf(before);
  if (begin < 0) return false;
  const qsizetype from = begin + before.size(), to = bytes.indexOf(after, from);
  if (to < 0 || to - from < value.size()) return false;
  bytes.replace(from, to - from, value.leftJustified(to - from, ' '));
  return true;
}

}  // namespace

Status correctPdf(QByteArray& pdf, double widthPt, double heightPt) {
  const QByteArray box = QByteArray::number(widthPt, 'f', 6) + ' ' + QByteArray::number(heightPt, 'f', 6);
  if (!replaceBetween(pdf, "/MediaBox [0 0 ", "]", box))
    return makeError(ErrorCode::kInternal,
                     "The PDF writer of this Qt writes no MediaBox that can be made exact",
                     "Write SVG or PNG instead");
  if (!replaceBetween(pdf, "/CreationDate (D:", ")", "20000101000000Z"))
    return makeError(ErrorCode::kInternal, "The PDF writer of this Qt writes its date in an unknown way",
                     "Write SVG or PNG instead");
  return {};
}

}  // namespace anchorscope
