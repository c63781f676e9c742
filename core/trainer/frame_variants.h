#pragma once
// View header. What other methods say of a frame that was recorded, without the weights it was measured with:
// methods whose assignment the boxes alone decide. What the heads said is in no frame.

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

struct DenseTargets;

/// Asks the same of any number of frames of one run. One thread at a time.
class FrameVariants {
 public:
  /// One that no frame can answer, and why.
  struct Refused {
    Variant variant;
    Error why;
  };

  /// config: of the run that the frames are of. text: as train.variants is written. kUsage, as there, for
  /// what cannot be read, or not be asked of these heads.
  static Result<std::unique_ptr<FrameVariants>> make(RunConfig config, const std::string& text);
  ~FrameVariants();

  /// Those that the boxes alone decide.
  std::vector<Variant> variants() const;
  /// The others.
  const std::vector<Refused>& refused() const { return refused_; }
  /// What one of variants() says, by name: winners, the assigner's channels, pairs, object columns and
  /// decisions, what the frame holds of the outputs, and what is otherwise than in it (withDifferences). No
  /// losses. kUsage for a frame of another detector's stages, kNotFound for another name.
  Result<std::shared_ptr<const ProbeFrame>> ask(const std::shared_ptr<const ProbeFrame>& recorded,
                                                const std::string& name);

 private:
  struct Asked;
  FrameVariants();
  std::shared_ptr<const StageEvidence> stageOf(const Asked& asked, std::size_t stage,
                                               const StageEvidence& own, const DenseTargets& targets) const;

  RunConfig config_;
  std::vector<Asked> asked_;
  std::vector<Refused> refused_;
};

}  // namespace anchorscope
