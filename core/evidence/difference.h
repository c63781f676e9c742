#pragma once
// View header. What two methods decide otherwise about the same candidates: who learns what, with which
// weight.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

struct ChangeCounts {
  std::int64_t added = 0;    ///< Learn an object (this one) that did not.
  std::int64_t removed = 0;  ///< The contrary.
  std::int64_t moved = 0;  ///< Learn another object; of an object's counts one is removed, one added instead.
  bool operator==(const ChangeCounts&) const = default;
};

/// For one head.
struct AssignmentDifference {
  std::string head;           ///< "cls", "reg": the channels assigned_cls, assigned_reg.
  std::vector<float> change;  ///< N: 1 added, -1 removed, 0 moved; NaN where both decide the same.
  ChangeCounts all;
  std::vector<ChangeCounts> perObject, perLevel, perClass;  ///< Levels: none without a grid.
};

/// From what `before` decides to what `after` does, for each head of which both show the winners; candidates
/// that one of them ignores count as learning nothing. Both are of the same image and as many candidates,
/// else nothing is compared.
std::vector<AssignmentDifference> assignmentDifferences(const StageEvidence& before,
                                                        const StageEvidence& after);

/// The same of a variant's evidence that holds its differences (withDifferences), without the run's own
/// beside it. Of levels and classes it counts as above; what is moved it knows by level alone.
std::vector<AssignmentDifference> differencesIn(const StageEvidence& variant);

/// The frames with what each variant decides otherwise than the run: channels "difference.cls" and ".reg", of
/// every weight that both show ("difference.musu.w_cls": the variant's less the run's, NaN where equal), and
/// object columns of added and removed candidates. Frames of the run itself are handed on as they are.
std::vector<std::shared_ptr<const ProbeFrame>> withDifferences(
    std::vector<std::shared_ptr<const ProbeFrame>> frames);

/// The same of one stage, whatever the two are of, into `after`, which knows of no differences yet; false,
/// and it is as it was, where nothing can be compared.
bool appendDifferences(const StageEvidence& before, StageEvidence& after);

}  // namespace anchorscope
