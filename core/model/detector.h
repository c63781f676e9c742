#pragma once
// Internal header (ATen). A detector: backbone, pyramid and the heads of one or more stages behind one
// interface without torch/nn.

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/model/model_info.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

/// What a parameter is, for options that treat some apart.
struct ParameterRole {
  enum class Kind { kWeight, kBias, kNorm };
  Kind kind = Kind::kWeight;  ///< kNorm: weight and bias of a normalisation; kBias: of any other layer.
  bool backbone = false;
  bool operator==(const ParameterRole&) const = default;
};

/// One of a detector's stages.
struct StageInfo {
  StageSpec spec;
  HeadTraits heads;  ///< heads.stage is the spec's name.
};

/// Who looks at each stage; empty: nobody. A null is a stage that nobody looks at.
using StageSinks = std::vector<EvidenceSink*>;
inline EvidenceSink* sinkOf(const StageSinks& sinks, std::size_t stage) {
  return stage < sinks.size() ? sinks[stage] : nullptr;
}
inline bool anyLooks(const StageSinks& sinks) {
  return std::any_of(sinks.begin(), sinks.end(), [](const EvidenceSink* sink) { return sink != nullptr; });
}

/// A detector on one device. Not thread-safe: owned by one thread at a time.
class Detector {
 public:
  virtual ~Detector() = default;

  virtual const ModelInfo& info() const = 0;
  /// In the order in which they follow each other; at least one. The last one detects.
  virtual std::vector<StageInfo> stages() const = 0;
  virtual int classCount() const = 0;
  /// Pixels go in as (rgb / 255 - mean) / std.
  virtual std::array<float, 3> pixelMean() const = 0;
  virtual std::array<float, 3> pixelStd() const = 0;

  /// What forward publishes to the first stage's sink: feature-map channels such as importance maps. Nothing
  /// for most.
  virtual EvidenceDeclaration declaration() const { return {}; }
  /// images of any size: every halving rounds up, and upsampling goes to the finer map's size. [B,3,H,W]
  /// float32 (or bf16 under autocast), normalised, on the detector's device, any memory format. targets: what
  /// is to be learnt, from which a stage may choose the candidates that learn; null: nothing is. One entry
  /// per stage.
  virtual std::vector<StageOutputs> forward(const at::Tensor& images, const DenseTargets* targets = nullptr,
                                            const StageSinks& sinks = {}) = 0;
  /// The first stage's anchors for an input size, on the detector's device. Those of the sizes asked for last
  /// are kept, within a bound of memory.
  virtual AnchorSet anchors(SizePx inputSize) = 0;

  /// Sets the bias of the classification outputs so that every class starts with the score `prior` in (0,1).
  virtual void setPrior(double prior) = 0;

  /// Trainable and frozen parameters in registration order, then buffers. Tensors alias the detector's own.
  virtual std::vector<NamedTensor> parameters() const = 0;
  virtual std::vector<NamedTensor> buffers() const = 0;
  /// Of parameters(), in their order.
  virtual std::vector<ParameterRole> parameterRoles() const = 0;
  /// Parameters and buffers together, in the order of a torch state_dict (layer by layer).
  virtual std::vector<NamedTensor> stateDict() const = 0;
  virtual void setTraining(bool training) = 0;
  virtual bool training() const = 0;
  /// Moves to a device; channelsLast also converts 4-d weights. The tensors keep their identity, so
  /// optimizers stay valid; gradients are dropped.
  virtual void moveTo(at::Device device, bool channelsLast) = 0;
  /// Converts every floating-point tensor, e.g. to float64 for comparisons with reference values; outputs and
  /// decoded boxes then have that dtype. The tensors keep their identity; gradients are dropped.
  virtual void toDtype(at::ScalarType dtype) = 0;
};

/// Builds a detector with random weights drawn from `seed` (same on every device: made on the CPU).
Result<std::unique_ptr<Detector>> makeDetector(const std::string& name, const ParamSet& params,
                                               int classCount, std::uint64_t seed);

}  // namespace anchorscope
