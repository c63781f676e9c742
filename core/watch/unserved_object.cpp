// An object that nothing learns any more.
#include <compare>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/findings/reading.h"
#include "core/watch/watchpoint.h"

namespace anchorscope {
namespace {

class UnservedObject final : public Watchpoint {
 public:
  explicit UnservedObject(WatchSource source) : source_(source) {}
  WatchSource source() const override { return source_; }

  std::optional<WatchHit> seeFrames(const std::vector<std::shared_ptr<const ProbeFrame>>& frames) override {
    std::set<Key> now;
    std::optional<WatchHit> hit;
    std::size_t others = 0;
    for (const auto& frame : frames)
      for (const auto& stage : frame->stages) {
        if (winnersOf(*stage).empty()) continue;
        const std::vector<std::int64_t> positives = positivesOf(*stage);
        for (std::size_t object = 0; object < positives.size(); ++object) {
          if (positives[object] > 0 || frame->image->objects[object].ignored) continue;
          const Key key{frame->image->name, stage->stage.name, static_cast<std::int32_t>(object)};
          now.insert(key);
          // A batch has other images at every step: there each is news.
          if (source_ == WatchSource::kProbes && before_.contains(key)) continue;
          if (hit)
            ++others;
          else
            hit = WatchHit{concat("object ", object, " has no positive"),
                           {key.image, key.stage, key.object, {}}};
        }
      }
    before_ = std::move(now);
    if (others > 0) hit->what += concat(" (", others, " more of this moment neither)");
    return hit;
  }

 private:
  struct Key {
    std::string image, stage;
    std::int32_t object;
    auto operator<=>(const Key&) const = default;
  };
  WatchSource source_;
  std::set<Key> before_;
};

}  // namespace

WatchKind unservedObjectKind() {
  return {
      "unserved_object",
      "Object without positives",
      "Speaks when an object that is trained on has no candidate at which a head learns it; of the probes "
      "once, until it had one again.",
      {watchedImages()},
      "",
      [](const ParamSet& params) -> std::unique_ptr<Watchpoint> {
        return std::make_unique<UnservedObject>(watchedSource(params));
      }};
}

}  // namespace anchorscope
