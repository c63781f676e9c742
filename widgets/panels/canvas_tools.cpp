#include "widgets/panels/canvas_tools.h"

#include <QAction>
#include <QHBoxLayout>
#include <QToolButton>

#include "widgets/panels/elided_button.h"

namespace anchorscope {

CanvasTools::CanvasTools(QWidget* parent) : QWidget(parent), line_(new QHBoxLayout(this)) {
  line_->setContentsMargins(0, 0, 0, 0);
  line_->setSpacing(4);
  evaluation_ = new ElidedButton;
  evaluation_->setObjectName(QStringLiteral("evaluationButton"));
  evaluation_->setProperty("role", "link");
  evaluation_->setToolTip(tr("Show every class and all of COCO's numbers"));
  evaluation_->hide();
  evaluation_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  line_->addWidget(evaluation_);
  connect(evaluation_, &QToolButton::clicked, this, &CanvasTools::evaluationClicked);
}

QToolButton* CanvasTools::addButton(QAction* action) {
  auto* button = new QToolButton;
  button->setDefaultAction(action);
  button->setProperty("role", "icon");
  button->setToolButtonStyle(Qt::ToolButtonIconOnly);
  button->setIconSize({16, 16});
  button->setFixedSize(26, 24);
  line_->addWidget(button);
  return button;
}

void CanvasTools::setActions(QAction* cancel, const QList<QAction*>& actions) {
  cancel_ = addButton(cancel);
  cancel_->setObjectName(QStringLiteral("evaluationCancel"));
  cancel_->hide();
  line_->addSpacing(8);
  for (QAction* action : actions)
    addButton(action);
}

void CanvasTools::setEvaluation(const QString& text, bool active) {
  evaluation_->setText(text);
  evaluation_->setVisible(!text.isEmpty());
  if (cancel_) cancel_->setVisible(active);
}

}  // namespace anchorscope
