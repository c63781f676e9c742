#include "widgets/panels/condition_edit.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QStringListModel>
#include <utility>

#include "core/watch/scalar_condition.h"

namespace anchorscope {

ConditionEdit::ConditionEdit(std::vector<std::string> names, QWidget* parent)
    : QLineEdit(parent), completer_(new QCompleter(this)) {
  completer_->setWidget(this);
  completer_->setFilterMode(Qt::MatchContains);
  completer_->setCaseSensitivity(Qt::CaseInsensitive);
  completer_->setModel(new QStringListModel(completer_));
  setPlaceholderText(QStringLiteral("loss.cls < 0.3 && train.grad_norm > 5"));
  setAccessibleName(tr("Condition"));
  setToolTip(
      tr("A condition over the run's scalars: < <= > >= == != && || ! + - * / ^, abs, sqrt, min, max …"));
  connect(completer_, qOverload<const QString&>(&QCompleter::activated), this,
          &ConditionEdit::insertCompletion);
  connect(this, &QLineEdit::textEdited, this, &ConditionEdit::complete);
  setNames(std::move(names));
}

void ConditionEdit::setNames(std::vector<std::string> names) {
  names_ = std::move(names);
  QStringList list;
  for (const std::string& name : names_)
    list << QString::fromStdString(name);
  list.sort();
  static_cast<QStringListModel*>(completer_->model())->setStringList(list);
}

QString ConditionEdit::complaint() const {
  const auto condition = ScalarCondition::parse(text().toStdString());
  if (!condition) return QString::fromStdString(condition.error().text());
  const Status known = condition->check(names_);
  return known ? QString() : QString::fromStdString(known.error().text());
}

QString ConditionEdit::wordAtCursor(int* begin) const {
  const QString typed = text();
  int first = cursorPosition();
  while (first > 0 && (typed[first - 1].isLetterOrNumber() || typed[first - 1] == QLatin1Char('.') ||
                       typed[first - 1] == QLatin1Char('_')))
    --first;
  *begin = first;
  return typed.mid(first, cursorPosition() - first);
}

void ConditionEdit::complete() {
  int begin = 0;
  const QString word = wordAtCursor(&begin);
  if (word.isEmpty() || word.front().isDigit() || word.front() == QLatin1Char('.')) {
    completer_->popup()->hide();
    return;
  }
  completer_->setCompletionPrefix(word);
  const bool alone = completer_->completionCount() == 1 && completer_->currentCompletion() == word;
  if (completer_->completionCount() == 0 || alone)
    completer_->popup()->hide();
  else
    completer_->complete();
}

void ConditionEdit::insertCompletion(const QString& name) {
  int begin = 0;
  const QString word = wordAtCursor(&begin);
  setSelection(begin, static_cast<int>(word.size()));
  insert(name);
}

void ConditionEdit::keyPressEvent(QKeyEvent* event) {
  // While names are offered these keys are the list's.
  if (completer_->popup()->isVisible() && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter ||
                                           event->key() == Qt::Key_Tab || event->key() == Qt::Key_Escape)) {
    event->ignore();
    return;
  }
  QLineEdit::keyPressEvent(event);
}

}  // namespace anchorscope
