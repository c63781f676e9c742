#pragma once
// Batch normalisation of rows of channels, with what follows it in a residual network (a sum, a ReLU) in the
// same pass; float32, vectorised for the processor the program runs on. No ATen.
//
// A block is `rows` pixels of `channels` neighbouring channels; from one pixel to the next it is `stride`
// elements: float32, or the bits of bfloat16. Every channel's sums are taken in the order of the rows,
// whatever the processor.

#include <cstdint>

namespace anchorscope {

struct NormBlock {
  std::int64_t rows, channels, stride;
};

/// first[c] += x - pivot[c], second[c] += (x - pivot[c])^2 over the rows.
void normMomentRows(const NormBlock& block, const float* x, const float* pivot, double* first,
                    double* second);
void normMomentRows(const NormBlock& block, const std::uint16_t* x, const float* pivot, double* first,
                    double* second);

/// y = x * scale + shift + residual (null: none), at least 0 where `rectify`; NaN stays NaN.
void normForwardRows(const NormBlock& block, const float* x, const float* scale, const float* shift,
                     const float* residual, bool rectify, float* y);
void normForwardRows(const NormBlock& block, const std::uint16_t* x, const float* scale, const float* shift,
                     const std::uint16_t* residual, bool rectify, std::uint16_t* y);

/// With g the upstream gradient, 0 where y (null: not rectified) is 0:
/// products[c] += g (x - mean[c]), sums[c] += g over the rows.
void normGradientSumRows(const NormBlock& block, const float* upstream, const float* x, const float* y,
                         const float* mean, double* products, double* sums);
void normGradientSumRows(const NormBlock& block, const std::uint16_t* upstream, const std::uint16_t* x,
                         const std::uint16_t* y, const float* mean, double* products, double* sums);

/// What the input's gradient is made of: g ofUpstream + x ofInput + constant, per channel.
struct NormSlopes {
  const float *ofUpstream, *ofInput, *constant;
};

/// The gradients of x and of the residual (null: not asked for), with g as above. x null: the input's
/// gradient is g ofUpstream.
void normBackwardRows(const NormBlock& block, const float* upstream, const float* x, const float* y,
                      const NormSlopes& slopes, float* gradient, float* residualGradient);
void normBackwardRows(const NormBlock& block, const std::uint16_t* upstream, const std::uint16_t* x,
                      const std::uint16_t* y, const NormSlopes& slopes, std::uint16_t* gradient,
                      std::uint16_t* residualGradient);

}  // namespace anchorscope
