#include "widgets/panels/canvas_header.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QStyle>
#include <QStyleOption>
#include <QToolButton>
#include <algorithm>
#include <utility>

#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/elided_label.h"
#include "widgets/state/canvas_model.h"
#include "widgets/state/theme.h"
#include "widgets/theme/icons.h"

namespace anchorscope {

CanvasHeader::CanvasHeader(CanvasModel& model, CanvasView& canvas, QWidget* parent)
    : QWidget(parent), model_(model), canvas_(canvas) {
  setObjectName(QStringLiteral("canvasHeader"));
  setAttribute(Qt::WA_StyledBackground);
  line_ = new QHBoxLayout(this);
  line_->setContentsMargins(12, 3, 6, 3);
  line_->setSpacing(4);
  // They give way on a narrow window, or it could not be one.
  title_ = new ElidedLabel;
  title_->setProperty("role", "value");
  info_ = new ElidedLabel;
  info_->setProperty("role", "secondary");
  info_->setContentsMargins(0, 0, 8, 0);
  line_->addWidget(title_);
  line_->addSpacing(12);
  line_->addWidget(info_);
  runs_ = new RunPicker(model_);
  line_->addWidget(runs_);
  line_->addWidget(new StagePicker(model_));
  line_->addWidget(new VariantPicker(model_));
  line_->addStretch(1);
  ownStep_ = new QToolButton;
  ownStep_->setObjectName(QStringLiteral("ownStep"));
  ownStep_->setProperty("role", "icon");
  ownStep_->setIcon(themedIcon(QStringLiteral("pin"), &Theme::secondaryText));
  ownStep_->setCheckable(true);
  ownStep_->setFixedSize(26, 24);
  ownStep_->setFocusPolicy(Qt::TabFocus);
  ownStep_->setAccessibleName(tr("Step of its own"));
  ownStep_->setToolTip(tr(
      "This canvas stays at its step while the others go through time; it goes alone when it is the active "
      "one"));
  ownStep_->hide();
  line_->addWidget(ownStep_);
  connect(ownStep_, &QToolButton::clicked, &model_, &CanvasModel::setOwnTime);
  connect(&canvas_, &CanvasView::headerChanged, this, &CanvasHeader::refresh);
  connect(&model_, &CanvasModel::frameChanged, this, &CanvasHeader::refresh);
  connect(&model_, &CanvasModel::timeChanged, this, &CanvasHeader::refresh);
  connect(&model_, &CanvasModel::noteChanged, this, &CanvasHeader::refresh);
  refresh();
}

void CanvasHeader::setLive(bool live) {
  live_ = live;
  refresh();
}

void CanvasHeader::setPlace(bool several, bool active) {
  ownStep_->setVisible(several);
  several_ = several;
  marked_ = several && active;
  refresh();
  update();
}

void CanvasHeader::setRuns(std::vector<RunChoice> runs) {
  runs_->setRuns(std::move(runs));
}

void CanvasHeader::setTools(QWidget* tools) {
  if (tools_) line_->removeWidget(tools_);
  tools_ = tools;
  if (tools_) line_->addWidget(tools_);
}

void CanvasHeader::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  QStyleOption option;
  option.initFrom(this);
  style()->drawPrimitive(QStyle::PE_Widget, &option, &painter, this);
  if (marked_) painter.fillRect(0, 0, width(), 2, themeOf(palette()).selection);
}

void CanvasHeader::refresh() {
  title_->setText(canvas_.imageTitle());
  QStringList parts;
  if (model_.frame()) {
    // The moment first: it is what canvases differ in, and what is read most where there is little room.
    const QString moment =
        model_.time().followsLive() && live_ && model_.run().isEmpty() ? tr("following live")
        : model_.standsFor() >= 0                                      ? tr("step %1, the last before %2")
                                        .arg(countText(model_.frame()->step), countText(model_.standsFor()))
                                  : tr("step %1").arg(countText(model_.frame()->step));
    parts = QStringList(moment);
    if (!model_.note().isEmpty()) parts << model_.note();
    parts += canvas_.imageInfo();
  }
  const QString info = parts.join(QStringLiteral(" · "));
  info_->setText(info);
  info_->setToolTip(info);
  title_->setToolTip(title_->text());
  ownStep_->setChecked(model_.hasOwnTime());
  // The image's name gives way last.
  const int longestName = several_ ? 60 : 150;
  title_->setMinimumWidth(std::min(title_->sizeHint().width(), longestName));
}

}  // namespace anchorscope
