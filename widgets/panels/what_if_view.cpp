#include "widgets/panels/what_if_view.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QScrollArea>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "widgets/models/changes_model.h"
#include "widgets/panels/conflict_label.h"
#include "widgets/panels/jump_table.h"
#include "widgets/panels/param_form.h"

namespace anchorscope {
namespace {

QLabel* sectionTitle(const QString& text) {
  auto* title = new QLabel(text);
  title->setProperty("role", "section");
  return title;
}

QLabel* secondaryText() {
  auto* label = new QLabel;
  label->setProperty("role", "secondary");
  label->setWordWrap(true);
  return label;
}

}  // namespace

WhatIfView::WhatIfView(QWidget* parent)
    : QWidget(parent),
      about_(secondaryText()),
      empty_(secondaryText()),
      list_(new QListWidget),
      options_(new QWidget),
      add_(new QToolButton),
      remove_(new QToolButton),
      methods_(new QMenu(this)),
      error_(new ConflictLabel),
      search_(new QLineEdit),
      form_(new ParamForm(nullptr, NumberEditors::kSliders)),
      changes_(new ChangesModel(this)),
      table_(new JumpTable),
      weights_(new QPushButton),
      sideBySide_(new QPushButton(tr("Side by side"))),
      record_(new QPushButton(tr("Record"))),
      apply_(new QPushButton(tr("Apply"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 8, 8, 8);
  column->setSpacing(8);

  auto* head = new QHBoxLayout;
  head->addWidget(sectionTitle(tr("WHAT IF")), 1);
  add_->setObjectName(QStringLiteral("whatIfAdd"));
  add_->setText(tr("Ask ▾"));
  add_->setToolTip(tr("Ask another method, or the run's own with other options, about the same outputs"));
  add_->setPopupMode(QToolButton::InstantPopup);
  add_->setMenu(methods_);
  methods_->setToolTipsVisible(true);
  remove_->setObjectName(QStringLiteral("whatIfRemove"));
  remove_->setText(tr("Remove"));
  remove_->setToolTip(tr("Do not ask the shown question any more"));
  head->addWidget(add_);
  head->addWidget(remove_);
  column->addLayout(head);
  about_->setObjectName(QStringLiteral("whatIfAbout"));
  column->addWidget(about_);
  weights_->setObjectName(QStringLiteral("whatIfWeights"));
  weights_->setToolTip(
      tr("Read the checkpoint of this step, so that every method can be asked about what the "
         "heads said. The run is only read."));
  weights_->hide();
  column->addWidget(weights_);
  list_->setObjectName(QStringLiteral("whatIfList"));
  list_->setAccessibleName(tr("Questions"));
  list_->setSizeAdjustPolicy(QAbstractScrollArea::AdjustToContents);
  list_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  list_->setTextElideMode(Qt::ElideMiddle);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  column->addWidget(list_);
  error_->setObjectName(QStringLiteral("whatIfError"));
  column->addWidget(error_);

  auto* split = new QSplitter(Qt::Vertical);
  split->setChildrenCollapsible(false);
  auto* optionColumn = new QVBoxLayout(options_);
  optionColumn->setContentsMargins(0, 0, 0, 0);
  search_->setObjectName(QStringLiteral("whatIfSearch"));
  search_->setPlaceholderText(tr("Search options"));
  search_->setAccessibleName(tr("Search options"));
  search_->setClearButtonEnabled(true);
  optionColumn->addWidget(search_);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(form_);
  optionColumn->addWidget(scroll, 1);
  split->addWidget(options_);
  auto* counts = new QWidget;
  auto* countColumn = new QVBoxLayout(counts);
  countColumn->setContentsMargins(0, 0, 0, 0);
  countColumn->addWidget(sectionTitle(tr("OTHERWISE THAN THE RUN")));
  empty_->setObjectName(QStringLiteral("whatIfEmpty"));
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  countColumn->addWidget(empty_, 1);
  table_->setObjectName(QStringLiteral("whatIfChanges"));
  table_->setAccessibleName(tr("What is otherwise than in the run"));
  table_->setModel(changes_);
  QHeaderView* header = table_->horizontalHeader();
  header->setMinimumSectionSize(16);
  header->setSectionResizeMode(QHeaderView::ResizeToContents);
  header->setSectionResizeMode(ChangesModel::kWhat, QHeaderView::Stretch);
  countColumn->addWidget(table_, 1);
  split->addWidget(counts);
  column->addWidget(split, 1);

  auto* deeds = new QHBoxLayout;
  sideBySide_->setObjectName(QStringLiteral("whatIfSideBySide"));
  sideBySide_->setToolTip(tr("What the run did and every answer in canvases side by side"));
  record_->setObjectName(QStringLiteral("whatIfRecord"));
  apply_->setObjectName(QStringLiteral("whatIfApply"));
  for (QPushButton* button : {sideBySide_, record_, apply_})
    deeds->addWidget(button);
  column->addLayout(deeds);

  connect(list_, &QListWidget::currentRowChanged, this, [this](int row) {
    if (!filling_ && row >= 0) emit showWanted(row - 1);
  });
  connect(remove_, &QToolButton::clicked, this, [this] { emit removeWanted(shown_); });
  connect(search_, &QLineEdit::textChanged, form_, &ParamForm::setFilter);
  connect(form_, &ParamForm::paramEdited, this, [this](const QString& option, const QString& value) {
    if (shown_ >= 0) emit optionEdited(shown_, option, value);
  });
  connect(table_, &JumpTable::rowChosen, this, [this](int row) {
    if (const int object = changes_->objectOf(row); object >= 0) emit objectWanted(object);
  });
  connect(weights_, &QPushButton::clicked, this, &WhatIfView::weightsWanted);
  connect(sideBySide_, &QPushButton::clicked, this, &WhatIfView::sideBySideWanted);
  connect(record_, &QPushButton::clicked, this, [this] { emit recordWanted(shown_); });
  connect(apply_, &QPushButton::clicked, this, [this] { emit applyWanted(shown_); });
  setQuestions({}, -1);
  setChanges(nullptr);
  setDeeds({});
}

void WhatIfView::setAbout(const QString& text) {
  about_->setText(text);
}

void WhatIfView::setWeights(const QString& text, bool enabled) {
  weights_->setText(text);
  weights_->setEnabled(enabled);
  weights_->setVisible(!text.isEmpty());
}

void WhatIfView::setMethods(const std::vector<Choice>& methods, bool full) {
  methods_->clear();
  for (std::size_t i = 0; i < methods.size(); ++i) {
    const Choice& choice = methods[i];
    QAction* action = methods_->addAction(i == 0 ? tr("%1, other options").arg(choice.title) : choice.title);
    action->setObjectName(QStringLiteral("ask:") + choice.name);
    action->setEnabled(choice.whyNot.isEmpty());
    action->setToolTip(choice.whyNot);
    connect(action, &QAction::triggered, this, [this, name = choice.name] { emit addWanted(name); });
    if (i == 0) methods_->addSeparator();
  }
  add_->setEnabled(!methods.empty() && !full);
  if (full) add_->setToolTip(tr("With the run's own, as many are asked as there are canvases: remove one"));
}

void WhatIfView::setQuestions(const std::vector<Question>& questions, int shown) {
  const QScopedValueRollback filling(filling_, true);
  questions_ = questions;
  shown_ = shown;
  while (list_->count() > static_cast<int>(questions.size()) + 1)
    delete list_->takeItem(list_->count() - 1);
  while (list_->count() < static_cast<int>(questions.size()) + 1)
    list_->addItem(QString());
  list_->item(0)->setText(tr("as trained"));
  list_->item(0)->setToolTip(tr("What the run itself did"));
  for (std::size_t i = 0; i < questions.size(); ++i) {
    QListWidgetItem* item = list_->item(static_cast<int>(i) + 1);
    item->setText(questions[i].refused.isEmpty() ? questions[i].name
                                                 : tr("%1 (no answer)").arg(questions[i].name));
    item->setToolTip(questions[i].refused.isEmpty() ? questions[i].name : questions[i].refused);
  }
  list_->setCurrentRow(shown + 1);
  list_->setFixedHeight(list_->sizeHintForRow(0) * list_->count() + 2 * list_->frameWidth());
  remove_->setEnabled(shown >= 0);
  sideBySide_->setEnabled(!questions.empty());
  if (shown >= 0 && !questions[static_cast<std::size_t>(shown)].refused.isEmpty())
    error_->showText(questions[static_cast<std::size_t>(shown)].refused);
  refreshForm();
}

/// The form stays while its values come from itself: a slider that is dragged must not go under the hand.
void WhatIfView::refreshForm() {
  const bool some = shown_ >= 0;
  options_->setVisible(some);
  if (!some) {
    formOf_.clear();
    return;
  }
  const Question& question = questions_[static_cast<std::size_t>(shown_)];
  const QString of = QStringLiteral("%1 %2").arg(shown_).arg(question.method);
  bool same = of == formOf_;
  for (const ParamSpec& spec : question.params.specs())
    same = same && form_->params().find(spec.name) &&
           form_->params().get(spec.name) == question.params.get(spec.name);
  if (same) return;
  formOf_ = of;
  form_->setParams(question.params, {}, ParamScope::kAll);
  form_->setFilter(search_->text());
}

void WhatIfView::setError(const QString& text) {
  if (text.isEmpty())
    error_->clear();
  else
    error_->showText(text);
}

void WhatIfView::setDeeds(const Deeds& deeds) {
  record_->setEnabled(shown_ >= 0 && deeds.record.isEmpty());
  record_->setToolTip(deeds.record.isEmpty()
                          ? tr("Ask it at every capture from now on and record it with the run")
                          : deeds.record);
  apply_->setEnabled(shown_ >= 0 && deeds.apply.isEmpty());
  apply_->setToolTip(deeds.apply.isEmpty() ? tr("Train with these options from the next step on")
                                           : deeds.apply);
}

void WhatIfView::setChanges(std::shared_ptr<const StageEvidence> variant) {
  changes_->show(std::move(variant));
  const bool some = changes_->rowCount() > 0;
  table_->setVisible(some);
  empty_->setVisible(!some);
  empty_->setText(questions_.empty()
                      ? tr("Ask something: another method, or this one with other options. Training does "
                           "not notice.")
                  : shown_ < 0 ? tr("Choose a question above to see what would be otherwise.")
                               : tr("The answer is not there yet."));
}

}  // namespace anchorscope
