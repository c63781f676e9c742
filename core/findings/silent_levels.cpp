// Pyramid levels that nothing is learnt on.
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/evidence/level_name.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

/// Points are shown as boxes of their stride's size, which say nothing of what they are for.
bool isPoints(const CandidateSet& candidates) {
  for (const LevelLayout& layout : candidates.levels) {
    if (layout.anchorsPerCell > 1) return false;
    if (layout.anchorCount() == 0) continue;
    const Box& first = candidates.boxesInInput[static_cast<std::size_t>(layout.firstAnchor)];
    const auto side = static_cast<float>(layout.stride);
    if (!(std::fabs(first.width() - side) < 0.01f && std::fabs(first.height() - side) < 0.01f)) return false;
  }
  return true;
}

/// Below so many objects a level may be without positives by chance.
constexpr std::size_t kFewestObjects = 10;

struct Level {
  std::int64_t positives = 0;
  std::vector<ObjectRef> best;  ///< Objects that one of its anchors overlaps most, by half at least.
};

struct Stage {
  StageSpec spec;
  std::map<int, Level> levels;  ///< By stride.
  std::set<std::string> images;
  std::set<ObjectRef> objects;
};

class SilentLevels : public Observer {
 public:
  void see(const StageEvidence& evidence) override {
    Stage& stage = stages_[evidence.stage.name];
    stage.spec = evidence.stage;
    const std::vector<Winners> heads = winnersOf(evidence);
    const CandidateSet& candidates = *evidence.candidates;
    const auto& objects = evidence.image->objects;
    for (const LevelLayout& layout : candidates.levels) {
      Level& level = stage.levels[layout.stride];
      for (std::int64_t i = layout.firstAnchor; i < layout.firstAnchor + layout.anchorCount(); ++i)
        for (const Winners& head : heads)
          level.positives += head.at(static_cast<std::size_t>(i), objects.size()) >= 0 ? 1 : 0;
    }
    if (!stage.images.insert(evidence.image->name).second) return;
    const bool points = isPoints(candidates);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (objects[i].ignored) continue;
      const ObjectRef ref{evidence.image->name, static_cast<std::int32_t>(i)};
      stage.objects.insert(ref);
      if (points) continue;
      const int stride = bestLevel(candidates, evidence.image->inputFromImage.map(objects[i].boxInImage));
      if (stride > 0) stage.levels[stride].best.push_back(ref);
    }
  }

  std::vector<Finding> tell(const Facts&) const override {
    std::vector<Finding> findings;
    for (const auto& [name, stage] : stages_) {
      if (stage.objects.size() < kFewestObjects) continue;
      for (const auto& [stride, level] : stage.levels) {
        if (level.positives > 0) continue;
        Finding finding;
        const std::string its = levelName(stride);
        finding.title =
            concat("Nothing is learnt on level ", its,
                   its.front() == 'P' ? concat(" (stride ", stride, " px)") : " px", stageSuffix(stage.spec));
        finding.numbers = {
            {"objects looked at", static_cast<double>(stage.objects.size()), "objects"},
            {"objects that its anchors fit best", static_cast<double>(level.best.size()), "objects"}};
        finding.advice =
            level.best.empty()
                ? "No object seen is of its size, and it learns background alone: another input size (or "
                  "model.anchor_scale) would put it to use"
                : "Its anchors fit these objects best, and yet other levels learn them: look at the "
                  "assigner's ranges and thresholds";
        setWho(finding, level.best);
        findings.push_back(std::move(finding));
      }
    }
    return findings;
  }

 private:
  /// Stride of the level of the candidate that overlaps the box most; of equal ones the finest. 0: none by
  /// half.
  static int bestLevel(const CandidateSet& candidates, const Box& box) {
    float best = std::nextafter(kReachIou, 0.0f);
    int stride = 0;
    for (const LevelLayout& layout : candidates.levels)
      for (std::int64_t i = layout.firstAnchor; i < layout.firstAnchor + layout.anchorCount(); ++i)
        if (const float overlap = iou(candidates.boxesInInput[static_cast<std::size_t>(i)], box);
            overlap > best) {
          best = overlap;
          stride = layout.stride;
        }
    return stride;
  }

  std::map<std::string, Stage> stages_;
};

}  // namespace

Rule silentLevelsRule() {
  return {"silent_levels",
          "Levels without positives",
          "Speaks of every pyramid level at which no head learns an object in any frame looked at, when "
          "these show at least 10 trained objects. It costs the objects that one of the level's anchors "
          "overlaps most, with IoU 0.5 or more.",
          {{NeedKind::kWinners, {}}, {NeedKind::kGrid, {}}},
          [] { return std::make_unique<SilentLevels>(); }};
}

}  // namespace anchorscope
