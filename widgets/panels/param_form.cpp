#include "widgets/panels/param_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/overlays/declared_text.h"
#include "widgets/panels/conflict_label.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/value_slider.h"

namespace anchorscope {
namespace {

QString helpOf(const ParamSpec& spec) {
  QString text =
      QStringLiteral("<b>%1</b><br>%2")
          .arg(QString::fromStdString(spec.name).toHtmlEscaped(), declaredText(spec.help).toHtmlEscaped());
  if (spec.min || spec.max)
    text += QStringLiteral("<br>") + ParamForm::tr("Range: %1 … %2")
                                         .arg(spec.min ? QString::number(*spec.min) : QStringLiteral("−∞"),
                                              spec.max ? QString::number(*spec.max) : QStringLiteral("∞"));
  text += QStringLiteral("<br>") +
          ParamForm::tr("Default: %1").arg(QString::fromStdString(toText(spec.defaultValue)).toHtmlEscaped());
  if (!spec.source.empty())
    text += QStringLiteral("<br>") +
            ParamForm::tr("Source: %1").arg(QString::fromStdString(spec.source).toHtmlEscaped());
  if (!spec.whenOption.empty())
    text += QStringLiteral("<br>") +
            ParamForm::tr("Only with %1 = %2")
                .arg(QString::fromStdString(spec.whenOption).toHtmlEscaped(),
                     QString::fromStdString(join(spec.whenValues, " or ")).toHtmlEscaped());
  text += QStringLiteral("<br>") + (spec.effect == ParamEffect::kNextStep
                                        ? ParamForm::tr("A change takes effect at the next step.")
                                        : ParamForm::tr("A change takes effect with the next run."));
  return text;
}

/// Takes the width there is and asks for little: in a narrow dock the names beside it are not to be cut off.
class ValueEdit : public QLineEdit {
 public:
  using QLineEdit::QLineEdit;
  QSize sizeHint() const override { return {kWidth, QLineEdit::sizeHint().height()}; }
  QSize minimumSizeHint() const override { return {kWidth, QLineEdit::minimumSizeHint().height()}; }

