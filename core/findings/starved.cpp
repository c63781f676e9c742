// Objects that nothing learns, and classes of which that is true of most.
#include <map>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/param.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

struct Served {
  std::vector<ObjectRecord> objects;
  std::vector<bool> starved;
};

struct Count {
  std::int64_t objects = 0, starved = 0;
};

class Starved : public Observer {
 public:
  void see(const StageEvidence& stage) override {
    Served& served = latest_.renew(stage);
    served.objects = stage.image->objects;
    for (const std::int64_t positives : positivesOf(stage))
      served.starved.push_back(positives == 0);
  }

  std::vector<Finding> tell(const Facts& facts) const override {
    std::vector<Finding> findings;
    latest_.byStage([&](const StageSpec& stage, const std::map<std::string, const Served*>& images) {
      Count all;
      std::map<int, Count> classes;
      std::vector<ObjectRef> who;
      for (const auto& [image, served] : images)
        for (std::size_t i = 0; i < served->objects.size(); ++i) {
          if (served->objects[i].ignored) continue;
          for (Count* count : {&all, &classes[served->objects[i].classIndex]}) {
            ++count->objects;
            count->starved += served->starved[i] ? 1 : 0;
          }
          if (served->starved[i]) who.push_back({image, static_cast<std::int32_t>(i)});
        }
      if (who.empty()) return;
      Finding finding;
      std::vector<std::string> worst;
      for (const auto& [index, count] : classes) {
        if (count.starved == 0) continue;
        const std::string name = className(facts.classNames, index);
        finding.numbers.push_back(
            {"starved, " + name, static_cast<double>(count.starved) / static_cast<double>(count.objects)});
        if (2 * count.starved > count.objects) worst.push_back(name);
      }
      finding.title = concat(all.starved, " of ", counted(all.objects, "object"),
                             " have no positive at their last recorded step", stageSuffix(stage),
                             worst.empty() ? "" : concat("; most of class ", join(worst, ", ")));
      finding.advice =
          "Nothing pulls a box onto them. Where findings of anchors name them, too, mend those first; else "
          "let the "
          "assigner give every object something (a lower threshold, a larger top-k, the low-quality rescue)";
      setWho(finding, std::move(who));
      findings.push_back(std::move(finding));
    });
    return findings;
  }

 private:
  LatestOfImages<Served> latest_;
};

}  // namespace

Rule starvedRule() {
  return {
      "starved",
      "Objects without positives",
      "Speaks of every trained object of a probe that no head learns at any candidate at the image's last "
      "recorded step; names classes of which that is true of more than half.",
      {{NeedKind::kWinners, {}}},
      [] { return std::make_unique<Starved>(); },
      Severity::kProblem};
}

}  // namespace anchorscope
