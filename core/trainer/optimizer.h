#pragma once
// Internal header (ATen). SGD with momentum and AdamW over ATen's fused kernels, with state that can be
// saved.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/model/detector.h"

namespace anchorscope {

/// Owned by the trainer thread. Parameters without a gradient are left as they are.
class Optimizer {
 public:
  /// parameters: those to train, aliasing the detector's; names identify the state in a checkpoint. roles: of
  /// the first ones, which backbone_lr, bias_lr and bias_decay ask for; the others are plain weights.
  Optimizer(const ParamSet& train, std::vector<NamedTensor> parameters,
            const std::vector<ParameterRole>& roles = {});

  /// Zeroes nothing: drops the gradients, so that the next backward pass writes new ones.
  void clearGradients();

  /// Multiplies every gradient: sums over several batches become their mean.
  void scaleGradients(double factor);

  /// L2 norm of the whole gradient as a 0-dim tensor on the device; scaled down in place to `largest` where
  /// it exceeds it (largest = 0: only measured). Clipping as torch.nn.utils.clip_grad_norm_: scale = min(1,
  /// largest / (norm + 1e-6)).
  at::Tensor clipGradients(double largest);

  /// One update at this learning rate with the present options. `skip`: 0-dim float32 on the device; 1 leaves
  /// every parameter and all state as they are (a non-finite loss), decided on the device without waiting for
  /// it.
  void step(const ParamSet& train, double learningRate, const at::Tensor& skip);

  /// What is trained at another rate or decay than the rest: "backbone (53 tensors) at 0.1 × the learning
  /// rate"; empty: nothing.
  std::string summary(const ParamSet& train) const;

  /// Momentum buffers, moments and step counts, named "optimizer.<slot>.<parameter>".
  std::vector<NamedTensor> state() const;
  /// Takes over the state saved by state(); kBadData when a tensor is missing or of another shape.
  Status loadState(const std::vector<NamedTensor>& saved);

 private:
  struct Group {
    std::vector<std::size_t> members;
    bool decayed = true;  ///< By its shape: more than one dimension.
    bool backbone = false, bias = false;
    /// On a GPU: float32 of no dimension, from which the update's kernels read the group's rate. It is
    /// overwritten by a kernel, so that nothing waits and every step launches the same.
    at::Tensor rateOnDevice;
    double rate(const ParamSet& train, double learningRate) const;
    double decay(const ParamSet& train) const;
  };
  std::vector<at::Tensor> gradients() const;  ///< Those that there are.
  /// Rate: a number, or a tensor on the device.
  template <typename Rate>
  void stepSgd(const Group& group, const ParamSet& train, const Rate& rate, const at::Tensor& skip);
  template <typename Rate>
  void stepAdamw(const Group& group, const ParamSet& train, const Rate& rate, const at::Tensor& skip);

  bool adamw_;
  std::vector<NamedTensor> parameters_;
  std::vector<Group> groups_;
  std::vector<at::Tensor> first_, second_, counts_;  ///< Per parameter; SGD uses first_ alone.
};

}  // namespace anchorscope
