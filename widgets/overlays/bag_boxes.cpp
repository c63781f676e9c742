#include "widgets/overlays/bag_boxes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/evidence/bag.h"

namespace anchorscope {

namespace {

constexpr float kLeastShare = 1.f / 256, kUnweighedOpacity = 0.7f;

/// Share of the head's largest weight: 0 for none, NaN where the method has none for the head.
float share(float weight, float largest) {
  if (std::isnan(weight)) return weight;
  return weight > 0 && largest > 0 ? weight / largest : 0.f;
}

bool isDrawn(float share) {
  return share >= kLeastShare;  // not NaN
}

/// 0 for what is not drawn.
int widthOf(float share) {
  return isDrawn(share) ? 1 + static_cast<int>(std::lround(2 * share)) : 0;
}

/// Square roots, so that what has a tenth of the largest weight can still be seen.
Argb colorOf(Argb color, float opacity, float share) {
  const auto alpha = static_cast<Argb>(std::lround(255.f * opacity * std::sqrt(share)));
  return (color & 0x00FFFFFFu) | (alpha << 24);
}

struct Member {
  std::int32_t anchor;
  float classification, regression;  ///< Shares.
  float strength() const { return std::fmax(classification, regression); }
};

}  // namespace

BagBoxes bagBoxes(const Layer& layer, const StageEvidence& evidence, int object) {
  BagBoxes out;
  const Bag bag = bagOf(evidence, object);
  out.arrowFrom = bag.bestClassificationAnchor;
  out.arrowTo = bag.bestRegressionAnchor;
  std::vector<Member> members;
  for (const BagMember& member : bag.members) {
    const auto anchor = static_cast<std::size_t>(member.anchor);
    if (evidence.candidates && evidence.candidates->onGrid() &&
        !layer.showsLevel(evidence.candidates->address(anchor).level))
      continue;
    members.push_back({member.anchor, share(member.classificationWeight, bag.largestClassification),
                       share(member.regressionWeight, bag.largestRegression)});
  }
  out.members = members.size();
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    return std::fmax(a.strength(), 0.f) < std::fmax(b.strength(), 0.f);
  });

  // By strength first, so that strong members lie over weak ones; then the regression weight, which lies
  // inside the classification weight of the same box.
  using Key = std::array<int, 4>;  // strength, head, width, inset
  std::map<Key, BagBatch> batches;
  const auto add = [&](const Member& member, const Key& key, ColorScale head, Argb color) {
    if ((color >> 24) == 0) return;
    BagBatch& batch = batches[key];
    batch.head = head;
    batch.width = key[2];
    batch.inset = key[3];
    batch.boxes.boxesInImage.push_back(anchorBoxInImage(evidence, member.anchor, layer.boxes));
    batch.boxes.colors.push_back(color);
    batch.boxes.anchors.push_back(static_cast<std::uint32_t>(member.anchor));
  };
  for (const Member& member : members) {
    if (std::isnan(member.strength())) {  // of neither head
      add(member, {0, 0, 1, 0}, ColorScale::kSequential,
          colorOf(kSelectionArgb, layer.opacity * kUnweighedOpacity, 1));
      continue;
    }
    const int classification = widthOf(member.classification), regression = widthOf(member.regression);
    const int strength = std::max(classification, regression);
    if (strength == 0) ++out.faded;
    if (regression > 0)
      add(member, {strength, 1, regression, classification}, ColorScale::kRegression,
          colorOf(kRegressionArgb, layer.opacity, member.regression));
    if (classification > 0)
      add(member, {strength, 2, classification, 0}, ColorScale::kClassification,
          colorOf(kClassificationArgb, layer.opacity, member.classification));
  }
  for (auto& [key, batch] : batches)
    out.batches.push_back(std::move(batch));
  return out;
}

}  // namespace anchorscope
