#pragma once
// View header. What can be waited for of one object or candidate of an image.

#include <memory>
#include <string>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// Of a probe's object: that nothing learns it any more, or something again; of a candidate: that a head
/// learns an object at it, or none does.
struct EvidenceCondition {
  enum class Kind { kStarved, kServed, kChosen, kDropped };
  Kind kind = Kind::kStarved;
  std::string image, stage;  ///< By name; an empty stage: any.
  std::int32_t object = -1;
  std::int64_t candidate = -1;

  /// For people: "object 3 of 'cells.jpg' is starved".
  std::string text() const;
  /// Of these frames, all of one moment; false where the image, object or candidate is not among them.
  bool holds(const std::vector<std::shared_ptr<const ProbeFrame>>& frames) const;
  bool operator==(const EvidenceCondition&) const = default;
};

}  // namespace anchorscope
