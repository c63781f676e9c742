#pragma once
// Internal header (ATen). What detectors do alike, whatever their structure: keep their tensors, move them,
// and keep the anchors of the input sizes used last.

#include <string>
#include <vector>

#include "core/model/anchor_cache.h"
#include "core/model/detector.h"
#include "core/model/layers.h"

namespace anchorscope {

/// A detector whose every tensor is in one StateList.
class NetworkDetector : public Detector {
 public:
  AnchorSet anchors(SizePx inputSize) final;

  std::vector<NamedTensor> parameters() const final { return state_.parameters(); }
  std::vector<NamedTensor> buffers() const final { return state_.buffers(); }
  std::vector<ParameterRole> parameterRoles() const final;
  std::vector<NamedTensor> stateDict() const final { return state_.all(); }
  void setTraining(bool training) final { training_ = training; }
  bool training() const final { return training_; }
  void moveTo(at::Device device, bool channelsLast) override;
  void toDtype(at::ScalarType dtype) override;

 protected:
  /// backbone: what the names of its tensors begin with.
  NetworkDetector(std::uint64_t seed, std::string backbone) : state_(seed), backbone_(std::move(backbone)) {}

  virtual AnchorSet makeAnchors(SizePx inputSize, at::Device device) const = 0;
  /// Images [B,3,H,W] in the weights' memory format; checks their shape.
  at::Tensor inputOf(const at::Tensor& images) const;

  StateList state_;
  const std::string backbone_;
  bool training_ = true;
  at::ScalarType dtype_ = at::kFloat;

 private:
  bool channelsLast_ = false;
  at::Device device_ = at::kCPU;
  AnchorCache anchors_;
};

}  // namespace anchorscope
