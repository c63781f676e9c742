// Objects of which the better boxes have the lower scores.
#include <cmath>
#include <map>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/evidence/score_iou_correlation.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

constexpr const char* kScore = "cls_score_object";
constexpr std::size_t kFewestPositives = 5;
constexpr int kFewestSteps = 3;

struct Measured {
  int steps = 0, negative = 0;
  double sum = 0;
};

struct Stage {
  StageSpec spec;
  std::map<ObjectRef, Measured> objects;
};

struct Positives {
  std::vector<double> scores, overlaps;
};

class Disagreement : public Observer {
 public:
  void see(const StageEvidence& evidence) override {
    Stage& stage = stages_[evidence.stage.name];
    stage.spec = evidence.stage;
    const ProbeImage& image = *evidence.image;
    std::vector<Box> boxes;
    for (const ObjectRecord& object : image.objects)
      boxes.push_back(image.inputFromImage.map(object.boxInImage));
    const std::vector<Winners> heads = winnersOf(evidence);
    const std::vector<float>& scores = evidence.channel(kScore)->values;
    std::vector<Positives> positives(image.objects.size());
    for (std::size_t candidate = 0; candidate < scores.size(); ++candidate)
      for (const Winners& head : heads) {
        const std::int32_t object = head.at(candidate, image.objects.size());
        if (object < 0) continue;
        const auto index = static_cast<std::size_t>(object);
        const float overlap = iou(evidence.predictedBoxesInInput[candidate], boxes[index]);
        if (std::isfinite(scores[candidate]) && std::isfinite(overlap)) {
          positives[index].scores.push_back(scores[candidate]);
          positives[index].overlaps.push_back(overlap);
        }
        break;  // the first head's object, as cls_score_object tells of one
      }
    for (std::size_t i = 0; i < positives.size(); ++i) {
      if (image.objects[i].ignored || positives[i].scores.size() < kFewestPositives) continue;
      const auto correlation = spearman(positives[i].scores, positives[i].overlaps);
      if (!correlation) continue;
      Measured& measured = stage.objects[{image.name, static_cast<std::int32_t>(i)}];
      ++measured.steps;
      measured.negative += *correlation < 0 ? 1 : 0;
      measured.sum += *correlation;
    }
  }

  std::vector<Finding> tell(const Facts&) const override {
    std::vector<Finding> findings;
    for (const auto& [name, stage] : stages_) {
      std::vector<ObjectRef> who;
      std::int64_t measured = 0;
      double sum = 0;
      for (const auto& [ref, object] : stage.objects) {
        if (object.steps < kFewestSteps) continue;
        ++measured;
        if (object.negative < object.steps) continue;
        who.push_back(ref);
        sum += object.sum / object.steps;
      }
      if (who.empty()) continue;
      Finding finding;
      finding.title =
          concat("At ", who.size(), " of ", counted(measured, "object"),
                 " the better boxes have the lower scores, at every step looked at", stageSuffix(stage.spec));
      finding.numbers = {
          {"mean Spearman correlation of score and IoU", sum / static_cast<double>(who.size())}};
      finding.advice =
          "Suppression will keep the worse boxes. Let scores learn how good the box is (a method that "
          "couples the heads, "
          "weights by IoU, or a quality output), and look whether the box loss has enough weight";
      setWho(finding, std::move(who));
      findings.push_back(std::move(finding));
    }
    return findings;
  }

 private:
  std::map<std::string, Stage> stages_;
};

}  // namespace

Rule disagreementRule() {
  return {"disagreement",
          "Scores and boxes that disagree",
          "Speaks of every trained object whose positives' class scores and predicted IoUs have a Spearman "
          "correlation "
          "below 0 at every step looked at, of at least 3 with at least 5 positives.",
          {{NeedKind::kWinners, {}}, {NeedKind::kPredictedBoxes, {}}, {NeedKind::kChannel, kScore}},
          [] { return std::make_unique<Disagreement>(); }};
}

}  // namespace anchorscope
