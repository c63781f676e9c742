#include "widgets/panels/param_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QStyle>
#include <QVBoxLayout>

namespace anchorscope {
namespace {

QString helpOf(const ParamSpec& spec) {
  QString text = QStringLiteral("<b>%1</b><br>%2")
                     .arg(QString::fromStdString(spec.name).toHtmlEscaped(),
                          QString::fromStdString(spec.help).toHtmlEscaped());
  if (spec.min || spec.max)
    text += QStringLiteral("<br>Range: %1 … %2")
                .arg(spec.min ? QString::number(*spec.min) : QStringLiteral("−∞"),
                     spec.max ? QString::number(*spec.max) : QStringLiteral("∞"));
  text += QStringLiteral("<br>Default: %1")
              .arg(QString::fromStdString(toText(spec.defaultValue)).toHtmlEscaped());
  if (!spec.source.empty())
    text += QStringLiteral("<br>Source: %1").arg(QString::fromStdString(spec.source).toHtmlEscaped());
  text += spec.effect == ParamEffect::kNextStep
              ? QStringLiteral("<br>A change takes effect at the next step.")
              : QStringLiteral("<br>A change takes effect with the next run.");
  return text;
}

void setInvalid(QWidget* editor, bool invalid) {
  editor->setProperty("invalid", invalid);
  editor->style()->unpolish(editor);
  editor->style()->polish(editor);
}

}  // namespace

ParamForm::ParamForm(QWidget* parent) : QWidget(parent) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  auto* host = new QWidget(this);
  form_ = new QFormLayout(host);
  form_->setContentsMargins(0, 0, 0, 0);
  form_->setHorizontalSpacing(12);
  form_->setVerticalSpacing(6);
  form_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form_->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  outer->addWidget(host);
  outer->addStretch(1);
}

ParamForm::~ParamForm() {
  letGoOfEditors();
}

void ParamForm::letGoOfEditors() {
  // A field that is being typed into tells that editing has ended when it goes; by then nobody is to hear it.
  for (QWidget* editor : findChildren<QWidget*>())
    editor->disconnect(this);
}

void ParamForm::setParams(const ParamSet& params, const QString& prefix) {
  letGoOfEditors();
  while (form_->rowCount() > 0)
    form_->removeRow(0);
  messages_.clear();
  rows_.clear();
  wrong_.clear();
  params_ = params;
  prefix_ = prefix;
  for (const ParamSpec& spec : params_.specs()) {
    const QString name = QString::fromStdString(spec.name);
    auto* row = new QWidget(this);
    auto* column = new QVBoxLayout(row);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* line = new QHBoxLayout;
    line->setSpacing(6);
    QWidget* editor = makeEditor(spec);
    editor->setObjectName(prefix_ + name);
    editor->setToolTip(helpOf(spec));
    line->addWidget(editor, 1);
    if (!spec.unit.empty() && spec.unit != "1") {
      auto* unit = new QLabel(QString::fromStdString(spec.unit), row);
      unit->setProperty("role", "secondary");
      unit->setMinimumWidth(44);
      line->addWidget(unit);
    }
    column->addLayout(line);
    auto* message = new QLabel(row);
    message->setProperty("role", "error");
    message->setWordWrap(true);
    message->hide();
    column->addWidget(message);
    auto* label = new QLabel(QString(name).replace(QLatin1Char('_'), QLatin1Char(' ')), this);
    label->setToolTip(editor->toolTip());
    label->setBuddy(editor);
    form_->addRow(label, row);
    messages_.insert(name, message);
    rows_.insert(name, row);
  }
}

QWidget* ParamForm::makeEditor(const ParamSpec& spec) {
  const std::string name = spec.name;
  if (spec.type == ParamType::kBool) {
    auto* box = new QCheckBox(this);
    box->setChecked(params_.getBool(name));
    connect(box, &QCheckBox::toggled, this,
            [this, name](bool on) { accept(name, on ? QStringLiteral("true") : QStringLiteral("false")); });
    return box;
  }
  if (spec.type == ParamType::kChoice) {
    auto* box = new QComboBox(this);
    // The longest choice must not push the form out of a narrow dock.
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(6);
    for (const std::string& choice : spec.choices)
      box->addItem(QString::fromStdString(choice));
    box->setCurrentText(QString::fromStdString(params_.getText(name)));
    connect(box, &QComboBox::currentTextChanged, this,
            [this, name](const QString& text) { accept(name, text); });
    return box;
  }
  auto* edit = new QLineEdit(QString::fromStdString(toText(params_.get(name))), this);
  connect(edit, &QLineEdit::textEdited, this, [this, name](const QString& text) {
    // While typing only the verdict changes; the value is taken when the field is left or Return is pressed.
    const auto parsed = parseParam(*params_.find(name), text.trimmed().toStdString());
    markWrong(QString::fromStdString(name),
              parsed ? QString() : QString::fromStdString(parsed.error().action));
  });
  connect(edit, &QLineEdit::editingFinished, this,
          [this, edit, name] { accept(name, edit->text().trimmed()); });
  return edit;
}

void ParamForm::accept(const std::string& name, const QString& text) {
  const std::string before = toText(params_.get(name));
  const Status status = params_.set(name, text.toStdString());
  markWrong(QString::fromStdString(name), status ? QString() : QString::fromStdString(status.error().action));
  if (status && toText(params_.get(name)) != before)
    emit paramEdited(prefix_ + QString::fromStdString(name), text);
}

void ParamForm::markWrong(const QString& name, const QString& reason) {
  const bool was = wrong_.contains(name);
  if (reason.isEmpty())
    wrong_.remove(name);
  else
    wrong_.insert(name, reason);
  QLabel* message = messages_.value(name);
  if (!message) return;
  message->setText(reason);
  message->setVisible(!reason.isEmpty());
  if (QWidget* editor = findChild<QWidget*>(prefix_ + name)) setInvalid(editor, !reason.isEmpty());
  if (was != wrong_.contains(name)) emit validityChanged();
}

void ParamForm::showRefusal(const QString& name, const QString& reason) {
  markWrong(name, reason);
}

void ParamForm::setFilter(const QString& text) {
  for (const ParamSpec& spec : params_.specs()) {
    const QString name = QString::fromStdString(spec.name);
    QWidget* row = rows_.value(name);
    const bool shown = text.isEmpty() || name.contains(text, Qt::CaseInsensitive) ||
                       QString::fromStdString(spec.help).contains(text, Qt::CaseInsensitive);
    row->setVisible(shown);
    if (QWidget* label = form_->labelForField(row)) label->setVisible(shown);
  }
}

}  // namespace anchorscope
