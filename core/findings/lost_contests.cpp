// Objects whose bag goes to their neighbours.
#include <algorithm>
#include <map>
#include <vector>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/findings/reading.h"
#include "core/findings/rule.h"

namespace anchorscope {
namespace {

struct Contest {
  std::int64_t members = 0, contested = 0, won = 0;
};

struct Contests {
  std::vector<ObjectRecord> objects;
  std::vector<Contest> of;  ///< Per object, over all tables.
};

bool lost(const Contest& contest) {
  return contest.contested > 0 && contest.won == 0 && 2 * contest.contested >= contest.members;
}

class LostContests : public Observer {
 public:
  void see(const StageEvidence& stage) override {
    Contests& contests = latest_.renew(stage);
    contests.objects = stage.image->objects;
    contests.of.resize(contests.objects.size());
    const std::vector<Winners> heads = winnersOf(stage);
    for (const auto& [table, members] : bagsOf(stage)) {
      std::vector<std::int32_t> bags(stage.candidates->count(), 0);  // that want a candidate
      for (std::size_t row = 0; row < table->rowCount(); ++row)
        bags[static_cast<std::size_t>(table->candidate[row])] += (*members)[row] > 0 ? 1 : 0;
      for (std::size_t row = 0; row < table->rowCount(); ++row) {
        if (!((*members)[row] > 0)) continue;
        const auto candidate = static_cast<std::size_t>(table->candidate[row]);
        Contest& contest = contests.of[static_cast<std::size_t>(table->object[row])];
        ++contest.members;
        if (bags[candidate] < 2) continue;
        ++contest.contested;
        contest.won += std::any_of(heads.begin(), heads.end(), [&](const Winners& head) {
          return head.at(candidate, contests.objects.size()) == table->object[row];
        });
      }
    }
  }

  std::vector<Finding> tell(const Facts&) const override {
    std::vector<Finding> findings;
    latest_.byStage([&](const StageSpec& stage, const std::map<std::string, const Contests*>& images) {
      std::vector<ObjectRef> who;
      std::int64_t trained = 0, contested = 0, members = 0;
      for (const auto& [image, contests] : images)
        for (std::size_t i = 0; i < contests->of.size(); ++i) {
          if (contests->objects[i].ignored) continue;
          ++trained;
          if (!lost(contests->of[i])) continue;
          who.push_back({image, static_cast<std::int32_t>(i)});
          contested += contests->of[i].contested;
          members += contests->of[i].members;
        }
      if (who.empty()) return;
      Finding finding;
      finding.title = concat(who.size(), " of ", counted(trained, "object"), " lose every contested ",
                             stage.candidate, " to a neighbour", stageSuffix(stage));
      finding.numbers = {
          {"members of their bags", static_cast<double>(members), stage.candidate + "s"},
          {"of these contested and lost", static_cast<double>(contested), stage.candidate + "s"}};
      finding.advice =
          "Crowded objects share too few candidates: give every location more anchors or the input more "
          "pixels, or "
          "narrow what a bag takes (a higher threshold, a smaller top-k)";
      setWho(finding, std::move(who));
      findings.push_back(std::move(finding));
    });
    return findings;
  }

 private:
  LatestOfImages<Contests> latest_;
};

}  // namespace

Rule lostContestsRule() {
  return {"lost_contests",
          "Objects that lose every contested anchor",
          "Speaks of every trained object of which at least half the bag is wanted by other bags, too, and "
          "that wins "
          "none of these for any head, at the image's last recorded step.",
          {{NeedKind::kWinners, {}}, {NeedKind::kBags, {}}},
          [] { return std::make_unique<LostContests>(); }};
}

}  // namespace anchorscope
