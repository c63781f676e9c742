#pragma once
// What the tests of detectors share.

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/model/detector.h"

namespace anchorscope::testing {

/// Options as "name=value" pairs on top of the defaults.
using Settings = std::vector<std::pair<std::string, std::string>>;

inline std::unique_ptr<Detector> detectorOf(const std::string& name, const Settings& settings = {},
                                            int classCount = 3, std::uint64_t seed = 1) {
  Result<ParamSet> params = modelParams(name);
  EXPECT_TRUE(params.ok());
  for (const auto& [key, value] : settings) {
    const Status status = params->set(key, value);
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().text());
  }
  Result<std::unique_ptr<Detector>> detector = makeDetector(name, *params, classCount, seed);
  EXPECT_TRUE(detector.ok()) << (detector.ok() ? "" : detector.error().text());
  return *std::move(detector);
}

inline at::Tensor imagesOf(std::int64_t batch, SizePx size, std::int64_t seed = 5) {
  at::Tensor index = at::arange(batch * 3 * size.height * size.width, at::kDouble);
  return at::sin(index * 0.37 + static_cast<double>(seed))
      .to(at::kFloat)
      .view({batch, 3, size.height, size.width});
}

/// Moves every weight and bias of norms and every weight that starts at zero away from it, so that no
/// gradient vanishes by initialisation.
inline void disturb(Detector& detector) {
  const c10::NoGradGuard noGrad;
  double phase = 0;
  for (const NamedTensor& named : detector.parameters()) {
    const at::Tensor& tensor = named.tensor;
    const bool vector = tensor.dim() == 1;
    if (!vector && tensor.ne(0).any().item<bool>()) continue;
    const at::Tensor wave = at::sin(at::arange(tensor.numel(), at::kDouble) * 0.7 + phase++) * 0.1;
    tensor.add_((wave + (vector ? 0.2 : 0)).view(tensor.sizes()).to(at::kFloat));
  }
}

/// A change per anchor ([N], of one changed pixel at x, y of the input) is found on every level at the
/// anchors over the pixel, and at none far from it in x or in y.
inline void expectChangeAt(Detector& detector, SizePx size, int x, int y, const at::Tensor& change) {
  for (const LevelLayout& level : detector.anchors(size).levels) {
    const at::Tensor map = change.slice(0, level.firstAnchor, level.firstAnchor + level.anchorCount())
                               .view({level.rows, level.columns, level.anchorsPerCell});
    EXPECT_GT(map[y / level.stride][x / level.stride].min().item<float>(), 0);
    EXPECT_EQ(map[y / level.stride][0].max().item<float>(), 0);
    EXPECT_EQ(map[level.rows - 1][x / level.stride].max().item<float>(), 0);
  }
}

/// A loss that reaches every output.
inline at::Tensor lossOf(const HeadOutputs& outputs) {
  const at::Tensor ramp =
      at::sin(at::arange(outputs.logits.numel(), outputs.logits.options().requires_grad(false)));
  const at::Tensor boxRamp =
      at::cos(at::arange(outputs.boxes.numel(), outputs.boxes.options().requires_grad(false)));
  return (outputs.logits.flatten() * ramp).sum() + (outputs.boxes.flatten() * boxRamp).sum() * 1e-2;
}

inline HeadOutputs run(Detector& detector, const at::Tensor& images, EvidenceSink* sink = nullptr) {
  return detector.forward(images, nullptr, {sink}).front().heads;
}

inline double largestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

/// Autocast to a 16-bit dtype on the CPU while it lives.
class Autocast {
 public:
  explicit Autocast(at::ScalarType dtype = at::kBFloat16) {
    at::autocast::set_autocast_dtype(at::kCPU, dtype);
    at::autocast::set_autocast_enabled(at::kCPU, true);
  }
  ~Autocast() {
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;
};

/// A few steps of plain descent on (logits + 2)^2: the last loss over the first.
inline double lossAfterDescent(Detector& detector, const at::Tensor& images) {
  double first = 0, last = 0;
  for (int step = 0; step < 6; ++step) {
    const at::Tensor loss = (run(detector, images).logits + 2).square().mean();
    last = loss.item<double>();
    if (step == 0) first = last;
    loss.backward();
    const c10::NoGradGuard noGrad;
    for (const NamedTensor& named : detector.parameters()) {
      if (named.tensor.grad().defined()) named.tensor.sub_(named.tensor.grad(), 5e-4);
      named.tensor.mutable_grad().reset();
    }
  }
  return last / first;
}

}  // namespace anchorscope::testing
