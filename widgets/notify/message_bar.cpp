#include "widgets/notify/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QStyle>
#include <QToolButton>

#include "widgets/notify/notifier.h"
#include "widgets/theme/icons.h"

namespace anchorscope {

MessageBar::MessageBar(Notifier& notifier, QWidget* parent) : QWidget(parent), notifier_(notifier) {
  setObjectName(QStringLiteral("messageBar"));
  setAttribute(Qt::WA_StyledBackground);
  auto* line = new QHBoxLayout(this);
  line->setContentsMargins(14, 6, 8, 6);
  text_ = new QLabel;
  text_->setObjectName(QStringLiteral("messageText"));
  text_->setWordWrap(true);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  text_->setTextFormat(Qt::PlainText);
  line->addWidget(text_, 1);
  more_ = new QLabel;
  more_->setProperty("role", "secondary");
  line->addWidget(more_);
  details_ = new QToolButton;
  details_->setObjectName(QStringLiteral("messageDetails"));
  details_->setText(tr("Details"));
  details_->setToolTip(tr("Technical details of this message"));
  line->addWidget(details_);
  closeAll_ = new QToolButton;
  closeAll_->setObjectName(QStringLiteral("messageCloseAll"));
  closeAll_->setText(tr("Dismiss all"));
  closeAll_->setToolTip(tr("Dismiss this message and the earlier ones"));
  line->addWidget(closeAll_);
  close_ = new QToolButton;
  close_->setObjectName(QStringLiteral("messageClose"));
  close_->setIcon(themedIcon(QStringLiteral("close"), &Theme::secondaryText));
  close_->setProperty("role", "icon");
  close_->setFixedSize(26, 24);
  close_->setToolTip(tr("Dismiss this message"));
  close_->setAccessibleName(close_->toolTip());
  line->addWidget(close_);
  connect(close_, &QToolButton::clicked, &notifier_, &Notifier::dismiss);
  connect(closeAll_, &QToolButton::clicked, &notifier_, &Notifier::dismissAll);
  connect(details_, &QToolButton::clicked, this, &MessageBar::showDetails);
  connect(&notifier_, &Notifier::changed, this, &MessageBar::refresh);
  refresh();
}

void MessageBar::showDetails() {
  if (notifier_.messages().isEmpty()) return;
  const Message message = notifier_.messages().first();  // the list may change while it is read
  QMessageBox box(QMessageBox::NoIcon, tr("Details"), message.text, QMessageBox::Close, this);
  box.setDetailedText(message.details);
  box.exec();
}

void MessageBar::refresh() {
  const QList<Message>& messages = notifier_.messages();
  setVisible(!messages.isEmpty());
  if (messages.isEmpty()) return;
  const Message& message = messages.first();
  text_->setText(message.text);
  details_->setVisible(!message.details.isEmpty());
  more_->setVisible(messages.size() > 1);
  more_->setText(tr("%1 earlier").arg(messages.size() - 1));
  closeAll_->setVisible(messages.size() > 1);
  setProperty("kind", message.kind == MessageKind::kError     ? "error"
                      : message.kind == MessageKind::kWarning ? "warning"
                                                              : "note");
  style()->unpolish(this);
  style()->polish(this);
}

}  // namespace anchorscope
