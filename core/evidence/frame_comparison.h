#pragma once
// View header. Two frames of the same image against each other, whatever they are of: two runs, two steps,
// two variants.

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// `after` with what it decides otherwise than `before`, as withDifferences (difference.h) tells it of a
/// variant and its run; what either knew of differences before is left out. kUnsupported, with the reason,
/// where their candidates are not the same: of another image or stage, another number, or (where they lie on
/// a grid) other boxes; and where neither shows who learns what.
Result<std::shared_ptr<const ProbeFrame>> comparedWith(const ProbeFrame& before, const ProbeFrame& after);

}  // namespace anchorscope