 private:
  static constexpr int kWidth = 56;
};

}  // namespace

ParamForm::ParamForm(QWidget* parent, NumberEditors numbers) : QWidget(parent), numbers_(numbers) {
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

void ParamForm::setParams(const ParamSet& params, const QString& prefix, ParamScope scope) {
  letGoOfEditors();
  while (form_->rowCount() > 0)
    form_->removeRow(0);
  rows_.clear();
  wrong_.clear();
  conflicts_.clear();
  params_ = params;
  prefix_ = prefix;
  for (const ParamSpec& spec : params_.specs())
    if (scope == ParamScope::kAll || spec.effect == ParamEffect::kNextStep) makeRow(spec);
  foldRows();
}

void ParamForm::makeRow(const ParamSpec& spec) {
  const QString name = QString::fromStdString(spec.name);
  Row row;
  row.host = new QWidget(this);
  auto* column = new QVBoxLayout(row.host);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(2);
  auto* line = new QHBoxLayout;
  line->setSpacing(6);
  row.editor = makeEditor(spec);
  row.editor->setObjectName(prefix_ + name);
  row.editor->setToolTip(helpOf(spec));
  row.editor->setAccessibleName(QString(name).replace(QLatin1Char('_'), QLatin1Char(' ')));
  line->addWidget(row.editor, 1);
  if (auto* field = qobject_cast<QLineEdit*>(row.editor);
      field && numbers_ == NumberEditors::kSliders && ValueSlider::fits(spec))
    line->addWidget(makeSlider(spec, field), 2);
  if (!spec.unit.empty() && spec.unit != "1") {
    auto* unit = new QLabel(QString::fromStdString(spec.unit), row.host);
    unit->setProperty("role", "secondary");
    unit->setMinimumWidth(44);
    line->addWidget(unit);
  }
  column->addLayout(line);
  row.message = new ConflictLabel(row.host);
  row.message->setObjectName(QStringLiteral("message:") + prefix_ + name);
  connect(row.message, &ConflictLabel::fixWanted, this, &ParamForm::fixWanted);
  column->addWidget(row.message);
  auto* label = new ElidedLabel(QString(name).replace(QLatin1Char('_'), QLatin1Char(' ')), this);
  label->setToolTip(row.editor->toolTip());
  label->setBuddy(row.editor);
  form_->addRow(label, row.host);
  rows_.insert(name, row);
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
  auto* edit = new ValueEdit(QString::fromStdString(toText(params_.get(name))), this);
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

ValueSlider* ParamForm::makeSlider(const ParamSpec& spec, QLineEdit* field) {
  const std::string name = spec.name;
  auto* slider = new ValueSlider(spec, params_.getFloat(name), this);
  slider->setObjectName(QStringLiteral("slider:") + prefix_ + QString::fromStdString(name));
  slider->setToolTip(field->toolTip().isEmpty() ? helpOf(spec) : field->toolTip());
  slider->setAccessibleName(
      tr("%1, slider").arg(QString::fromStdString(name).replace(QLatin1Char('_'), QLatin1Char(' '))));
  connect(slider, &ValueSlider::moved, this, [this, field, name](const QString& text) {
    field->setText(text);
    accept(name, text);
  });
  connect(field, &QLineEdit::editingFinished, slider,
          [this, slider, name] { slider->showValue(params_.getFloat(name)); });
  return slider;
}

void ParamForm::accept(const std::string& name, const QString& text) {
  const std::string before = toText(params_.get(name));
  const Status status = params_.set(name, text.toStdString());
  markWrong(QString::fromStdString(name), status ? QString() : QString::fromStdString(status.error().action));
  if (!status || toText(params_.get(name)) == before) return;
  foldRows();
  emit paramEdited(prefix_ + QString::fromStdString(name), text);
}

void ParamForm::markWrong(const QString& name, const QString& reason) {
  const bool was = wrong_.contains(name);
  if (reason.isEmpty())
    wrong_.remove(name);
  else
    wrong_.insert(name, reason);
  refreshMessage(name);
  if (was != wrong_.contains(name)) emit validityChanged();
}

void ParamForm::refreshMessage(const QString& name) {
  const auto row = rows_.constFind(name);
  if (row == rows_.constEnd()) return;
  const auto wrong = wrong_.constFind(name);
  const auto conflict = conflicts_.constFind(name);
  if (wrong != wrong_.constEnd())
    row->message->showText(*wrong);
  else if (conflict != conflicts_.constEnd())
    row->message->showConflict(*conflict);
  else
    row->message->clear();
  setInvalidLook(row->editor, wrong != wrong_.constEnd() || conflict != conflicts_.constEnd());
}

void ParamForm::showRefusal(const QString& name, const QString& reason) {
  markWrong(name, reason);
}

void ParamForm::setConflicts(const std::vector<OptionConflict>& conflicts) {
  conflicts_.clear();
  for (const OptionConflict& conflict : conflicts) {
    const QString key = QString::fromStdString(conflict.option);
    if (key.startsWith(prefix_) && rows_.contains(key.mid(prefix_.size())))
      conflicts_.insert(key.mid(prefix_.size()), conflict);
  }
  for (auto row = rows_.constBegin(); row != rows_.constEnd(); ++row)
    refreshMessage(row.key());
  foldRows();
}

void ParamForm::foldRows() {
  for (const ParamSpec& spec : params_.specs()) {
    const QString name = QString::fromStdString(spec.name);
    const auto row = rows_.constFind(name);
    if (row == rows_.constEnd()) continue;
    const bool found = filter_.isEmpty() || name.contains(filter_, Qt::CaseInsensitive) ||
                       declaredText(spec.help).contains(filter_, Qt::CaseInsensitive);
    const bool applies = params_.applies(spec.name) || conflicts_.contains(name);
    if (!applies && wrong_.contains(name)) {
      // What is folded away has its last valid value, and nobody is held up by what was typed there.
      if (auto* edit = qobject_cast<QLineEdit*>(row->editor))
        edit->setText(QString::fromStdString(toText(params_.get(spec.name))));
      markWrong(name, {});
    }
    form_->setRowVisible(row->host, found && applies);
  }
}

void ParamForm::scrollTo(const QString& key) {
  const auto row = rows_.constFind(key.startsWith(prefix_) ? key.mid(prefix_.size()) : QString());
  if (row == rows_.constEnd()) return;
  for (QWidget* above = parentWidget(); above; above = above->parentWidget())
    if (auto* area = qobject_cast<QScrollArea*>(above)) {
      if (layout()) layout()->activate();  // a message that has just come has its place already
      area->ensureWidgetVisible(row->host);
      return;
    }
}

void ParamForm::setFilter(const QString& text) {
  filter_ = text;
  foldRows();
}

}  // namespace anchorscope
