#include "widgets/panels/preparing_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>
#include <cmath>

namespace anchorscope {

PreparingView::PreparingView(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("preparingView"));
  setAttribute(Qt::WA_StyledBackground);
  auto* column = new QVBoxLayout;
  column->setSpacing(8);
  title_ = new QLabel;
  title_->setProperty("role", "value");
  column->addWidget(title_, 0, Qt::AlignHCenter);
  what_ = new QLabel;
  what_->setProperty("role", "secondary");
  what_->setAlignment(Qt::AlignCenter);
  column->addWidget(what_);
  bar_ = new QProgressBar;
  bar_->setFixedHeight(6);
  bar_->setMinimumWidth(120);
  bar_->setMaximumWidth(360);
  bar_->setTextVisible(false);
  auto* barLine = new QHBoxLayout;
  barLine->addStretch(1);
  barLine->addWidget(bar_, 100);
  barLine->addStretch(1);
  column->addLayout(barLine);
  timeLeft_ = new QLabel;
  timeLeft_->setProperty("role", "secondary");
  timeLeft_->setAlignment(Qt::AlignCenter);
  column->addWidget(timeLeft_);
  cancel_ = new QPushButton(tr("Cancel"));
  cancel_->setObjectName(QStringLiteral("cancelPreparing"));
  cancel_->setToolTip(tr("Give this run up and go back to the start page"));
  column->addWidget(cancel_, 0, Qt::AlignHCenter);
  auto* outer = new QVBoxLayout(this);
  outer->addStretch(1);
  outer->addLayout(column);
  outer->addStretch(1);
  connect(cancel_, &QPushButton::clicked, this, &PreparingView::cancelled);
  start({});
}

void PreparingView::start(const QString& run) {
  title_->setText(run.isEmpty() ? tr("Preparing") : tr("Preparing %1").arg(run));
  what_->setText(tr("Starting"));
  timeLeft_->setText(QStringLiteral(" "));
  doing_.clear();
  bar_->setRange(0, 0);
}

void PreparingView::setProgress(const QString& what, double fraction) {
  if (what != doing_) {
    doing_ = what;
    clock_.start();
  }
  what_->setText(fraction > 0 ? tr("%1 · %2 %").arg(what).arg(static_cast<int>(100 * fraction)) : what);
  bar_->setRange(0, fraction > 0 ? 1000 : 0);
  if (fraction > 0) bar_->setValue(static_cast<int>(1000 * fraction));
  const double seconds =
      fraction > 0 ? static_cast<double>(clock_.elapsed()) / 1000 * (1 - fraction) / fraction : 0;
  timeLeft_->setText(seconds >= 2 ? tr("about %1 s left").arg(std::lround(seconds)) : QStringLiteral(" "));
}

QString PreparingView::text() const {
  return what_->text();
}

}  // namespace anchorscope
