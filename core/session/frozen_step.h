#pragma once
// View header. A step of a recorded run with the weights it had, from its checkpoint: other methods can be
// asked about what the heads said then.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"

namespace anchorscope {

class Trainer;

/// One thread at a time. The run's folder is only read.
class FrozenStep {
 public:
  /// probes: the images to look at, by name, of which those that the data has no more are left out; none: as
  /// the trainer chooses. The run's data has to be where it was. progress: as PrepareOptions has it.
  /// kNotFound where the step has no checkpoint, or the data none of the images. A run that trains in this
  /// program is not disturbed.
  static Result<std::unique_ptr<FrozenStep>> open(
      const std::string& folder, std::int64_t step, const std::vector<std::string>& probes,
      const std::function<bool(const std::string& what, double fraction)>& progress = {});
  ~FrozenStep();

  std::int64_t step() const;
  /// The run's own frame of each probe, measured again, then what each variant (written as train.variants is)
  /// says of the same outputs, of all probes, with its differences (withDifferences). The first call makes a
  /// forward pass. kUsage for what cannot be asked.
  Result<std::vector<std::shared_ptr<const ProbeFrame>>> ask(const std::string& variants);

 private:
  explicit FrozenStep(std::unique_ptr<Trainer> trainer);

  std::unique_ptr<Trainer> trainer_;
  std::vector<std::shared_ptr<const ProbeFrame>> own_;
};

}  // namespace anchorscope
