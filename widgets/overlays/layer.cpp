#include "widgets/overlays/layer.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/check.h"

namespace anchorscope {

namespace {

Layer plainLayer(LayerKind kind, const char* id, const char* title) {
  Layer layer;
  layer.kind = kind;
  layer.id = id;
  layer.title = title;
  return layer;
}

constexpr const char *kQualityPrefix = "centerness", *kMutualPrefix = "mutual.";

/// The channel shown at first: the last "higher is better" one on a sequential scale. Scores and overlaps
/// come first, what a method makes of them after.
std::string firstChannelToShow(const StageEvidence& evidence) {
  const Channel* shown = nullptr;
  const auto rank = [](const Channel& channel) {
    if (channel.spec.name.starts_with(kQualityPrefix)) return 0;  // says how good a box is, not who learns
    return channel.spec.scale == ColorScale::kSequential && channel.spec.sense == Sense::kHigherIsBetter ? 1
                                                                                                         : 0;
  };
  for (const Channel& channel : evidence.channels) {
    if (channel.spec.domain != ChannelDomain::kCandidate) continue;
    if (!shown || (rank(channel) == 1 && rank(channel) >= rank(*shown))) shown = &channel;
  }
  return shown ? shown->spec.name : std::string();
}

}  // namespace

float ValueRange::normalized(float value) const {
  return std::clamp((value - low) / (high - low), 0.f, 1.f);
}

Emphasis defaultEmphasis(const ChannelSpec& spec) {
  return spec.sense == Sense::kLowerIsBetter && !spec.name.starts_with("loss") ? Emphasis::kLow
                                                                               : Emphasis::kHigh;
}

Layer channelLayer(const ChannelSpec& spec) {
  Layer layer;
  layer.id = "channel:" + spec.name;
  layer.kind = spec.domain == ChannelDomain::kCell ? LayerKind::kHeat : LayerKind::kAnchors;
  layer.title = spec.title.empty() ? spec.name : spec.title;
  layer.channel = spec.name;
  layer.visible = false;
  layer.colorMap = defaultColorMap(spec.scale);
  layer.emphasis = defaultEmphasis(spec);
  layer.reverseColors = layer.emphasis == Emphasis::kLow;  // what matters is bright
  if (layer.kind == LayerKind::kHeat) {
    layer.fade = false;
    layer.opacity = 0.6f;
  }
  return layer;
}

std::vector<Layer> mutualLayers(const StageEvidence& evidence) {
  std::vector<Layer> out;
  const auto add = [&](const std::string& first, const std::string& second, const char* title) {
    const Channel *a = evidence.channel(first), *b = evidence.channel(second);
    if (!a || !b || a->spec.domain != ChannelDomain::kCandidate ||
        b->spec.domain != ChannelDomain::kCandidate)
      return;
    Layer layer = channelLayer(a->spec);
    layer.id = concat(kMutualPrefix, first, "+", second);
    layer.title = title;
    layer.second = second;
    layer.rangeMode = RangeMode::kAuto;  // each hue as strong as its own channel is
    out.push_back(std::move(layer));
  };
  // A weight of classification whose name differs from one of regression by the head alone.
  for (const Channel& channel : evidence.channels) {
    std::string other = channel.spec.name;
    const std::size_t head = other.rfind("cls");
    if (channel.spec.scale != ColorScale::kClassification || channel.spec.sense != Sense::kHigherIsBetter ||
        head == std::string::npos)
      continue;
    const Channel* regression = evidence.channel(other.replace(head, 3, "reg"));
    if (regression && regression->spec.scale == ColorScale::kRegression)
      add(channel.spec.name, other, "Weights of both heads, mixed");
  }
  add("cls_score", "iou", "Score and IoU, mixed");
  return out;
}

std::vector<Layer> defaultLayers(const StageEvidence& evidence) {
  std::vector<Layer> layers;
  layers.push_back(plainLayer(LayerKind::kImage, "image", "Image"));
  const std::string shown = firstChannelToShow(evidence);
  for (const Channel& channel : evidence.channels) {
    Layer layer = channelLayer(channel.spec);
    if (std::any_of(layers.begin(), layers.end(), [&](const Layer& other) { return other.id == layer.id; }))
      continue;
    layer.visible = channel.spec.name == shown;
    layers.push_back(std::move(layer));
  }
  for (Layer& layer : mutualLayers(evidence))
    layers.push_back(std::move(layer));
  layers.push_back(plainLayer(LayerKind::kBag, "bag", "Bag of selection"));
  layers.push_back(plainLayer(LayerKind::kObjects, "objects", "Objects"));
  Layer arrows = plainLayer(LayerKind::kArrows, "arrows", "Best score to best box");
  arrows.visible = false;
  layers.push_back(std::move(arrows));
  Layer predictions = plainLayer(LayerKind::kPredictions, "predictions", "Predictions");
  predictions.visible = false;
  predictions.adaptiveFilter = true;
  layers.push_back(std::move(predictions));
  return layers;
}

bool hasValuesFor(const Layer& layer, const StageEvidence& evidence) {
  if (layer.kind == LayerKind::kArrows) return !evidence.pairTables.empty();
  return !layer.hasChannel() || (evidence.channel(layer.channel) != nullptr &&
                                 (layer.second.empty() || evidence.channel(layer.second) != nullptr));
}

float layerValue(const Channel& channel, const Channel* second, std::size_t candidate) {
  const float value = channel.values[candidate];
  return second ? std::fmax(value, second->values[candidate]) : value;
}

std::vector<std::size_t> drawnLayers(const std::vector<Layer>& layers, const StageEvidence& evidence) {
  const auto canBeDrawn = [&](const Layer& layer) { return layer.visible && hasValuesFor(layer, evidence); };
  const bool anySolo =
      std::any_of(layers.begin(), layers.end(), [&](const Layer& l) { return l.solo && canBeDrawn(l); });
  std::vector<std::size_t> drawn;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (canBeDrawn(layers[i]) && (!anySolo || layers[i].solo || layers[i].kind == LayerKind::kImage))
      drawn.push_back(i);
  return drawn;
}

bool finiteRange(const std::vector<float>& values, ValueRange& out) {
  float low = std::numeric_limits<float>::infinity(), high = -low;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) return false;
  out = {low, high};
  return true;
}

