#pragma once
// Internal header (ATen). Which of the assigned candidates learn: samplers, chosen by name. Used on dense
// heads and region proposals once their losses are known (the transform "sampling"), and on regions before
// their heads.

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/parts/part.h"

namespace anchorscope {

/// What a sampler chooses from.
struct SamplerInputs {
  at::Tensor object;  ///< [B,N] int64 as Assignment::clsObject: >= 0 positive, -1 negative, -2 takes no part.
  /// [B,N] largest IoU of the candidate's box with an object, 0 without objects; of a sampler that
  /// needsIou().
  at::Tensor iou;
  at::Tensor loss;  ///< [B,N] class loss, no gradient; undefined where heads have said nothing yet.
  /// Of a sampler that needsScores(), else they may be undefined: [B,N] the largest score of a class, [B,N,4]
  /// the box of that class, input frame. It takes boxes that overlap for one, and scores tell the best of
  /// them.
  at::Tensor score = {}, boxes = {};
};

/// What a sampler chose.
struct SampledCandidates {
  at::Tensor kept;    ///< [B,N] bool; false where the candidate takes no part.
  at::Tensor weight;  ///< [B,N] float >= 0, factor on a kept candidate's class loss; undefined: 1.
};

/// A sampler with its options fixed. Images are chosen from independently of each other. No gradient, inputs
/// are not modified, shapes depend on the inputs' shapes only, the device is not waited for but by an entry
/// that says so. Random choices follow from the step (randomNumbers()), and only there. To the step's sink it
/// publishes, for every candidate, whether it was kept and why: channels, and a decision about candidates
/// (DecisionSpec::pairTable empty) whose tests read them.
class Sampler : public Part {
 public:
  /// Cannot choose where SamplerInputs::loss is undefined.
  virtual bool needsLoss() const { return false; }
  virtual bool needsIou() const { return false; }
  virtual bool needsScores() const { return false; }
  virtual SampledCandidates choose(const SamplerInputs& inputs, const StepContext& step) = 0;
};

/// A registered sampler.
struct SamplerEntry {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  std::vector<ParamSpec> params;
  std::function<Result<std::unique_ptr<Sampler>>(const ParamSet&)> make;
};

/// Every sampler, in registry order; the first is "none". A new one is a file and a word in CMakeLists.txt.
const std::vector<SamplerEntry>& samplerEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<Sampler>> makeSampler(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
