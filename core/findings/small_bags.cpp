// Bags of one or two members.
#include <algorithm>
#include <map>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

constexpr std::int64_t kSmall = 2;

struct Bags {
  std::vector<ObjectRecord> objects;
  std::vector<std::int64_t> members;  ///< Per object, of its largest bag.
};

class SmallBags : public Observer {
 public:
  void see(const StageEvidence& stage) override {
    Bags& bags = latest_.renew(stage);
    bags.objects = stage.image->objects;
    bags.members.assign(bags.objects.size(), 0);
    for (const auto& [table, member] : bagsOf(stage)) {
      std::vector<std::int64_t> counts(bags.objects.size(), 0);
      for (std::size_t row = 0; row < table->rowCount(); ++row)
        counts[static_cast<std::size_t>(table->object[row])] += (*member)[row] > 0 ? 1 : 0;
      for (std::size_t i = 0; i < counts.size(); ++i)
        bags.members[i] = std::max(bags.members[i], counts[i]);
    }
  }

  std::vector<Finding> tell(const Facts&) const override {
    std::vector<Finding> findings;
    latest_.byStage([&](const StageSpec& stage, const std::map<std::string, const Bags*>& images) {
      std::vector<ObjectRef> who;
      std::vector<std::int64_t> sizes;
      for (const auto& [image, bags] : images)
        for (std::size_t i = 0; i < bags->objects.size(); ++i) {
          if (bags->objects[i].ignored || bags->members[i] == 0) continue;
          sizes.push_back(bags->members[i]);
          if (bags->members[i] <= kSmall) who.push_back({image, static_cast<std::int32_t>(i)});
        }
      if (who.empty()) return;
      std::sort(sizes.begin(), sizes.end());
      if (sizes.back() <= kSmall) return;  // as the rule wants it
      Finding finding;
      finding.title = concat(who.size(), " of ", counted(static_cast<std::int64_t>(sizes.size()), "bag"),
                             " hold one or two ", stage.candidate, "s", stageSuffix(stage));
      finding.numbers = {{"median bag", static_cast<double>(sizes[sizes.size() / 2]), stage.candidate + "s"},
                         {"largest bag", static_cast<double>(sizes.back()), stage.candidate + "s"}};
      finding.advice =
          "So few members leave nothing to rank, and hang on chance. Where these objects are small, give "
          "them more "
          "candidates (input size, anchors per location); else lower the threshold that a member needs";
      setWho(finding, std::move(who));
      findings.push_back(std::move(finding));
    });
    return findings;
  }

 private:
  LatestOfImages<Bags> latest_;
};

}  // namespace

Rule smallBagsRule() {
  return {"small_bags",
          "Bags of one or two members",
          "Speaks of every trained object whose bag holds one or two members at the image's last recorded "
          "step, unless "
          "no object's holds more.",
          {{NeedKind::kBags, {}}},
          [] { return std::make_unique<SmallBags>(); }};
}

}  // namespace anchorscope