float neutralValue(const ChannelSpec& spec) {
  if (spec.min && spec.max) return (*spec.min + *spec.max) / 2;
  return spec.min && *spec.min == 0 ? 1.f : 0.f;
}

ValueRange resolveRange(const Layer& layer, const Channel& channel) {
  ValueRange range{0, 1};
  const bool declared = channel.spec.min && channel.spec.max;
  switch (layer.rangeMode) {
    case RangeMode::kManual:
    case RangeMode::kSticky:
      range = {layer.rangeLow, layer.rangeHigh};
      break;
    case RangeMode::kDeclared:
      if (!declared) finiteRange(channel.values, range);
      if (channel.spec.min) range.low = *channel.spec.min;
      if (channel.spec.max) range.high = *channel.spec.max;
      break;
    case RangeMode::kAuto:
      finiteRange(channel.values, range);
      break;
  }
  if (channel.spec.scale == ColorScale::kDiverging && !declared && layer.rangeMode != RangeMode::kManual) {
    const float neutral = neutralValue(channel.spec);
    const bool fixed = neutral != 0 && layer.rangeMode == RangeMode::kDeclared;
    const float extent =
        fixed ? neutral : std::max(std::abs(range.low - neutral), std::abs(range.high - neutral));
    range = {neutral - extent, neutral + extent};
  }
  if (!std::isfinite(range.low) || !std::isfinite(range.high)) range = {0, 1};
  if (!(range.high > range.low)) range = {range.low - 0.5f, range.low + 0.5f};
  return range;
}

Histogram histogram(const std::vector<float>& values, const ValueRange& range, int bins) {
  ANCHORSCOPE_CHECK(bins > 0 && range.high > range.low, "histogram of ", bins, " bins");
  Histogram out;
  out.counts.assign(static_cast<std::size_t>(bins), 0);
  const float scale = static_cast<float>(bins) / (range.high - range.low);
  for (const float value : values) {
    if (!std::isfinite(value)) {
      ++out.undefined;
    } else if (value < range.low) {
      ++out.below;
    } else if (value > range.high) {
      ++out.above;
    } else {
      const auto bin = static_cast<std::size_t>((value - range.low) * scale);
      ++out.counts[std::min(bin, out.counts.size() - 1)];
    }
  }
  return out;
}

std::string levelName(const CandidateSet& anchors, int level) {
  const auto stride = static_cast<unsigned>(anchors.levels.at(static_cast<std::size_t>(level)).stride);
  return std::has_single_bit(stride) ? concat("P", std::countr_zero(stride)) : concat("stride ", stride);
}

}  // namespace anchorscope
