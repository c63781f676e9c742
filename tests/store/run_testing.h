#pragma once
// Frames with every awkward value, and exact comparison of what was written with what is read.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/evidence/frame.h"
#include "core/store/run_types.h"

namespace anchorscope::testing {

/// A small frame that holds NaN (with payload), infinities, -0, denormals, empty channels and tables, whole
/// numbers around the limits of int8 and int16, mirrored coordinates and many objects. Its values depend on
/// the step.
std::shared_ptr<const ProbeFrame> makeAwkwardFrame(const std::string& name, std::int64_t step,
                                                   int objectCount = 3);

/// Two stages, the second of candidates of this step that come from the first's; with `variant`, what that
/// says.
std::shared_ptr<const ProbeFrame> makeTwoStageFrame(const std::string& name, std::int64_t step,
                                                    std::shared_ptr<const Variant> variant = nullptr);

RunHeader makeHeader();

/// Bit by bit: NaN equals the same NaN, 0 differs from -0.
void expectSameFrame(const ProbeFrame& got, const ProbeFrame& expected);
void expectSameEvidence(const StageEvidence& got, const StageEvidence& expected);

}  // namespace anchorscope::testing
