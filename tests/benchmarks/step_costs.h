#pragma once
// What the operators of a training step cost, and how many floating-point operations its convolutions
// and matrix products are.

#include <functional>
#include <string>
#include <vector>

namespace anchorscope {

struct StepCost {
  std::string
      name;  ///< "convolution 3x3, gradients", "native_batch_norm", an autograd node, "outside operators".
  double ms = 0;     ///< Per step, without what it calls (a convolution, the scalars of the step: with).
  double gflop = 0;  ///< Per step, of convolutions and matrix products.
};

struct StepCosts {
  double stepMs = 0;  ///< Mean.
  double gflop = 0;   ///< Of a step's convolutions and matrix products, forward and each gradient, by shape.
  std::vector<StepCost> largest;  ///< From the largest down; their sum is stepMs.
};

/// Runs step() `count` times on this thread and watches LibTorch's operators, which costs a few microseconds
/// for each.
StepCosts costsOf(int count, const std::function<void()>& step);

/// What a product of two 2048 x 2048 matrices reaches on ATen's threads, in GFLOP/s: the best of several.
double matrixProductPeak(bool bf16);

}  // namespace anchorscope
