#include "widgets/panels/layer_hints.h"

#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "widgets/models/number_text.h"
#include "widgets/overlays/bag_boxes.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/overlays/predictions.h"

namespace anchorscope {

namespace {

QString count(std::size_t number) {
  return countText(static_cast<qint64>(number));
}

LayerHint predictionsHint(const Layer& layer, const StageEvidence& evidence) {
  const ShownPredictions shown = shownPredictions(layer, evidence);
  const std::size_t all = evidence.predictions.size();
  LayerHint hint;
  hint.score = std::isfinite(shown.from) ? std::clamp(shown.from, 0.f, 1.f) : 0.f;
  hint.text = LayerNotices::tr("≥ %1 · %2 of %3")
                  .arg(static_cast<double>(hint.score), 0, 'f', 2)
                  .arg(count(shown.count()), count(all));
  hint.help = LayerNotices::tr("Hidden by their score: %1 of the frame's %2")
                  .arg(count(all - shown.count()), countText(static_cast<qint64>(all), noun::kPredictions));
  return hint;
}

LayerHint bagHint(const Layer& layer, const StageEvidence& evidence, int object) {
  const BagBoxes bag = bagBoxes(layer, evidence, object);
  LayerHint hint;
  if (bag.faded == 0) return hint;
  hint.text = LayerNotices::tr("%1 of %2 drawn").arg(count(bag.members - bag.faded), count(bag.members));
  hint.help =
      LayerNotices::tr("The others weigh next to nothing in either head. The inspector lists them all.");
  return hint;
}

LayerHint filterHint(const Layer& layer, const StageEvidence& evidence) {
  LayerHint hint;
  const Channel* channel = evidence.channel(layer.channel);
  if (!channel || (std::isinf(layer.filterMin) && std::isinf(layer.filterMax))) return hint;
  std::size_t defined = 0, inside = 0;
  for (const float value : channel->values) {
    defined += std::isnan(value) ? 0 : 1;
    inside += value >= layer.filterMin && value <= layer.filterMax ? 1 : 0;
  }
  if (inside == defined) return hint;
  hint.text = LayerNotices::tr("filter: %1 of %2").arg(count(inside), count(defined));
  hint.help = LayerNotices::tr("Values outside the filter are not drawn; “only … to …” below sets it");
  return hint;
}

/// “A”, or “A” and 2 more.
QString named(const LayerStack& layers, const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  const Layer* first = layers.find(ids.front());
  const QString title =
      QStringLiteral("“%1”").arg(first ? declaredText(first->title) : QString::fromStdString(ids.front()));
  return ids.size() == 1 ? title : LayerNotices::tr("%1 and %2 more").arg(title, count(ids.size() - 1));
}

}  // namespace

LayerHint layerHint(const Layer& layer, const CanvasModel& canvas) {
  const auto& evidence = canvas.evidence();
  if (!evidence || !layer.visible) return {};
  if (layer.kind == LayerKind::kPredictions) return predictionsHint(layer, *evidence);
  if (layer.kind == LayerKind::kBag) return bagHint(layer, *evidence, canvas.selectedObject());
  return layer.hasChannel() ? filterHint(layer, *evidence) : LayerHint{};
}

LayerNotices::LayerNotices(CanvasModel& canvas, QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(2, 0, 2, 0);
  column->setSpacing(4);
  solo_ = makeLine("soloNotice");
  standIn_ = makeLine("standInNotice");
  column->addWidget(solo_.host);
  column->addWidget(standIn_.host);
  solo_.undo->setText(tr("Show all"));
  connect(solo_.undo, &QToolButton::clicked, this, [this] { canvas_->layers().clearSolo(); });
  connect(standIn_.undo, &QToolButton::clicked, this, [this] {
    LayerStack& layers = canvas_->layers();
    if (layers.standIn()) layers.setStandInShown(!layers.standIn()->shown);
  });
  setCanvas(canvas);
}

void LayerNotices::setCanvas(CanvasModel& canvas) {
  if (canvas_) {
    canvas_->disconnect(this);
    canvas_->layers().disconnect(this);
  }
  canvas_ = &canvas;
  connect(&canvas.layers(), &LayerStack::changed, this, &LayerNotices::refresh);
  connect(&canvas.layers(), &LayerStack::standInChanged, this, &LayerNotices::refresh);
  connect(&canvas, &CanvasModel::frameChanged, this, &LayerNotices::refresh);
  refresh();
}

LayerNotices::Line LayerNotices::makeLine(const char* name) {
  Line line{new QWidget, new QLabel, new QToolButton};
  line.host->setObjectName(QLatin1String(name));
  line.text->setProperty("role", "secondary");
  line.text->setWordWrap(true);
  line.undo->setObjectName(QLatin1String(name) + QStringLiteral("Undo"));
  line.undo->setProperty("role", "link");
  line.undo->setFocusPolicy(Qt::TabFocus);
  auto* column = new QVBoxLayout(line.host);
  column->setContentsMargins(4, 2, 4, 2);
  column->setSpacing(0);
  column->addWidget(line.text);
  column->addWidget(line.undo, 0, Qt::AlignLeft);
  return line;
}

void LayerNotices::refresh() {
  const LayerStack& layers = canvas_->layers();
  const auto& evidence = canvas_->evidence();
  std::size_t drawn = 0, on = 0, solo = 0;
  if (evidence) {
    for (const std::size_t index : drawnLayers(layers.layers(), *evidence)) {
      ++drawn;
      solo += layers.layers()[index].solo ? 1 : 0;
    }
    for (const Layer& layer : layers.layers())
      on += layer.visible && hasValuesFor(layer, *evidence) ? 1 : 0;
  }
  const std::size_t hidden = on - drawn;
  solo_.host->setVisible(solo > 0 && hidden > 0);
  solo_.text->setText(hidden == 1 ? tr("Solo hides 1 layer that is on.")
                                  : tr("Solo hides %1 layers that are on.").arg(count(hidden)));

  const auto& standIn = layers.standIn();
  standIn_.host->setVisible(evidence && standIn);
  if (standIn) {
    const QString wanted = named(layers, standIn->wanted), instead = named(layers, standIn->instead);
    standIn_.text->setText(standIn->shown
                               ? tr("This run has no %1: %2 instead.").arg(wanted, instead)
                               : tr("This run has no %1, which is on: nothing is coloured.").arg(wanted));
    standIn_.undo->setText(standIn->shown ? tr("Undo") : tr("Show %1").arg(instead));
    standIn_.undo->setVisible(!standIn->instead.empty());
  }
  setVisible(!solo_.host->isHidden() || !standIn_.host->isHidden());
}

}  // namespace anchorscope
