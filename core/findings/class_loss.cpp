// A class whose loss dwarfs the others'.
#include <cmath>
#include <map>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

constexpr const char* kLoss = "loss.cls";
constexpr std::int64_t kFewestObjects = 10;
constexpr double kMostLoss = 0.8, kLeastObjects = 0.5;

struct Losses {
  std::vector<ObjectRecord> objects;
  std::vector<double> ofObject;
};

class ClassLoss : public Observer {
 public:
  void see(const StageEvidence& stage) override {
    Losses& losses = latest_.renew(stage);
    losses.objects = stage.image->objects;
    losses.ofObject.assign(losses.objects.size(), 0);
    const std::vector<Winners> heads = winnersOf(stage);
    const std::vector<float>& values = stage.channel(kLoss)->values;
    for (std::size_t candidate = 0; candidate < values.size(); ++candidate) {
      const std::int32_t object = heads.front().at(candidate, losses.objects.size());
      if (object >= 0 && std::isfinite(values[candidate]) && values[candidate] > 0)
        losses.ofObject[static_cast<std::size_t>(object)] += values[candidate];
    }
  }

  std::vector<Finding> tell(const Facts& facts) const override {
    std::vector<Finding> findings;
    latest_.byStage([&](const StageSpec& stage, const std::map<std::string, const Losses*>& images) {
      struct Sum {
        double loss = 0;
        std::vector<ObjectRef> objects;
      };
      std::map<int, Sum> classes;
      double loss = 0;
      std::int64_t objects = 0;
      for (const auto& [image, losses] : images)
        for (std::size_t i = 0; i < losses->objects.size(); ++i) {
          if (losses->objects[i].ignored) continue;
          Sum& sum = classes[losses->objects[i].classIndex];
          sum.loss += losses->ofObject[i];
          sum.objects.push_back({image, static_cast<std::int32_t>(i)});
          loss += losses->ofObject[i];
          ++objects;
        }
      if (objects < kFewestObjects || !(loss > 0)) return;
      for (const auto& [index, sum] : classes) {
        const double ofLoss = sum.loss / loss;
        const double ofObjects = static_cast<double>(sum.objects.size()) / static_cast<double>(objects);
        if (ofLoss < kMostLoss || ofObjects > kLeastObjects) continue;
        const std::string name = className(facts.classNames, index);
        Finding finding;
        finding.title = concat("Class ", name, " has ", percentText(ofLoss),
                               " of the positives' classification loss, and ", percentText(ofObjects),
                               " of the objects", stageSuffix(stage));
        finding.numbers = {{"share of the loss", ofLoss}, {"share of the objects", ofObjects}};
        finding.advice = concat(
            "Look at what is labelled ", name,
            ": wrong or mixed labels keep a loss high. Where they are right, the class is rare or hard: "
            "more images of it, or a longer training");
        setWho(finding, sum.objects);
        findings.push_back(std::move(finding));
      }
    });
    return findings;
  }

 private:
  LatestOfImages<Losses> latest_;
};

}  // namespace

Rule classLossRule() {
  return {"class_loss",
          "A class whose loss dwarfs the rest",
          "Speaks of a class with at least 80 % of the classification loss at positives and at most half of "
          "the trained "
          "objects, at the images' last recorded steps, when these show at least 10.",
          {{NeedKind::kWinners, {}}, {NeedKind::kChannel, kLoss}},
          [] { return std::make_unique<ClassLoss>(); }};
}

}  // namespace anchorscope
