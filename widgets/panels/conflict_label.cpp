#include "widgets/panels/conflict_label.h"

#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QStyle>
#include <QVBoxLayout>

#include "core/base/combination.h"

namespace anchorscope {

std::optional<std::pair<QString, QString>> fixOf(const QString& action) {
  static const QRegularExpression pattern(
      QStringLiteral("^\\s*[Ss]et ([a-z][a-z0-9_.]*) to ([^\\s,;]+?)\\.?\\s*$"));
  const QRegularExpressionMatch match = pattern.match(action);
  if (!match.hasMatch()) return std::nullopt;
  return std::pair{match.captured(1), match.captured(2)};
}

ConflictLabel::ConflictLabel(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  message_ = new QLabel;
  message_->setProperty("role", "error");
  message_->setWordWrap(true);
  message_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(message_);
  fix_ = new QPushButton;
  fix_->setProperty("role", "link");
  fix_->setCursor(Qt::PointingHandCursor);
  fix_->setToolTip(tr("Change that option so"));
  column->addWidget(fix_, 0, Qt::AlignLeft);
  connect(
      fix_, &QPushButton::clicked, this, [this] { emit fixWanted(wanted_.first, wanted_.second); },
      Qt::QueuedConnection);  // the answer may well take this label away
  clear();
}

void ConflictLabel::clear() {
  message_->clear();
  fix_->hide();
  hide();
}

void ConflictLabel::showText(const QString& text) {
  message_->setText(text);
  fix_->hide();
  setVisible(!text.isEmpty());
}

void ConflictLabel::showConflict(const OptionConflict& conflict) {
  const QString action = QString::fromStdString(conflict.action);
  const auto fix = fixOf(action);
  const QString message = QString::fromStdString(conflict.message);
  message_->setText(fix || action.isEmpty() ? message + QLatin1Char('.')
                                            : message + QStringLiteral(". ") + action + QLatin1Char('.'));
  if (fix) {
    wanted_ = *fix;
    fix_->setText(action);
  }
  fix_->setVisible(fix.has_value());
  show();
}

QString ConflictLabel::text() const {
  return message_->text();
}

void setInvalidLook(QWidget* editor, bool invalid) {
  if (editor->property("invalid").toBool() == invalid) return;
  editor->setProperty("invalid", invalid);
  editor->style()->unpolish(editor);
  editor->style()->polish(editor);
}

}  // namespace anchorscope
