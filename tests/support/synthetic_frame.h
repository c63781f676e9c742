#pragma once
// A made-up but plausible moment of a training: a picture of round cells, five pyramid levels, channels, a
// pair table with bags and ranks, a decision and predictions. For tests, benchmarks and screenshots of
// everything that draws.

#include <cstdint>
#include <memory>

#include "core/evidence/frame.h"

namespace anchorscope::testing {

struct SyntheticFrameOptions {
  SizePx imageSize{640, 480};
  SizePx inputSize{640, 480};  ///< The detector's; the image is fitted into it. 5 levels, strides 8 to 128.
  int anchorsPerCell = 3;      ///< 3: 19,200 anchors at the default size; 9: 57,600.
  int objectCount = 18;
  std::uint64_t seed = 7;
  std::int64_t step = 1284;
  double progress = 0.8;  ///< 0: before training (scores near the prior), 1: learned.
};

/// Same options, same evidence.
std::shared_ptr<const StageEvidence> makeSyntheticEvidence(const SyntheticFrameOptions& options = {});
/// A frame of it alone.
std::shared_ptr<const ProbeFrame> makeSyntheticFrame(const SyntheticFrameOptions& options = {});

/// The same scene at 201,600 anchors (inputs of 1344 x 800, 9 per cell).
std::shared_ptr<const StageEvidence> makeDenseSyntheticEvidence();
std::shared_ptr<const ProbeFrame> makeDenseSyntheticFrame();

}  // namespace anchorscope::testing
