#include "widgets/panels/layer_row.h"

#include <QHBoxLayout>
#include <QMouseEvent>
#include <QPainter>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/layer_hints.h"
#include "widgets/state/theme.h"
#include "widgets/theme/icons.h"

namespace anchorscope {

LayerRow::LayerRow(LayerStack& layers, const Layer& layer) : layers_(layers), id_(layer.id) {
  const QString id = QString::fromStdString(id_);
  setObjectName(QStringLiteral("layer:") + id);
  setFixedHeight(kHeight);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* head = new QWidget;
  head->setFixedHeight(kHeight);
  column->addWidget(head);
  auto* line = new QHBoxLayout(head);
  line->setContentsMargins(4, 0, 8, 0);
  line->setSpacing(4);
  const auto button = [&](const QString& name, const QIcon& icon, const QString& help) {
    auto* made = new QToolButton;
    made->setObjectName(name + id);
    made->setProperty("role", "icon");
    made->setIcon(icon);
    made->setIconSize({16, 16});
    made->setCheckable(true);
    made->setFixedSize(22, 22);
    made->setToolTip(help);
    return made;
  };
  eye_ = button(QStringLiteral("eye:"),
                themedIcon(QStringLiteral("eye-off"), &Theme::text, QStringLiteral("eye")),
                tr("Show or hide this layer"));
  line->addWidget(eye_);
  line->addSpacing(18);  // the swatch is painted here
  title_ = new ElidedLabel;
  line->addWidget(title_, 1);
  solo_ = button(QStringLiteral("solo:"),
                 themedIcon(QStringLiteral("solo"), &Theme::selection, QStringLiteral("solo")),
                 tr("Solo: show only the layers marked so"));
  line->addWidget(solo_);
  opacity_ = new QSlider(Qt::Horizontal);
  opacity_->setObjectName(QStringLiteral("opacity:") + id);
  opacity_->setRange(0, 100);
  opacity_->setFixedWidth(42);
  opacity_->setFocusPolicy(Qt::TabFocus);
  line->addWidget(opacity_);
  connect(eye_, &QToolButton::clicked, this, [this](bool on) { layers_.setVisible(id_, on); });
  connect(solo_, &QToolButton::clicked, this, [this](bool on) { layers_.setSolo(id_, on); });
  connect(opacity_, &QSlider::valueChanged, this, [this](int value) {
    if (!refreshing_) layers_.setOpacity(id_, static_cast<float>(value) / 100.0f);
  });
  makeHintLine();
  column->addWidget(hintLine_);
  column->addStretch(1);
  refresh(layer, false);
}

void LayerRow::makeHintLine() {
  hintLine_ = new QWidget;
  hintLine_->setFixedHeight(kHintHeight - 2);
  hintLine_->hide();
  auto* line = new QHBoxLayout(hintLine_);
  line->setContentsMargins(id_ == "predictions" ? 8 : 31, 0, 8, 0);
  line->setSpacing(4);
  const QString id = QString::fromStdString(id_);
  if (id_ == "predictions") {
    score_ = new QSlider(Qt::Horizontal);
    score_->setObjectName(QStringLiteral("score:") + id);
    score_->setRange(0, 100);
    score_->setFixedWidth(46);
    score_->setFocusPolicy(Qt::TabFocus);
    score_->setAccessibleName(tr("Least score"));
    score_->setToolTip(tr("Only predictions with this score or more are drawn"));
    line->addWidget(score_);
    connect(score_, &QSlider::valueChanged, this, [this](int value) {
      if (refreshing_) return;
      layers_.update(id_, [value](Layer& layer) {
        layer.adaptiveFilter = false;
        layer.filterMin = static_cast<float>(value) / 100.0f;
      });
    });
  }
  hint_ = new ElidedLabel;
  hint_->setObjectName(QStringLiteral("hint:") + id);
  hint_->setProperty("role", "caption");
  line->addWidget(hint_, 1);
  if (!score_) return;
  adaptive_ = new QToolButton;
  adaptive_->setObjectName(QStringLiteral("adaptive:") + id);
  adaptive_->setProperty("role", "caption");
  adaptive_->setText(tr("auto"));
  adaptive_->setCheckable(true);
  adaptive_->setToolTip(tr(
      "The score follows the frame: half the best one, 0.1 at least, and so high that at most twice as many "
      "are drawn as there are objects (at least 10)"));
  line->addWidget(adaptive_);
  connect(adaptive_, &QToolButton::clicked, this, [this](bool on) {
    layers_.update(id_, [this, on](Layer& layer) {
      layer.adaptiveFilter = on;
      layer.filterMin = static_cast<float>(score_->value()) / 100.0f;  // from what is shown, lest it jumps
    });
  });
}

void LayerRow::setHint(const LayerHint& hint) {
  const bool shown = !hint.text.isEmpty();
  hint_->setText(hint.text);
  hint_->setToolTip(hint.help);
  if (score_) {
    refreshing_ = true;
    score_->setValue(static_cast<int>(std::lround(100 * hint.score)));
    adaptive_->setChecked(layer_.adaptiveFilter);
    refreshing_ = false;
  }
  if (shown == !hintLine_->isHidden()) return;
  hintLine_->setVisible(shown);
  setFixedHeight(shown ? kHeight + kHintHeight : kHeight);
}

void LayerRow::refresh(const Layer& layer, bool active) {
  refreshing_ = true;
  layer_ = layer;
  active_ = active;
  eye_->setChecked(layer.visible);
  solo_->setChecked(layer.solo);
  opacity_->setValue(static_cast<int>(std::lround(100 * layer.opacity)));
  opacity_->setEnabled(layer.visible);
  opacity_->setToolTip(tr("Opacity %1 %").arg(opacity_->value()));
  const QString title = declaredText(layer.title);
  const QString channel = QString::fromStdString(layer.channel);
  setToolTip((channel.isEmpty() ? title : QStringLiteral("%1 (%2)").arg(title, channel)) +
             (layer.hasChannel() ? tr("\nDouble-click shows this channel alone; drag changes the order.")
                                 : tr("\nDrag changes the order.")));
  title_->setFaint(!layer.visible);
  title_->setText(title);
  eye_->setAccessibleName(tr("Show %1").arg(title));
  solo_->setAccessibleName(tr("Show only %1").arg(title));
  opacity_->setAccessibleName(tr("Opacity of %1").arg(title));
  refreshSolo();
  refreshing_ = false;
  update();
}

void LayerRow::refreshSolo() {
  // Offered where the mouse is; otherwise the room is the title's.
  solo_->setVisible(layer_.solo || underMouse());
}

void LayerRow::enterEvent(QEnterEvent* event) {
  QWidget::enterEvent(event);
  refreshSolo();
}

void LayerRow::leaveEvent(QEvent* event) {
  QWidget::leaveEvent(event);
  refreshSolo();
}

void LayerRow::paintEvent(QPaintEvent*) {
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  if (active_) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.raised);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 5, 5);
  }
  const QRectF swatch(31, kHeight / 2.0 - 5, 10, 10);
  if (layer_.hasChannel()) {
    QLinearGradient gradient(swatch.topLeft(), swatch.topRight());
    for (int i = 0; i <= 4; ++i) {
      const float t = static_cast<float>(i) / 4;
      // Of two channels at once from the one's hue over that of both to the other's.
      const Argb color = layer_.second.empty() ? colorAt(layer_.colorMap, t) : mixedColor(2 - 2 * t, 2 * t);
      gradient.setColorAt(static_cast<double>(t), QColor::fromRgb(color));
    }
    painter.setBrush(gradient);
  } else {
    painter.setBrush(layer_.kind == LayerKind::kBag     ? theme.selection
                     : layer_.kind == LayerKind::kImage ? theme.secondaryText
                                                        : theme.object);
  }
  painter.setPen(QPen(theme.line, 1));
  painter.drawRoundedRect(swatch, 2, 2);
}

void LayerRow::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  pressed_ = true;
  layers_.setActive(id_);
}

void LayerRow::mouseMoveEvent(QMouseEvent* event) {
  if (!pressed_ || !(event->buttons() & Qt::LeftButton)) return;
  // Past the middle of the neighbour counts, so that rows do not jump to and fro under the cursor.
  const double past = event->position().y() - height() / 2.0;
  if (std::abs(past) > kHeight) emit dragged(static_cast<int>(past / kHeight));
}

void LayerRow::mouseReleaseEvent(QMouseEvent*) {
  pressed_ = false;
}

void LayerRow::mouseDoubleClickEvent(QMouseEvent*) {
  if (layer_.hasChannel()) layers_.showOnly(id_);
}

}  // namespace anchorscope
