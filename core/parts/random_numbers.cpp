#include "core/parts/random_numbers.h"

#include "core/base/random.h"

namespace anchorscope {
namespace {

constexpr std::int64_t kMask = 0xffffffff;

/// A mix of 32-bit numbers, held as int64 so that every device has the operators (constants by C. Wellons,
/// "Hash function prospector": 16 21f0aaad 15 735a2d97 15). No product leaves 63 bits.
at::Tensor mixed(at::Tensor x) {
  x = ((x ^ at::bitwise_right_shift(x, 16)) * 0x21f0aaad) & kMask;
  x = ((x ^ at::bitwise_right_shift(x, 15)) * 0x735a2d97) & kMask;
  return x ^ at::bitwise_right_shift(x, 15);
}

}  // namespace

at::Tensor randomNumbers(const StepContext& step, RandomChoice choice, at::IntArrayRef shape,
                         at::Device device) {
  const std::uint64_t stream =
      Random::of(step.seed, RandomPurpose::kSampler,
                 {static_cast<std::uint64_t>(step.step), static_cast<std::uint64_t>(step.batch),
                  static_cast<std::uint64_t>(choice)})
          .next();
  const auto low = static_cast<std::int64_t>(stream & kMask), high = static_cast<std::int64_t>(stream >> 32);
  const at::Tensor place =
      at::arange(c10::multiply_integers(shape), at::TensorOptions(at::kLong).device(device));
  const at::Tensor bits = mixed((mixed((place ^ low) & kMask) ^ high) & kMask);
  return (at::bitwise_right_shift(bits, 8).to(at::kFloat) * 0x1p-24F).view(shape);
}

}  // namespace anchorscope
