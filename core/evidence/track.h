#pragma once
// View header. One candidate or object through time: its values at every recorded step, and how steady its
// assignment is.
//
// For an object, head h and recorded moment k let S_k be the candidates at which h learns the object; for a
// candidate let w_k be the object that h learns at it (-1 background, -2 ignored). Of n moments
//
//   object:     change_k  = |S_k \ S_(k-1)  +  S_(k-1) \ S_k| / |S_k + S_(k-1)|, 0 where both are empty
//               flip rate = sum of change_k over k = 2 .. n, / (n - 1)
//               stability = sum of |S_k| over all k, / (n |S_1 + ... + S_n|)
//   candidate:  flip rate = number of k = 2 .. n with w_k other than w_(k-1), / (n - 1)
//               stability = number of k with the most frequent w, / n
//
// ("+" joins sets.) Both are in [0, 1]: a flip rate of 0 and a stability of 1 where nothing ever changes. A
// flip rate needs two moments, an object's stability a candidate at some moment; else they are NaN.
// Candidates that are made anew at each step (proposals) are told apart by what they were made from. Moments
// are those that were recorded, not the steps between them: rates of runs recorded at other distances do not
// compare.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// What is followed: a candidate, an object, or with both the pair's rows beside the candidate's values.
struct TrackSubject {
  std::string stage = {};       ///< Its name; empty: the last, which detects.
  std::int64_t candidate = -1;  ///< -1: none
  std::int32_t object = -1;     ///< -1: none
  bool operator==(const TrackSubject&) const = default;
};

/// One value per moment. Of a candidate: its channels by their names ("iou"), and of a pair the columns of
/// its rows ("musu.pairs.rank_cls"). Of an object: its columns ("positives.cls"); per head how many
/// candidates learn it and how they changed ("candidates.classification", "change.classification"); and of
/// each channel that measures something the mean over the candidates at which any head learns it
/// ("mean.iou").
struct TrackColumn {
  std::string name, title, unit, description;
  ColorScale scale = ColorScale::kSequential;
  std::vector<double> values;  ///< One per moment; NaN where there is none.
};

/// How steady a head's assignment was, as defined above.
struct TrackHead {
  std::string head;      ///< "classification"
  double flipRate = 0;   ///< NaN below two moments.
  double stability = 0;  ///< NaN where there is nothing that could be stable.
  /// Track::column of what the head did: of a candidate the object it learns (-1 background, -2 ignored), of
  /// an object how many candidates learn it.
  std::string column = {};
};

struct Track {
  TrackSubject subject;  ///< With the stage's name.
  std::string address;   ///< Of a candidate: "anchor 266 · P4 (21, 14) a1".
  std::vector<std::int64_t> steps;
  std::vector<TrackColumn> columns;
  std::vector<TrackHead> heads;   ///< In the order the method declares them; empty where it declares none.
  std::vector<Box> boxesInInput;  ///< Of a candidate, predicted, one per moment; degenerate: not recorded.

  const TrackColumn* column(std::string_view name) const;
  /// Leaves these columns alone, in this order. kNotFound, and nothing is changed, for a name that there is
  /// not.
  Status keepColumns(const std::vector<std::string>& names);
};

/// Takes the moments of one image, one after the other. One thread at a time.
class Tracker {
 public:
  explicit Tracker(TrackSubject subject) { track_.subject = std::move(subject); }

  /// The next moment, of a later step than all before. kUsage when the subject names nothing, kNotFound when
  /// this moment has no such stage, candidate or object, kUnsupported for a candidate where each step has
  /// others; then nothing is added.
  Status add(const ProbeFrame& frame);
  /// What came so far.
  Track track() const;

 private:
  /// What of one head's assignment has to be remembered.
  struct Head {
    std::string name;
    std::set<std::int64_t> last, ever;         // of an object
    std::map<std::int64_t, std::int64_t> won;  // of a candidate: moments by winner
    std::int64_t winner = -1, held = 0;        // the last one; sum of |S_k|
    double changes = 0;
    std::string column = {};
  };

  Status check(const StageEvidence* evidence) const;
  void put(const std::string& name, const std::string& title, const std::string& unit,
           const std::string& description, ColorScale scale, double value);
  void addCandidate(const StageEvidence& evidence);
  void addObject(const StageEvidence& evidence);
  Head& head(const std::string& name);

  Track track_;
  std::map<std::string, std::size_t> places_;  // of the columns, by name
  std::vector<Head> heads_;
};

}  // namespace anchorscope
