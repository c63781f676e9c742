#include "widgets/panels/decision_view.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <cmath>

#include "widgets/models/number_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kRowHeight = 22;
constexpr int kMarkWidth = 22;
constexpr int kPadding = 8;

QString valueAgainstBound(const DecisionRow& row) {
  const QString relation = QString::fromStdString(row.relation)
                               .replace(QLatin1String(">="), QStringLiteral("≥"))
                               .replace(QLatin1String("<="), QStringLiteral("≤"));
  QString text;
  if (!std::isnan(row.value)) text = numberText(static_cast<double>(row.value));
  if (!std::isnan(row.bound))
    text += QStringLiteral(" %1 %2").arg(relation, numberText(static_cast<double>(row.bound)));
  return text.trimmed();
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

int DecisionView::summaryHeight(int width) const {
  if (decision_.summary.empty()) return 0;
  const QRect bounds =
      fontMetrics().boundingRect(QRect(0, 0, std::max(40, width - 2 * kPadding), 10000), Qt::TextWordWrap,
                                 QString::fromStdString(decision_.summary));
  return bounds.height() + 2 * kPadding;
}

QSize DecisionView::sizeHint() const {
  const int width = this->width() > 60 ? this->width() : 260;
  return {240, static_cast<int>(decision_.rows.size()) * kRowHeight + summaryHeight(width) + kPadding};
}

void DecisionView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  updateGeometry();
}

void DecisionView::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  int y = 0;
  for (const DecisionRow& row : decision_.rows) {
    const QRect line(0, y, width(), kRowHeight);
    drawMark(painter, QRectF(0, y, kMarkWidth, kRowHeight), row.verdict, theme);
    const bool reached = row.verdict == TestVerdict::kPassed || row.verdict == TestVerdict::kFailed;
    const QString value = row.verdict == TestVerdict::kNotReached      ? tr("not reached")
                          : row.verdict == TestVerdict::kNotApplicable ? tr("does not apply")
                                                                       : valueAgainstBound(row);
    const QString note = QString::fromStdString(row.note);
    const int valueWidth = fontMetrics().horizontalAdvance(value);
    painter.setPen(reached ? theme.text : theme.secondaryText);
    const QString name =
        QString::fromStdString(row.name) + (note.isEmpty() ? QString() : QStringLiteral(" · ") + note);
    painter.drawText(line.adjusted(kMarkWidth + 4, 0, -valueWidth - 12, 0), Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(name, Qt::ElideRight, width() - kMarkWidth - valueWidth - 20));
    painter.setPen(theme.secondaryText);
    painter.drawText(line.adjusted(0, 0, -2, 0), Qt::AlignVCenter | Qt::AlignRight, value);
    y += kRowHeight;
  }
  if (!decision_.summary.empty()) {
    const QRectF box(0.5, y + 4.5, width() - 1, summaryHeight(width()) - 1);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(theme.line);
    painter.setBrush(theme.raised);
    painter.drawRoundedRect(box, 6, 6);
    painter.setPen(theme.text);
    painter.drawText(box.adjusted(kPadding, kPadding, -kPadding, -kPadding),
                     Qt::TextWordWrap | Qt::AlignLeft | Qt::AlignTop,
                     QString::fromStdString(decision_.summary));
  }
}

bool DecisionView::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const int row = help->pos().y() / kRowHeight;
    if (row >= 0 && row < static_cast<int>(decision_.rows.size())) {
      const DecisionRow& told = decision_.rows[static_cast<std::size_t>(row)];
      QString text = QString::fromStdString(told.description);
      if (!told.note.empty()) text += QLatin1Char('\n') + QString::fromStdString(told.note);
      if (!std::isnan(told.value)) text += QStringLiteral("\n%1: %2").arg(tr("value"), exactText(told.value));
      if (!std::isnan(told.bound)) text += QStringLiteral("\n%1: %2").arg(tr("bound"), exactText(told.bound));
      QToolTip::showText(help->globalPos(), text, this);
    } else {
      QToolTip::hideText();
    }
    return true;
  }
  return QWidget::event(event);
}

}  // namespace anchorscope
