#pragma once
// View header. What watches a run and says at which step something happened that somebody wants to see. A new
// kind is a file and a word in CMakeLists.txt.
//
// Each watchpoint is an object of its own with whatever it remembers; it is shown the scalars of every step
// and of every evaluation, or the evidence of images, and speaks where what it looks for begins: what goes on
// is told once.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/store/run_types.h"

namespace anchorscope {

/// Where something happened. Indices are those of the image's frame as it was looked at.
struct WatchPlace {
  std::string image;         ///< Its name; of an image of a training batch its batchName(). Empty: not known.
  std::string stage;         ///< StageSpec::name; empty where no candidate is meant.
  std::int32_t object = -1;  ///< -1: none
  std::vector<std::int32_t> candidates;  ///< The most telling first.
  bool operator==(const WatchPlace&) const = default;
};

/// What happened.
struct WatchHit {
  std::string what;  ///< For people: "loss.total is 8.1, 5.2 times its median over 50 steps".
  WatchPlace where;
};

/// What a watchpoint is shown.
enum class WatchSource {
  kScalars,  ///< Every step's, whose batch is then looked through for where it happened; evaluations'.
  kProbes,   ///< The probes' frames of one moment, whenever they are captured.
  kBatch     ///< The frames of the training batch of every step, as the step saw it.
};

/// Trainer thread only.
class Watchpoint {
 public:
  virtual ~Watchpoint() = default;
  virtual WatchSource source() const { return WatchSource::kScalars; }
  /// Whether it can speak in a run that declares these scalars.
  virtual Status check(const std::vector<std::string>& /*declared*/) const { return {}; }
  virtual std::optional<WatchHit> seeStep(const std::vector<ScalarValue>& /*scalars*/) { return {}; }
  virtual std::optional<WatchHit> seeFrames(
      const std::vector<std::shared_ptr<const ProbeFrame>>& /*frames*/) {
    return {};
  }
};

/// A kind of watchpoint, as it is written, listed and made.
struct WatchKind {
  std::string name;         ///< As it is written: "loss_spike".
  std::string title;        ///< For people: "Loss spike".
  std::string description;  ///< When it speaks, with its bounds.
  std::vector<ParamSpec> params;
  /// The option that all that stands behind the kind's name is the value of; empty: options are written as
  /// name=value.
  std::string wholeText;
  /// kUsage for options that contradict themselves.
  std::function<Result<std::unique_ptr<Watchpoint>>(const ParamSet& params)> make;
};

/// Every kind, in the order in which they are listed.
const std::vector<WatchKind>& watchKinds();

/// Where a watchpoint on evidence looks: option "of" = probes or batch.
ParamSpec watchedImages();
WatchSource watchedSource(const ParamSet& params);

/// What begins is told once: true where a condition is met that was not met the time before.
class Edge {
 public:
  bool rises(bool met) {
    const bool before = met_;
    met_ = met;
    return met && !before;
  }

 private:
  bool met_ = false;
};

}  // namespace anchorscope
