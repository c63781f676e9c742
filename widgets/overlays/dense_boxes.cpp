#include "widgets/overlays/dense_boxes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace anchorscope {

namespace {

constexpr float kLeastOpacity = 0.35f;  // of what is highlighted, relative to the layer's
constexpr float kOthersOpacity = 0.15f, kSubsetOpacity = 0.5f;

struct Shown {
  std::uint32_t importance;  ///< Grows with importance like the float it was made of.
  std::uint32_t anchor;
};

/// Maps floats to integers of the same order.
std::uint32_t orderedBits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.f);  // -0 becomes 0
  return (bits & 0x80000000u) ? ~bits : bits | 0x80000000u;
}

/// Stable radix sort, 11 bits a pass.
void sortByImportance(std::vector<Shown>& shown) {
  std::vector<Shown> other(shown.size());
  for (int shift = 0; shift < 33; shift += 11) {
    std::array<std::size_t, 2049> start{};
    for (const Shown& s : shown)
      ++start[((s.importance >> shift) & 2047u) + 1];
    for (std::size_t i = 1; i < start.size(); ++i)
      start[i] += start[i - 1];
    for (const Shown& s : shown)
      other[start[(s.importance >> shift) & 2047u]++] = s;
    shown.swap(other);
  }
}

float importanceOf(const Layer& layer, ColorScale scale, float value) {
  if (scale == ColorScale::kDiverging) return std::abs(value);
  return layer.emphasis == Emphasis::kHigh ? value : -value;
}

/// Of two shares. Faded ones keep their hue, whose strength is the opacity; else it is the light.
Argb mixedLayerColor(const Layer& layer, float first, float second) {
  const float strength = std::max(first, second);
  const float light = layer.fade && strength > 0 ? 1 / strength : 1;
  const float alpha = layer.opacity * (layer.fade ? strength * strength : 1);
  const auto bits = static_cast<Argb>(std::lround(std::clamp(alpha, 0.f, 1.f) * 255.f));
  return (mixedColor(first * light, second * light) & 0x00FFFFFFu) | (bits << 24);
}

}  // namespace

Argb layerColor(const Layer& layer, const ValueRange& range, ColorScale scale, float value) {
  const float t = range.normalized(value);
  float alpha = layer.opacity;
  if (layer.fade) {
    const float strength = scale == ColorScale::kDiverging     ? std::abs(2 * t - 1)
                           : layer.emphasis == Emphasis::kHigh ? t
                                                               : 1 - t;
    alpha *= strength * strength;  // or thousands of faint boxes would add up to a haze
  }
  const auto bits = static_cast<Argb>(std::lround(std::clamp(alpha, 0.f, 1.f) * 255.f));
  return (colorAt(layer.colorMap, layer.reverseColors ? 1 - t : t) & 0x00FFFFFFu) | (bits << 24);
}

Box anchorBoxInImage(const StageEvidence& evidence, std::int64_t anchor, BoxKind kind) {
  if (anchor < 0 || !evidence.image || !evidence.candidates) return {};
  const std::vector<Box>& boxes =
      kind == BoxKind::kAnchor ? evidence.candidates->boxesInInput : evidence.predictedBoxesInInput;
  const auto index = static_cast<std::size_t>(anchor);
  return index < boxes.size() ? evidence.image->inputFromImage.inverse().map(boxes[index]) : Box{};
}

