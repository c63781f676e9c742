#include "widgets/panels/parameters_panel.h"

#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>

#include "core/base/combination.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/param_form.h"

namespace anchorscope {

ParametersPanel::ParametersPanel(LiveParameters& parameters, QWidget* parent)
    : QWidget(parent), parameters_(parameters) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 8, 8, 8);
  column->setSpacing(8);
  auto* title = new QLabel(tr("LIVE PARAMETERS"));
  title->setProperty("role", "section");
  column->addWidget(title);
  help_ = new QLabel;
  help_->setObjectName(QStringLiteral("parameterHelp"));
  help_->setProperty("role", "secondary");
  help_->setWordWrap(true);
  column->addWidget(help_);
  news_ = new QLabel;
  news_->setObjectName(QStringLiteral("parameterNews"));
  news_->setWordWrap(true);
  news_->setTextFormat(Qt::PlainText);
  news_->hide();
  column->addWidget(news_);
  search_ = new QLineEdit;
  search_->setObjectName(QStringLiteral("parameterSearch"));
  search_->setPlaceholderText(tr("Search options"));
  search_->setAccessibleName(tr("Search options"));
  search_->setClearButtonEnabled(true);
  column->addWidget(search_);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  form_ = new ParamForm;
  scroll->setWidget(form_);
  column->addWidget(scroll, 1);

  const auto say = [this](const QString& text) {
    news_->setText(text);
    news_->setVisible(!text.isEmpty());
  };
  connect(search_, &QLineEdit::textChanged, form_, &ParamForm::setFilter);
  connect(form_, &ParamForm::paramEdited, &parameters_, &LiveParameters::change);
  connect(form_, &ParamForm::fixWanted, this, [this](const QString& key, const QString& value) {
    if (parameters_.canChange(key))
      parameters_.set(key, value);
    else
      emit cannotChange(key);
  });
  connect(&parameters_, &LiveParameters::wantedReplaced, this, [this, say] {
    if (parameters_.wanted().specs().empty()) say({});
    showWanted();
  });
  connect(&parameters_, &LiveParameters::conflictsChanged, this,
          [this](const std::vector<OptionConflict>& conflicts) {
            form_->setConflicts(conflicts);
            if (!conflicts.empty()) form_->scrollTo(QString::fromStdString(conflicts.front().option));
          });
  connect(&parameters_, &LiveParameters::sent, this, [say](const QString& key, const QString& value) {
    say(tr("%1 = %2 takes effect at the next step.").arg(key, value));
  });
  connect(&parameters_, &LiveParameters::holds, this,
          [say](const QString& key, const QString& value, qint64 fromStep) {
            say(tr("%1 = %2 holds from step %3.").arg(key, value, countText(fromStep)));
          });
  connect(&parameters_, &LiveParameters::refused, this,
          [this, say](const QString& key, const QString& value, const Error& reason) {
            say({});
            form_->showRefusal(key,
                               tr("%1 was not taken: %2").arg(value, QString::fromStdString(reason.text())));
            form_->scrollTo(key);
          });
  showWanted();
}

void ParametersPanel::showWanted() {
  form_->setParams(parameters_.wanted(), {}, ParamScope::kLive);
}

void ParametersPanel::setCanChange(bool can, const QString& help) {
  form_->setEnabled(can);
  help_->setText(help);
}

void ParametersPanel::focusSearch() {
  // A tab that has just been raised takes the focus only once it is laid out.
  QTimer::singleShot(0, search_, [this] { search_->setFocus(Qt::ShortcutFocusReason); });
}

void ParametersPanel::goTo(const QString& key) {
  search_->clear();
  QTimer::singleShot(0, form_, [this, key] {
    form_->scrollTo(key);
    if (QWidget* editor = form_->findChild<QWidget*>(key)) editor->setFocus(Qt::ShortcutFocusReason);
  });
}

}  // namespace anchorscope
