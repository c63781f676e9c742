#include "core/ops/pixels.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

/// Rows of an input worth a thread of their own.
constexpr std::int64_t kGrainPixelRows = 64;

}  // namespace

PixelNormalization::PixelNormalization(const std::array<float, 3>& mean,
                                       const std::array<float, 3>& deviation, at::Device device) {
  const at::Tensor gain = at::empty({3}, at::kFloat), bias = at::empty({3}, at::kFloat);
  for (std::size_t c = 0; c < 3; ++c) {
    ANCHORSCOPE_CHECK(deviation[c] > 0, "a deviation of ", deviation[c]);
    gain.mutable_data_ptr<float>()[c] = 1 / (255 * deviation[c]);
    bias.mutable_data_ptr<float>()[c] = -mean[c] / deviation[c];
  }
  gain_ = gain.to(device);
  bias_ = bias.to(device);
}

at::Tensor PixelNormalization::operator()(const at::Tensor& bytes, const at::Tensor& filled) const {
  ANCHORSCOPE_CHECK(bytes.dim() == 4 && bytes.size(3) == 3 && bytes.scalar_type() == at::kByte &&
                        bytes.is_contiguous() && filled.size(0) == bytes.size(0) && filled.size(1) == 4 &&
                        filled.scalar_type() == at::kInt,
                    "pixels ", bytes.sizes(), ", filled ", filled.sizes());
  return bytes.is_cpu() ? onCpu(bytes, filled) : fromOperations(bytes, filled);
}

at::Tensor PixelNormalization::fromOperations(const at::Tensor& bytes, const at::Tensor& filled) const {
  const auto within = [&](std::int64_t length, std::int64_t first, std::int64_t last) {
    const at::Tensor index = at::arange(length, filled.options()).unsqueeze(0);
    return (index >= filled.slice(1, first, first + 1)) & (index < filled.slice(1, last, last + 1));
  };
  const at::Tensor inside =
      within(bytes.size(1), 1, 3).unsqueeze(2) & within(bytes.size(2), 0, 2).unsqueeze(1);  // [B,H,W]
  const at::Tensor values = at::addcmul(bias_, bytes.to(at::kFloat), gain_);
  return values.mul_(inside.unsqueeze(3)).permute({0, 3, 1, 2});
}

at::Tensor PixelNormalization::onCpu(const at::Tensor& bytes, const at::Tensor& filled) const {
  const std::int64_t images = bytes.size(0), height = bytes.size(1), width = bytes.size(2);
  // The constants of a whole row, so that the loop over it knows no channels.
  std::vector<float> gain(static_cast<std::size_t>(3 * width)), bias(gain.size());
  for (std::size_t i = 0; i < gain.size(); ++i) {
    gain[i] = gain_.const_data_ptr<float>()[i % 3];
    bias[i] = bias_.const_data_ptr<float>()[i % 3];
  }
  const at::Tensor rows = at::empty({images, height, width, 3}, at::kFloat), rects = filled.contiguous();
  const std::uint8_t* from = bytes.const_data_ptr<std::uint8_t>();
  const std::int32_t* rect = rects.const_data_ptr<std::int32_t>();
  float* to = rows.mutable_data_ptr<float>();
  parallelFor(0, images * height, kGrainPixelRows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const std::int32_t* its = rect + row / height * 4;
      const std::int64_t y = row % height;
      const bool inside = y >= its[1] && y < its[3];
      const std::int64_t begin = inside ? std::clamp<std::int64_t>(its[0], 0, width) * 3 : 0,
                         end = inside ? std::clamp<std::int64_t>(its[2], 0, width) * 3 : 0;
      const std::uint8_t* source = from + row * width * 3;
      float* target = to + row * width * 3;
      std::fill(target, target + begin, 0.0F);
      for (std::int64_t i = begin; i < end; ++i)
        target[i] = static_cast<float>(source[i]) * gain[static_cast<std::size_t>(i)] +
                    bias[static_cast<std::size_t>(i)];
      std::fill(target + std::max(begin, end), target + width * 3, 0.0F);
    }
  });
  return rows.permute({0, 3, 1, 2});
}

}  // namespace anchorscope
