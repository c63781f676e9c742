#include "widgets/panels/session_card.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/panels/elided_label.h"

namespace anchorscope {

SessionCard::SessionCard(QWidget* parent)
    : QWidget(parent),
      section_(new QLabel),
      text_(new QLabel),
      title_(new ElidedLabel),
      open_(new QPushButton(tr("Go on where you were"))) {
  setObjectName(QStringLiteral("startCard"));
  setAttribute(Qt::WA_StyledBackground);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(20, 14, 20, 12);
  layout->setSpacing(6);
  section_->setProperty("role", "section");
  layout->addWidget(section_);
  title_->setProperty("role", "value");
  layout->addWidget(title_);
  text_->setObjectName(QStringLiteral("sessionText"));
  text_->setProperty("role", "secondary");
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::PlainText);
  layout->addWidget(text_);
  auto* line = new QHBoxLayout;
  line->setContentsMargins(0, 4, 0, 0);
  line->setSpacing(4);
  open_->setObjectName(QStringLiteral("openSession"));
  open_->setToolTip(tr("The run, images, step, canvases, layers, selection and pins as they were"));
  line->addWidget(open_);
  auto* forget = new QPushButton(tr("Not again"));
  forget->setObjectName(QStringLiteral("forgetSession"));
  forget->setProperty("role", "link");
  forget->setToolTip(tr("Take this offer away; the run stays where it is"));
  line->addWidget(forget);
  line->addStretch(1);
  layout->addLayout(line);
  connect(open_, &QPushButton::clicked, this, &SessionCard::wanted);
  connect(forget, &QPushButton::clicked, this, &SessionCard::forgotten);
  hide();
}

void SessionCard::show(const SessionOffer& offer) {
  section_->setText(offer.endedWell ? tr("LAST SESSION") : tr("THE PROGRAM ENDED UNEXPECTEDLY"));
  title_->setText(offer.title);
  title_->setToolTip(offer.folder);
  if (!offer.there)
    text_->setText(tr("Its run is not in %1 any more.").arg(offer.folder));
  else if (offer.endedWell)
    text_->setText(tr("Left on %1.").arg(offer.when));
  else
    text_->setText(
        tr("Everything that was recorded is there, and what was looked at on %1.").arg(offer.when));
  open_->setEnabled(offer.there);
  setVisible(true);
}

}  // namespace anchorscope
