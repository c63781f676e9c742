#include "widgets/plot/reliability_view.h"

#include <QPainter>
#include <algorithm>
#include <utility>

#include "widgets/plot/plot_axes.h"
#include "widgets/state/theme.h"

namespace anchorscope {

void ReliabilityView::show(std::vector<std::optional<double>> meanIou, const QString& when) {
  bins_ = std::move(meanIou);
  when_ = when;
  update();
}

void ReliabilityView::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  PlotAxes axes;
  axes.x.title = tr("score");
  axes.y.title = tr("mean IoU");
  axes.area = plotArea(QRectF(rect()), axes.y, font());
  QPainter painter(this);
  paintAxes(painter, axes, font(), theme);
  const bool any = std::any_of(bins_.begin(), bins_.end(), [](const auto& bin) { return bin.has_value(); });
  painter.setFont(plotFont(font()));
  painter.setPen(theme.secondaryText);
  if (!any) {
    painter.drawText(axes.area.adjusted(4, 4, -4, -4), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("No detections"));
    return;
  }
  const double width = axes.area.width() / static_cast<double>(bins_.size());
  QColor fill = theme.regression;
  fill.setAlpha(170);
  for (std::size_t i = 0; i < bins_.size(); ++i) {
    if (!bins_[i]) continue;
    const double height = axes.area.height() * std::clamp(*bins_[i], 0.0, 1.0);
    painter.fillRect(QRectF(axes.area.left() + width * static_cast<double>(i) + 1,
                            axes.area.bottom() - height, width - 2, height),
                     fill);
  }
  painter.setPen(QPen(theme.text, 1, Qt::DashLine));
  painter.drawLine(axes.area.bottomLeft(), axes.area.topRight());
  painter.setPen(theme.text);
  painter.drawText(axes.area.adjusted(5, 3, -3, -3), Qt::AlignLeft | Qt::AlignTop, when_);
}

}  // namespace anchorscope
