#pragma once
// Internal header (ATen). Made-up boxes, the same on every run.

#include <ATen/ATen.h>

#include <random>

namespace anchorscope::testing {

/// [count,4] boxes inside `sizePx` with sides of at least 1 px; coordinates are multiples of 1/64 px.
inline at::Tensor randomBoxes(std::int64_t count, unsigned seed, double sizePx = 128,
                              at::ScalarType dtype = at::kFloat) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> position(0, sizePx), side(1, sizePx / 2);
  at::Tensor boxes = at::empty({count, 4}, at::kDouble);
  const auto snapped = [](double value) { return std::round(value * 64) / 64; };
  for (std::int64_t i = 0; i < count; ++i) {
    double* box = boxes.data_ptr<double>() + 4 * i;
    box[0] = snapped(position(random));
    box[1] = snapped(position(random));
    box[2] = box[0] + snapped(side(random));
    box[3] = box[1] + snapped(side(random));
  }
  return boxes.to(dtype);
}

/// Values uniform in [low, high), multiples of 1/1024.
inline at::Tensor randomValues(at::IntArrayRef shape, unsigned seed, double low, double high,
                               at::ScalarType dtype = at::kFloat) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> value(low, high);
  at::Tensor values = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < values.numel(); ++i)
    values.data_ptr<double>()[i] = std::round(value(random) * 1024) / 1024;
  return values.to(dtype);
}

}  // namespace anchorscope::testing
