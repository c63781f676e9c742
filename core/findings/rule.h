#pragma once
// View header. A rule that looks for one thing that is wrong. A new one is a file and a word in
// CMakeLists.txt.
//
// Each looking is an Observer of its own: it is shown the frames one after the other, so that a run of any
// length is looked through with one of them in memory, and is then asked. What a rule needs is declared, and
// looked after by Inspection: a stage that lacks something of it is not shown, and a rule without its data or
// scalars not asked.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/data/placed_data.h"
#include "core/evidence/frame.h"
#include "core/findings/finding.h"
#include "core/store/run_types.h"

namespace anchorscope {

enum class NeedKind {
  kData,     ///< The data set's boxes and the detector's anchors.
  kWinners,  ///< Channels that say which object a head learns at a candidate (OutcomeSpec::winnerChannel).
  kBags,     ///< A pair table with a column of members.
  kGrid,     ///< Candidates on a grid.
  kPredictedBoxes,
  kChannel,  ///< By name, one value per candidate.
  kScalar,   ///< By name.
};

struct Need {
  NeedKind kind = NeedKind::kData;
  std::string name;  ///< Of a channel or scalar.
};

/// For people: "channel loss.cls".
std::string needText(const Need& need);

/// What a rule may look at besides frames.
struct Facts {
  std::vector<std::string> classNames;
  std::shared_ptr<const PlacedData> data;       ///< Null: none.
  std::map<std::string, ScalarSeries> scalars;  ///< Those that rules need, as far as there are any.
  std::int64_t objects = 0, images = 0;         ///< Trained objects of the frames' images, each counted once.
};

class Observer {
 public:
  virtual ~Observer() = default;
  /// A stage of the run's own frame, which holds what the rule needs and is consistent: of one image in the
  /// order of steps; images in any order.
  virtual void see(const StageEvidence&) {}
  /// Called once, after all frames.
  virtual std::vector<Finding> tell(const Facts& facts) const = 0;
};

struct Rule {
  std::string name;         ///< Unique: "unreachable".
  std::string title;        ///< What it looks for: "Objects that no anchor reaches".
  std::string description;  ///< When it speaks, with its bounds.
  std::vector<Need> needs;
  std::function<std::unique_ptr<Observer>()> make;
  Severity severity = Severity::kWarning;
};

/// Every rule, in registry order.
const std::vector<Rule>& findingRules();

}  // namespace anchorscope