DenseBoxes denseBoxes(const Layer& layer, const StageEvidence& evidence, const Highlight& highlight) {
  DenseBoxes out;
  const Channel* channel = evidence.channel(layer.channel);
  if (!channel || channel->spec.domain != ChannelDomain::kCandidate || !evidence.candidates ||
      !evidence.image)
    return out;
  const std::vector<Box>& boxesInInput =
      layer.boxes == BoxKind::kAnchor ? evidence.candidates->boxesInInput : evidence.predictedBoxesInInput;
  const Channel* second = layer.second.empty() ? nullptr : evidence.channel(layer.second);
  if (!layer.second.empty() && (!second || second->values.size() != channel->values.size())) return out;
  const std::size_t count = std::min(boxesInInput.size(), channel->values.size());
  const ValueRange range = resolveRange(layer, *channel),
                   secondRange = second ? resolveRange(layer, *second) : ValueRange();

  const CandidateSubset* subset = highlight.subset.get();
  const auto isInside = [subset](std::size_t anchor) {
    return anchor < subset->inside.size() && subset->inside[anchor] != 0;
  };
  std::vector<Shown> shown;
  shown.reserve(count);
  const auto add = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const float value = layerValue(*channel, second, i);
      if (!(value >= layer.filterMin && value <= layer.filterMax)) continue;  // also NaN
      if (subset && highlight.hidesOthers && !isInside(i)) continue;
      shown.push_back(
          {orderedBits(importanceOf(layer, channel->spec.scale, value)), static_cast<std::uint32_t>(i)});
    }
  };
  for (std::size_t l = 0; l < evidence.candidates->levels.size(); ++l) {
    if (!layer.showsLevel(static_cast<int>(l))) continue;
    const LevelLayout& level = evidence.candidates->levels[l];
    const auto begin = std::min(count, static_cast<std::size_t>(level.firstAnchor));
    add(begin, std::min(count, begin + static_cast<std::size_t>(level.anchorCount())));
  }
  if (!evidence.candidates->onGrid()) add(0, count);
  sortByImportance(shown);
  if (subset)
    std::stable_partition(shown.begin(), shown.end(), [&](const Shown& s) { return !isInside(s.anchor); });

  out.boxesInImage.reserve(shown.size());
  out.colors.reserve(shown.size());
  out.anchors.reserve(shown.size());
  const AxisTransform imageFromInput = evidence.image->inputFromImage.inverse();
  for (const Shown& s : shown) {
    const float value = channel->values[s.anchor];
    Argb color = second ? mixedLayerColor(layer, std::isnan(value) ? 0 : range.normalized(value),
                                          std::isnan(second->values[s.anchor])
                                              ? 0
                                              : secondRange.normalized(second->values[s.anchor]))
                        : layerColor(layer, range, channel->spec.scale, value);
    if (subset) {
      const auto alpha = static_cast<float>(color >> 24);
      const float told =
          isInside(s.anchor) ? std::max(alpha, 255 * kLeastOpacity * layer.opacity) : alpha * kOthersOpacity;
      color = (color & 0x00FFFFFFu) | (static_cast<Argb>(std::lround(told)) << 24);
    }
    if ((color >> 24) == 0) continue;
    out.boxesInImage.push_back(imageFromInput.map(boxesInInput[s.anchor]));
    out.colors.push_back(color);
    out.anchors.push_back(s.anchor);
  }
  return out;
}

DenseBoxes subsetBoxes(const StageEvidence& evidence, const CandidateSubset& subset, BoxKind kind) {
  DenseBoxes out;
  if (!evidence.image || !evidence.candidates) return out;
  const std::vector<Box>& boxes =
      kind == BoxKind::kAnchor ? evidence.candidates->boxesInInput : evidence.predictedBoxesInInput;
  const AxisTransform imageFromInput = evidence.image->inputFromImage.inverse();
  const auto alpha = static_cast<Argb>(std::lround(255 * kSubsetOpacity));
  for (std::size_t i = 0; i < std::min(boxes.size(), subset.inside.size()); ++i) {
    if (subset.inside[i] == 0) continue;
    out.boxesInImage.push_back(imageFromInput.map(boxes[i]));
    out.anchors.push_back(static_cast<std::uint32_t>(i));
  }
  out.colors.assign(out.anchors.size(), (kSelectionArgb & 0x00FFFFFFu) | (alpha << 24));
  return out;
}

}  // namespace anchorscope
