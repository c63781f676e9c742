#include "widgets/panels/canvas_header.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <algorithm>

#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/elided_button.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/stage_picker.h"
#include "widgets/state/view_state.h"

namespace anchorscope {

CanvasHeader::CanvasHeader(ViewState& state, CanvasView& canvas, QWidget* parent)
    : QWidget(parent), state_(state), canvas_(canvas) {
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
  line_->addWidget(title_);
  line_->addSpacing(12);
  line_->addWidget(info_);
  line_->addWidget(new StagePicker(state_));
  line_->addStretch(1);
  evaluation_ = new ElidedButton;
  evaluation_->setObjectName(QStringLiteral("evaluationButton"));
  evaluation_->setProperty("role", "link");
  evaluation_->setToolTip(tr("Show every class and all of COCO's numbers"));
  evaluation_->hide();
  evaluation_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  line_->addWidget(evaluation_);
  connect(evaluation_, &QToolButton::clicked, this, &CanvasHeader::evaluationClicked);
  connect(&canvas_, &CanvasView::headerChanged, this, &CanvasHeader::refresh);
  connect(&state_, &ViewState::frameChanged, this, &CanvasHeader::refresh);
  connect(&state_, &ViewState::stepChanged, this, &CanvasHeader::refresh);
}

QToolButton* CanvasHeader::addButton(QAction* action) {
  auto* button = new QToolButton;
  button->setDefaultAction(action);
  button->setProperty("role", "icon");
  button->setToolButtonStyle(Qt::ToolButtonIconOnly);
  button->setIconSize({16, 16});
  button->setFixedSize(26, 24);
  line_->addWidget(button);
  return button;
}

void CanvasHeader::setActions(QAction* cancel, const QList<QAction*>& actions) {
  cancel_ = addButton(cancel);
  cancel_->setObjectName(QStringLiteral("evaluationCancel"));
  cancel_->hide();
  line_->addSpacing(8);
  for (QAction* action : actions)
    addButton(action);
}

void CanvasHeader::setLive(bool live) {
  live_ = live;
  refresh();
}

void CanvasHeader::setEvaluation(const QString& text, bool active) {
  evaluation_->setText(text);
  evaluation_->setVisible(!text.isEmpty());
  if (cancel_) cancel_->setVisible(active);
}

void CanvasHeader::refresh() {
  title_->setText(canvas_.imageTitle());
  QString info = canvas_.imageInfo();
  if (!info.isEmpty() && state_.frame())
    info += state_.followsLive() && live_ ? tr(" · following live")
                                          : tr(" · step %1").arg(countText(state_.frame()->step));
  info_->setText(info);
  info_->setToolTip(info);
  title_->setToolTip(title_->text());
  // The image's name gives way last.
  constexpr int kLongestName = 150;
  title_->setMinimumWidth(std::min(title_->sizeHint().width(), kLongestName));
}

}  // namespace anchorscope
