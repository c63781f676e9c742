#include "widgets/panels/layer_presets.h"

#include <QObject>
#include <algorithm>
#include <optional>

#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/heat.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

std::string lastPart(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

/// Channels that tell what a head's outcome is decided with or ranked by, as the decisions name it.
bool isNamedByOutcome(const StageEvidence& evidence, const ChannelSpec& channel,
                      std::string OutcomeSpec::*column) {
  for (const DecisionSpec& decision : evidence.decisions)
    for (const OutcomeSpec& outcome : decision.outcomes)
      if (!(outcome.*column).empty() && lastPart(channel.name) == outcome.*column) return true;
  return false;
}

bool isWinner(const StageEvidence& evidence, const ChannelSpec& channel) {
  for (const DecisionSpec& decision : evidence.decisions)
    for (const OutcomeSpec& outcome : decision.outcomes)
      if (outcome.winnerChannel == channel.name) return true;
  return false;
}

/// What every method publishes of its boxes. Nothing is decided with it, though a pair's column may have its
/// name.
bool isOverlap(const ChannelSpec& channel) {
  return channel.name == "iou" || channel.name == "anchor_iou";
}

/// Channels of a centerness head, as every method with one publishes them.
constexpr const char* kQualityPrefix = "centerness";

/// One per measure of a family of feature maps: "LIP importance". It shows the finest place.
void appendMapPresets(const StageEvidence& evidence, std::vector<LayerPreset>& presets) {
  std::vector<std::string> seen;
  for (const CellName& name : cellNames(evidence)) {
    const std::string measure = name.family + "." + name.measure;
    if (std::find(seen.begin(), seen.end(), measure) != seen.end()) continue;
    seen.push_back(measure);
    presets.push_back({familyTitle(name.family) + QLatin1Char(' ') + QString::fromStdString(name.measure),
                       QObject::tr("On the finest map; the box under the list goes to the other places"),
                       {"channel:" + name.channel()}});
  }
}

}  // namespace

std::vector<LayerPreset> layerPresets(const StageEvidence& evidence) {
  LayerPreset cls{QObject::tr("Class scores"), QObject::tr("How sure the classification head is"), {}};
  LayerPreset overlap{QObject::tr("Overlap"), QObject::tr("How well the boxes fit"), {}};
  LayerPreset joint{
      QObject::tr("Joint scores"), QObject::tr("What the method makes of score and overlap"), {}};
  LayerPreset weights{QObject::tr("Weights of both heads"),
                      QObject::tr("What each anchor counts in classification and regression"),
                      {}};
  LayerPreset ranks{QObject::tr("Ranks"), QObject::tr("Places in the bag, for each head"), {}};
  LayerPreset quality{
      QObject::tr("Centerness"), QObject::tr("What the third head says, and what it learns"), {}};
  LayerPreset losses{QObject::tr("Losses"), QObject::tr("Where the loss comes from"), {}};
  LayerPreset outcome{QObject::tr("Objects and predictions"),
                      QObject::tr("What is there and what is found"),
                      {"predictions"}};
  for (const Channel& channel : evidence.channels) {
    const ChannelSpec& spec = channel.spec;
    if (spec.domain != ChannelDomain::kCandidate || isWinner(evidence, spec)) continue;
    const std::string id = "channel:" + spec.name;
    if (spec.name.starts_with(kQualityPrefix)) continue;
    const bool share = spec.sense == Sense::kHigherIsBetter && spec.min && spec.max;
    if (spec.name.starts_with("loss.")) {
      losses.layerIds.push_back(id);
    } else if (!isOverlap(spec) && isNamedByOutcome(evidence, spec, &OutcomeSpec::weightColumn)) {
      weights.layerIds.push_back(id);
    } else if (!isOverlap(spec) && isNamedByOutcome(evidence, spec, &OutcomeSpec::rankColumn)) {
      ranks.layerIds.push_back(id);
    } else if (share) {
      // One layer answers each of these: the first of its scale, and of the joint ones the last.
      if (spec.scale == ColorScale::kClassification && cls.layerIds.empty()) cls.layerIds = {id};
      if (spec.scale == ColorScale::kRegression && overlap.layerIds.empty()) overlap.layerIds = {id};
      if (spec.scale == ColorScale::kSequential && !isOverlap(spec)) joint.layerIds = {id};
    }
  }
  for (const Channel& channel : evidence.channels)
    if (channel.spec.name.starts_with(kQualityPrefix))
      quality.layerIds.push_back("channel:" + channel.spec.name);
  std::vector<LayerPreset> presets;
  for (LayerPreset& preset :
       std::vector<LayerPreset>{cls, overlap, joint, weights, ranks, quality, losses, outcome})
    if (!preset.layerIds.empty()) presets.push_back(std::move(preset));
  appendMapPresets(evidence, presets);
  for (const Layer& layer : mutualLayers(evidence))
    presets.push_back(
        {declaredText(layer.title),
         QObject::tr("Both heads at once: orange the classification's, blue the box's, near white both; an "
                     "arrow from each object's best score to its best box"),
         {layer.id, "arrows"}});
  return presets;
}

