#include "widgets/panels/decision_view.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <cmath>

#include "core/base/counted.h"
#include "widgets/models/decision_text.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kLineHeight = 20, kValueHeight = 15;
constexpr int kMarkWidth = 18;

QString valueText(const DecisionRow& row) {
  switch (row.verdict) {
    case TestVerdict::kNotReached:
      return DecisionView::tr("not reached");
    case TestVerdict::kNotApplicable:
      return DecisionView::tr("not asked");
    case TestVerdict::kPassed:
    case TestVerdict::kFailed:
      break;
  }
  if (std::isnan(row.value) && std::isnan(row.bound)) return {};  // the note says why
  const QString margin = marginText(row);
  return margin.isEmpty() ? comparisonOf(row) : QStringLiteral("%1 (%2)").arg(comparisonOf(row), margin);
}

/// A tick or a cross, told by shape as well as by colour.
void drawMark(QPainter& painter, const QRectF& cell, TestVerdict verdict, const Theme& theme) {
  const QPointF c = cell.center();
  painter.setRenderHint(QPainter::Antialiasing);
  switch (verdict) {
    case TestVerdict::kPassed:
      painter.setPen(QPen(theme.passed, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
      painter.drawPolyline(QPolygonF({c + QPointF(-4, 0), c + QPointF(-1, 3.5), c + QPointF(4.5, -4)}));
      break;
    case TestVerdict::kFailed:
      painter.setPen(QPen(theme.rejected, 2, Qt::SolidLine, Qt::RoundCap));
      painter.drawLine(c + QPointF(-3.5, -3.5), c + QPointF(3.5, 3.5));
      painter.drawLine(c + QPointF(-3.5, 3.5), c + QPointF(3.5, -3.5));
      break;
    case TestVerdict::kNotReached:
    case TestVerdict::kNotApplicable:
      painter.setPen(QPen(theme.secondaryText, 1.5, Qt::SolidLine, Qt::RoundCap));
      painter.drawLine(c + QPointF(-3, 0), c + QPointF(3, 0));
      break;
  }
}

}  // namespace

DecisionView::DecisionView(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setMouseTracking(true);
}

void DecisionView::setDecision(const Decision& decision) {
  decision_ = decision;
  updateGeometry();
  update();
}

void DecisionView::clear() {
  setDecision({});
}

QStringList DecisionView::valueTexts() const {
  QStringList texts;
  for (const DecisionRow& row : decision_.rows)
    texts << valueText(row);
  return texts;
}

bool DecisionView::fitsOneLine(const DecisionRow& row) const {
  return kMarkWidth + 4 + fontMetrics().horizontalAdvance(QString::fromStdString(row.name)) + 8 +
             fontMetrics().horizontalAdvance(valueText(row)) <=
         width();
}

QStringList DecisionView::valueLines(const DecisionRow& row) const {
  const QString text = valueText(row);
  const qsizetype margin = text.indexOf(QLatin1String(" ("));
  // A number that is cut off reads as another.
  if (margin < 0 || fontMetrics().horizontalAdvance(text) + 2 <= width()) return {text};
  return {text.left(margin), text.mid(margin + 1)};
}

int DecisionView::heightOf(const DecisionRow& row) const {
  return kLineHeight + (fitsOneLine(row) ? 0 : kValueHeight * static_cast<int>(valueLines(row).size())) +
         (row.note.empty() ? 0 : noteRect(row).height() + 3);
}

QFont DecisionView::noteFont() const {
  QFont small = font();
  small.setPixelSize(10);
  return small;
}

QRect DecisionView::noteRect(const DecisionRow& row) const {
  const QRect room(kMarkWidth + 4, 0, std::max(40, width() - kMarkWidth - 6), 1000);
  return QFontMetrics(noteFont()).boundingRect(room, Qt::TextWordWrap, declaredText(row.note));
}

void DecisionView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  updateGeometry();
}

QSize DecisionView::sizeHint() const {
  int height = 2;
  for (const DecisionRow& row : decision_.rows)
    height += heightOf(row);
  return {200, height};
}

int DecisionView::rowAt(int y) const {
  int bottom = 0;
  for (std::size_t i = 0; i < decision_.rows.size(); ++i) {
    bottom += heightOf(decision_.rows[i]);
    if (y < bottom) return static_cast<int>(i);
  }
  return -1;
}

void DecisionView::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  const QFontMetrics metrics(font());
  int y = 0;
  for (const DecisionRow& row : decision_.rows) {
    const QRect line(0, y, width(), kLineHeight);
    drawMark(painter, QRectF(0, y, kMarkWidth, kLineHeight), row.verdict, theme);
    const bool reached = row.verdict == TestVerdict::kPassed || row.verdict == TestVerdict::kFailed;
    const bool oneLine = fitsOneLine(row);
    const int left = kMarkWidth + 4;
    painter.setFont(font());
    painter.setPen(reached ? theme.text : theme.secondaryText);
    painter.drawText(line.adjusted(left, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                     metrics.elidedText(declaredText(row.name), Qt::ElideRight, width() - left));
    painter.setPen(theme.secondaryText);
    QRect place = line.adjusted(0, 0, -2, 0);
    for (const QString& text : valueLines(row)) {
      if (!oneLine) place.translate(0, place.top() == y ? kValueHeight + 2 : kValueHeight);
      painter.drawText(place, Qt::AlignVCenter | Qt::AlignRight, text);
    }
    if (!row.note.empty()) {
      painter.setFont(noteFont());
      QRect note = noteRect(row);
      note.moveTop(y + heightOf(row) - note.height() - 3);
      painter.drawText(note, Qt::TextWordWrap, declaredText(row.note));
    }
    y += heightOf(row);
  }
}

bool DecisionView::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    if (const int row = rowAt(help->pos().y()); row >= 0) {
      const DecisionRow& told = decision_.rows[static_cast<std::size_t>(row)];
      QString text = declaredText(told.name) + QStringLiteral(": ") + declaredText(told.description);
      if (!told.note.empty()) text += QLatin1Char('\n') + declaredText(told.note);
      if (!std::isnan(told.value)) text += QStringLiteral("\n%1: %2").arg(tr("value"), exactText(told.value));
      if (!std::isnan(told.bound)) text += QStringLiteral("\n%1: %2").arg(tr("bound"), exactText(told.bound));
      if (!std::isnan(told.margin))
        text += QStringLiteral("\n%1: %2 %3")
                    .arg(told.margin < 0 ? tr("short by") : tr("to spare"), exactText(std::abs(told.margin)),
                         QString::fromStdString(unitOf(0, told.unit)));
      QToolTip::showText(help->globalPos(), text, this);
    } else {
      QToolTip::hideText();
    }
    return true;
  }
  return QWidget::event(event);
}

}  // namespace anchorscope
