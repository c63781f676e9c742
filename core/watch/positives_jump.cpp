// An object that suddenly has many more, or many fewer, positives.
#include <algorithm>
#include <compare>
#include <cstdlib>
#include <map>
#include <utility>

#include "core/base/check.h"
#include "core/findings/reading.h"
#include "core/watch/watchpoint.h"

namespace anchorscope {
namespace {

class PositivesJump final : public Watchpoint {
 public:
  PositivesJump(double factor, std::int64_t least) : factor_(factor), least_(least) {}
  WatchSource source() const override { return WatchSource::kProbes; }

  std::optional<WatchHit> seeFrames(const std::vector<std::shared_ptr<const ProbeFrame>>& frames) override {
    std::optional<WatchHit> hit;
    double largest = 0;
    std::map<Key, std::int64_t> now;
    for (const auto& frame : frames)
      for (const auto& stage : frame->stages) {
        if (winnersOf(*stage).empty()) continue;
        const std::vector<std::int64_t> positives = positivesOf(*stage);
        for (std::size_t object = 0; object < positives.size(); ++object) {
          const Key key{frame->image->name, stage->stage.name, static_cast<std::int32_t>(object)};
          now[key] = positives[object];
          const auto before = before_.find(key);
          if (before == before_.end()) continue;
          const double change = jump(before->second, positives[object]);
          if (change <= largest) continue;
          largest = change;
          hit = WatchHit{concat("object ", object, " has ", positives[object], " positives, ", before->second,
                                " at the moment before"),
                         {key.image, key.stage, key.object, {}}};
        }
      }
    before_ = std::move(now);
    return hit;
  }

 private:
  struct Key {
    std::string image, stage;
    std::int32_t object;
    auto operator<=>(const Key&) const = default;
  };

  /// How many times as many, in either direction; 0 where that is no jump. None counts as one.
  double jump(std::int64_t before, std::int64_t now) const {
    if (std::abs(now - before) < least_) return 0;
    const double a = static_cast<double>(std::max<std::int64_t>(1, before)),
                 b = static_cast<double>(std::max<std::int64_t>(1, now));
    const double ratio = std::max(a / b, b / a);
    return ratio >= factor_ ? ratio : 0;
  }

  double factor_;
  std::int64_t least_;
  std::map<Key, std::int64_t> before_;
};

}  // namespace

WatchKind positivesJumpKind() {
  return {"positives_jump",
          "Jump in positives",
          "Speaks when a probe's object has `factor` times as many positives as at the capture before, or as "
          "few, and at least `least` more or fewer.",
          {floatParam("factor", 3, 1, 1e9, "1", "How many times as many, or as few.", "ours"),
           intParam("least", 5, 1, 1'000'000, "anchors", "Smallest change that counts.", "ours")},
          "",
          [](const ParamSet& params) -> std::unique_ptr<Watchpoint> {
            return std::make_unique<PositivesJump>(params.getFloat("factor"), params.getInt("least"));
          }};
}

}  // namespace anchorscope
