#include "widgets/panels/frame_pickers.h"

#include <QSignalBlocker>
#include <algorithm>
#include <utility>
#include <vector>

#include "widgets/overlays/declared_text.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {
namespace {

struct Choice {
  QString text, help, name;
  bool operator==(const Choice&) const = default;
};

/// The list is left alone where it is the same: it may be open.
void offer(QComboBox& box, const std::vector<Choice>& choices, int current) {
  const auto at = [&](int i) {
    return Choice{box.itemText(i), box.itemData(i, Qt::ToolTipRole).toString(), box.itemData(i).toString()};
  };
  const int count = static_cast<int>(choices.size());
  bool same = count == box.count();
  for (int i = 0; same && i < count; ++i)
    same = at(i) == choices[static_cast<std::size_t>(i)];
  const QSignalBlocker blocker(box);
  if (!same) {
    box.clear();
    for (const Choice& choice : choices) {
      box.addItem(choice.text, choice.name);
      box.setItemData(box.count() - 1, choice.help, Qt::ToolTipRole);
    }
  }
  box.setCurrentIndex(current);
  box.setVisible(count > 1);
}

}  // namespace

RunPicker::RunPicker(CanvasModel& canvas, QWidget* parent) : QComboBox(parent), canvas_(canvas) {
  setObjectName(QStringLiteral("runPicker"));
  setAccessibleName(tr("Run"));
  setToolTip(tr("The run whose evidence is shown"));
  setSizeAdjustPolicy(QComboBox::AdjustToContents);
  setMaximumWidth(140);
  connect(this, &QComboBox::activated, this,
          [this](int index) { canvas_.setRun(itemData(index).toString()); });
  connect(&canvas_, &CanvasModel::wanted, this, &RunPicker::refresh);
  connect(&canvas_, &CanvasModel::frameChanged, this, &RunPicker::refresh);
  refresh();
}

void RunPicker::setRuns(std::vector<RunChoice> runs) {
  runs_ = std::move(runs);
  refresh();
}

void RunPicker::refresh() {
  std::vector<Choice> choices;
  for (const RunChoice& run : runs_)
    choices.push_back({run.title, run.title, run.id});
  const auto isWanted = [&](const Choice& choice) { return choice.name == canvas_.run(); };
  // One that is not open (yet) can be left.
  if (std::none_of(choices.begin(), choices.end(), isWanted) && !canvas_.run().isEmpty())
    choices.push_back({canvas_.run(), tr("Not open"), canvas_.run()});
  offer(*this, choices,
        static_cast<int>(std::find_if(choices.begin(), choices.end(), isWanted) - choices.begin()));
}

StagePicker::StagePicker(CanvasModel& canvas, QWidget* parent) : QComboBox(parent), canvas_(canvas) {
  setObjectName(QStringLiteral("stagePicker"));
  setAccessibleName(tr("Stage"));
  setToolTip(tr("The stage of the detector whose candidates are shown"));
  setSizeAdjustPolicy(QComboBox::AdjustToContents);
  connect(this, &QComboBox::activated, &canvas_, &CanvasModel::setStage);
  connect(&canvas_, &CanvasModel::frameChanged, this, &StagePicker::refresh);
  refresh();
}

void StagePicker::refresh() {
  std::vector<Choice> choices;
  if (const auto& frame = canvas_.frame())
    for (const auto& stage : frame->stages)
      choices.push_back({declaredTitle(stage->stage), {}, QString::fromStdString(stage->stage.name)});
  offer(*this, choices, std::min(canvas_.stage(), static_cast<int>(choices.size()) - 1));
}

VariantPicker::VariantPicker(CanvasModel& canvas, QWidget* parent) : QComboBox(parent), canvas_(canvas) {
  setObjectName(QStringLiteral("variantPicker"));
  setAccessibleName(tr("Variant"));
  setToolTip(tr("What the run itself did, or what another method says of the same outputs"));
  setSizeAdjustPolicy(QComboBox::AdjustToContents);
  connect(this, &QComboBox::activated, this,
          [this](int index) { canvas_.setVariant(itemData(index).toString()); });
  connect(&canvas_, &CanvasModel::probesChanged, this, &VariantPicker::refresh);
  connect(&canvas_, &CanvasModel::frameChanged, this, &VariantPicker::refresh);
  connect(&canvas_, &CanvasModel::wanted, this, &VariantPicker::refresh);
  refresh();
}

void VariantPicker::refresh() {
  std::vector<Choice> choices{{tr("as trained"), tr("What the run itself did"), {}}};
  for (const Variant& variant : canvas_.variants()) {
    QStringList options;
    for (const auto& [name, value] : variant.options)
      options << QString::fromStdString(name + " = " + value);
    const QString name = QString::fromStdString(variant.name);
    choices.push_back({name, options.join(QLatin1Char('\n')), name});
  }
  const auto isWanted = [&](const Choice& choice) { return choice.name == canvas_.variant(); };
  // One that this moment lacks can be left.
  if (std::none_of(choices.begin(), choices.end(), isWanted))
    choices.push_back({canvas_.variant(), tr("Not recorded at this step"), canvas_.variant()});
  offer(*this, choices,
        static_cast<int>(std::find_if(choices.begin(), choices.end(), isWanted) - choices.begin()));
}

}  // namespace anchorscope