namespace {

std::optional<LayerPreset> firstLook(const StageEvidence& evidence) {
  std::vector<LayerPreset> presets = layerPresets(evidence);
  // The weights where there are any, then the overlap, then whatever colours anchors.
  const auto place = [](const LayerPreset& preset) {
    if (preset.title == QObject::tr("Weights of both heads")) return 0;
    return preset.title == QObject::tr("Overlap") ? 1 : 2;
  };
  std::stable_sort(presets.begin(), presets.end(),
                   [&](const LayerPreset& a, const LayerPreset& b) { return place(a) < place(b); });
  for (const LayerPreset& preset : presets)
    if (preset.layerIds.front().starts_with("channel:")) return preset;
  return std::nullopt;
}

/// The channels that are on above those that are not, where the list begins; other layers keep their places.
void raiseShownChannels(std::vector<Layer>& layers) {
  std::vector<Layer> channels;
  for (const Layer& layer : layers)
    if (layer.hasChannel()) channels.push_back(layer);
  std::stable_partition(channels.begin(), channels.end(), [](const Layer& layer) { return !layer.visible; });
  auto next = channels.begin();
  for (Layer& layer : layers)
    if (layer.hasChannel()) layer = std::move(*next++);
}

}  // namespace

void applyFirstLook(LayerStack& layers, const StageEvidence& evidence) {
  if (const auto preset = firstLook(evidence)) applyPreset(layers, *preset);
}

void replaceForeignLook(LayerStack& layers, const StageEvidence& evidence) {
  if (layers.standIn()) return;
  std::vector<std::string> foreign;
  std::string shown;
  for (const Layer& layer : layers.layers()) {
    if (!layer.hasChannel() || !layer.visible) continue;
    if (hasValuesFor(layer, evidence))
      shown = layer.id;
    else
      foreign.push_back(layer.id);
  }
  const Layer* active = layers.active();
  const bool activeIsForeign = active && !hasValuesFor(*active, evidence);
  if (!shown.empty()) {
    if (activeIsForeign) layers.setActive(shown);
    return;
  }
  if (foreign.empty() && activeIsForeign) foreign.push_back(active->id);
  if (foreign.empty()) return;
  if (const auto preset = firstLook(evidence))
    layers.showInstead(std::move(foreign), preset->layerIds, preset->layerIds.front());
}

void applyPreset(LayerStack& layers, const LayerPreset& preset) {
  std::string active;
  for (const std::string& id : preset.layerIds)
    if (const Layer* layer = layers.find(id); layer && layer->hasChannel() && active.empty()) active = id;
  std::vector<Layer> all = layers.layers();
  for (Layer& layer : all) {
    const bool named =
        std::find(preset.layerIds.begin(), preset.layerIds.end(), layer.id) != preset.layerIds.end();
    layer.solo = false;
    layer.visible = named || layer.kind == LayerKind::kImage || layer.kind == LayerKind::kObjects ||
                    layer.kind == LayerKind::kBag;
  }
  raiseShownChannels(all);
  const std::string kept = layers.active() ? layers.active()->id : std::string();
  layers.setLayers(std::move(all), active.empty() ? kept : active);
}

}  // namespace anchorscope
