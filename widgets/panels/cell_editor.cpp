#include "widgets/panels/cell_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "widgets/overlays/heat.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {

CellEditor::CellEditor(CanvasModel& canvas, QWidget* parent) : QWidget(parent), canvas_(&canvas) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  auto* line = new QHBoxLayout;
  const auto box = [&](const char* objectName, const QString& help) {
    auto* made = new QComboBox;
    made->setObjectName(QLatin1String(objectName));
    made->setToolTip(help);
    made->setAccessibleName(help);
    made->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    made->setMinimumContentsLength(6);
    line->addWidget(made, 1);
    connect(made, &QComboBox::currentIndexChanged, this, [this] {
      const Layer* active = canvas_->layers().active();
      if (refreshing_ || !active) return;
      if (auto name = cellNameOf(active->channel)) {
        name->place = place_->currentText().toStdString();
        name->measure = measure_->currentText().toStdString();
        choose(*name);
      }
    });
    return made;
  };
  place_ = box("cellPlace", tr("Where in the network; the wheel and the arrow keys go through the places"));
  measure_ = box("cellMeasure", tr("What is shown of this place"));
  column->addLayout(line);
  smooth_ = new QCheckBox(tr("smooth"));
  smooth_->setObjectName(QStringLiteral("cellSmooth"));
  smooth_->setFocusPolicy(Qt::TabFocus);
  smooth_->setToolTip(tr("Interpolate between the cells; off: every cell in its own colour"));
  column->addWidget(smooth_);
  connect(smooth_, &QCheckBox::toggled, this, [this](bool on) {
    if (const Layer* active = canvas_->layers().active(); active && !refreshing_)
      canvas_->layers().update(active->id, [on](Layer& layer) { layer.smooth = on; });
  });
}

void CellEditor::setCanvas(CanvasModel& canvas) {
  canvas_ = &canvas;
  refresh();
}

void CellEditor::refresh() {
  const Layer* active = canvas_->layers().active();
  const bool heat = active && active->kind == LayerKind::kHeat;
  setVisible(heat);
  if (!heat) return;
  refreshing_ = true;
  smooth_->setChecked(active->smooth);
  const auto name = cellNameOf(active->channel);
  QStringList places, measures;
  if (name && canvas_->evidence())
    for (const CellName& other : cellNames(*canvas_->evidence())) {
      if (other.family != name->family) continue;
      const QString place = QString::fromStdString(other.place),
                    measure = QString::fromStdString(other.measure);
      if (!places.contains(place)) places << place;
      if (other.place == name->place && !measures.contains(measure)) measures << measure;
    }
  const auto fill = [](QComboBox* box, const QStringList& entries, const std::string& current) {
    QStringList present;
    for (int i = 0; i < box->count(); ++i)
      present << box->itemText(i);
    if (present != entries) {
      box->clear();
      box->addItems(entries);
    }
    box->setCurrentText(QString::fromStdString(current));
    box->setVisible(entries.size() > 1);
  };
  fill(place_, places, name ? name->place : std::string());
  fill(measure_, measures, name ? name->measure : std::string());
  refreshing_ = false;
}

void CellEditor::choose(const CellName& wanted) {
  LayerStack& layers = canvas_->layers();
  const Layer* before = layers.active();
  std::string id = "channel:" + wanted.channel();
  if (!layers.find(id)) return;  // the place lacks this measure
  if (!before || before->id == id) return;
  const Layer from = *before;
  const bool sameMeasure = cellNameOf(from.channel)->measure == wanted.measure;
  // The same question at another place: the look stays.
  layers.update(id, [&](Layer& layer) {
    layer.visible = true;
    layer.smooth = from.smooth;
    layer.opacity = from.opacity;
    if (!sameMeasure) return;
    layer.colorMap = from.colorMap;
    layer.rangeMode = from.rangeMode;
    layer.rangeLow = from.rangeLow;
    layer.rangeHigh = from.rangeHigh;
  });
  layers.setActive(id);
  layers.setVisible(from.id, false);
}

}  // namespace anchorscope
