#pragma once
// Internal header (ATen). The exponential moving average of a detector's weights, which is what is evaluated
// where it is kept.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/model/detector.h"

namespace anchorscope {

/// Decay of the average in the update after step number `step` (1 = first): train.ema_decay, warmed up.
/// tensorflow: min(decay, (1 + step) / (10 + step)), as ExponentialMovingAverage with num_updates; yolov5:
/// decay (1 - exp(-step / 2000)); none: decay.
double averageDecay(const ParamSet& train, std::int64_t step);

/// average = decay average + (1 - decay) weight, for the trained parameters and the running statistics of
/// trained batch norms; what does not move is not kept twice. Owned by the trainer thread.
class WeightAverage {
 public:
  /// Starts at the detector's present weights, which it aliases: make it anew after Detector::moveTo.
  explicit WeightAverage(const Detector& detector);

  /// After a step. `skip`: 0-dim on the device; 1 changes nothing (a step that was not finite), decided there
  /// without waiting for it.
  void update(double decay, const at::Tensor& skip);

  /// Under kAveragePrefix and the detector's own names.
  std::vector<NamedTensor> state() const;
  /// Takes over what state() gave; kBadData when a tensor is missing or of another shape.
  Status loadState(const std::vector<NamedTensor>& saved);

  /// While one lives, the detector has the averages for its weights. Nothing is copied; what is written to
  /// either in the meantime stays there.
  class Scope {
   public:
    explicit Scope(WeightAverage* average);  ///< Null: nothing happens.
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    WeightAverage* average_;
  };

 private:
  void swap();

  std::vector<std::string> names_;
  std::vector<at::Tensor> weights_, averages_;
  at::Tensor share_;  ///< On a GPU: 1 - decay of the update, in its memory (see Optimizer).
};

}  // namespace anchorscope
