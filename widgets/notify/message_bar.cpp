#include "widgets/notify/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QStyle>
#include <QToolButton>

#include "widgets/theme/icons.h"

namespace anchorscope {

MessageBar::MessageBar(QWidget* parent) : QWidget(parent) {
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
  line->addWidget(close_);
  connect(close_, &QToolButton::clicked, this, &MessageBar::dismiss);
  connect(closeAll_, &QToolButton::clicked, this, &MessageBar::clear);
  connect(details_, &QToolButton::clicked, this, [this] {
    if (messages_.isEmpty()) return;
    QMessageBox box(QMessageBox::NoIcon, tr("Details"), messages_.first().text, QMessageBox::Close, this);
    box.setDetailedText(messages_.first().details);
    box.exec();
  });
  refresh();
}

void MessageBar::show(MessageKind kind, const QString& text, const QString& details) {
  messages_.removeIf([&](const Message& message) { return message.text == text; });
  messages_.push_front({kind, text, details});
  refresh();
}

void MessageBar::show(const Error& error) {
  show(error.code == ErrorCode::kCancelled ? MessageKind::kNote : MessageKind::kError,
       QString::fromStdString(error.text()), QString::fromStdString(error.details));
}

QStringList MessageBar::pending() const {
  QStringList texts;
  for (const Message& message : messages_)
    texts << message.text;
  return texts;
}

void MessageBar::withdraw(const QString& text) {
  messages_.removeIf([&](const Message& message) { return message.text == text; });
  refresh();
}

void MessageBar::clear() {
  messages_.clear();
  refresh();
}

void MessageBar::dismiss() {
  if (!messages_.isEmpty()) messages_.removeFirst();
  refresh();
}

void MessageBar::refresh() {
  setVisible(!messages_.isEmpty());
  emit countChanged(static_cast<int>(messages_.size()));
  if (messages_.isEmpty()) return;
  const Message& message = messages_.first();
  text_->setText(message.text);
  details_->setVisible(!message.details.isEmpty());
  more_->setVisible(messages_.size() > 1);
  more_->setText(tr("%1 earlier").arg(messages_.size() - 1));
  closeAll_->setVisible(messages_.size() > 1);
  setProperty("kind", message.kind == MessageKind::kError     ? "error"
                      : message.kind == MessageKind::kWarning ? "warning"
                                                              : "note");
  style()->unpolish(this);
  style()->polish(this);
}

}  // namespace anchorscope
