// RoIAlign's kernels against the CPU's code in float64.

#include <gtest/gtest.h>

#include <cmath>

#include "core/ops/masks.h"
#include "core/ops/proposals.h"
#include "core/ops/roi_align.h"
#include "tests/cuda/device_test.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::randomBoxes;
using testing::randomValues;

class RoiParity : public testing::DeviceTest {};

// One thread per element, and none waits: one order will do.
INSTANTIATE_TEST_SUITE_P(Devices, RoiParity, testing::devicesInOneOrder(), testing::deviceTitle);

struct Scene {
  std::vector<at::Tensor> maps{randomValues({2, 37, 20, 26}, 1, -2, 2, at::kDouble),
                               randomValues({2, 37, 10, 13}, 2, -2, 2, at::kDouble)};
  at::Tensor boxes, image, level;

  Scene() {
    // Beyond the maps, inverted, of no size, and not finite.
    boxes = at::cat({randomBoxes(40, 3, 110, at::kDouble) - 20,
                     at::tensor({70.0,  60.0,  20.0,         10.0, 30.0, 30.0, 30.0, 30.0, -60.0,    -40.0,
                                 300.0, 260.0, std::nan(""), 1.0,  20.0, 20.0, 3.0,  1.0,  INFINITY, 20.0},
                                at::kDouble)
                         .view({5, 4})});
    image = at::arange(boxes.size(0), at::kLong).remainder(3);               // image 2 does not exist
    level = at::arange(boxes.size(0), at::kLong).remainder(7).remainder(3);  // level 2 does not exist
  }
};

struct Result {
  at::Tensor out;
  std::vector<at::Tensor> gradients;
};

Result graded(const Scene& scene, const RoiCells& cells, at::Device device, at::ScalarType dtype,
              at::MemoryFormat format) {
  RoiMaps maps{{}, {0.25, 0.125}};
  for (const at::Tensor& map : scene.maps)
    maps.maps.push_back(map.to(device, dtype).contiguous(format).detach().requires_grad_());
  Result result;
  result.out =
      roiAlign(maps, scene.boxes.to(device, dtype), scene.image.to(device), scene.level.to(device), cells);
  EXPECT_TRUE(result.out.is_contiguous(format));
  const at::Tensor upstream = randomValues(result.out.sizes(), 4, -1, 1, at::kDouble);
  result.out.backward(upstream.to(device, dtype).contiguous(format));
  for (const at::Tensor& map : maps.maps)
    result.gradients.push_back(map.grad());
  return result;
}

TEST_P(RoiParity, AlignAndGradients) {
  const Scene scene;
  for (const RoiCells& cells :
       {RoiCells{7, 7, 2, false}, {3, 2, 0, true}, {2, 5, 0, false}, {1, 3, 3, true}}) {
    const Result wanted = graded(scene, cells, at::kCPU, at::kDouble, at::MemoryFormat::Contiguous);
    for (const at::ScalarType dtype : {at::kDouble, at::kFloat}) {
      for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
        SCOPED_TRACE(::testing::Message() << cells.rows << "x" << cells.columns << " " << toString(dtype));
        const Result got = graded(scene, cells, device(), dtype, format);
        const double tolerance = dtype == at::kDouble ? 1e-11 : 5e-5;
        const auto expectClose = [&](const at::Tensor& one, const at::Tensor& other) {
          EXPECT_TRUE(at::allclose(one.detach().cpu().to(at::kDouble), other.detach(), tolerance, tolerance))
              << "off by "
              << (one.detach().cpu().to(at::kDouble) - other.detach()).abs().max().item<double>();
        };
        expectClose(got.out, wanted.out);
        for (std::size_t i = 0; i < wanted.gradients.size(); ++i)
          expectClose(got.gradients[i], wanted.gradients[i]);
      }
    }
  }
}

TEST_P(RoiParity, NoRegionsLaunchNothing) {
  const at::Tensor map = at::ones({1, 4, 8, 8}, at::TensorOptions(device())).requires_grad_();
  const at::Tensor none = at::empty({0}, map.options().requires_grad(false).dtype(at::kLong));
  roiAlign(map, 0.5, none.to(at::kFloat).view({0, 4}), none, {}).sum().backward();
  EXPECT_EQ(map.grad().abs().sum().item<double>(), 0);
}

TEST_P(RoiParity, TwoRunsGiveTheSameBits) {
  const Scene scene;
  const auto run = [&] {
    return graded(scene, {7, 7, 2, false}, device(), at::kFloat, at::MemoryFormat::ChannelsLast);
  };
  const Result first = run(), second = run();
  EXPECT_TRUE(at::equal(first.out, second.out));
  for (std::size_t i = 0; i < first.gradients.size(); ++i)
    EXPECT_TRUE(at::equal(first.gradients[i], second.gradients[i]));
}

TEST_P(RoiParity, Proposals) {
  const std::vector<LevelLayout> levels{{8, 10, 10, 3, 0}, {16, 5, 5, 3, 300}};
  const at::Tensor boxes = at::stack({randomBoxes(375, 5, 100) - 20, randomBoxes(375, 6, 80)});
  // Many equal logits, and one without a number; none at the cut of a level.
  at::Tensor logits = (randomValues({2, 375}, 7, -4, 4) * 8).round() / 8;
  logits[0][5] = NAN;
  const std::vector<SizePx> sizes{{90, 70}, {60, 100}};
  const ProposalOptions options{300, 50, 0.5, 4};
  const auto wanted = filterProposals(boxes, logits, levels, sizes, options),
             got = filterProposals(boxes.to(device()), logits.to(device()), levels, sizes, options);
  EXPECT_TRUE(at::equal(got.origins.cpu(), wanted.origins));
  EXPECT_TRUE(at::equal(got.boxes.cpu(), wanted.boxes));
  EXPECT_TRUE(at::allclose(got.scores.cpu(), wanted.scores, 1e-6, 1e-7));
}

TEST_P(RoiParity, MasksOfRegions) {
  const at::Tensor masks = randomValues({3, 30, 40}, 8, 0, 1) > 0.5, boxes = randomBoxes(12, 9, 40) - 6,
                   object = at::arange(12, at::kLong).remainder(3);
  const at::Tensor wanted = projectMasks(masks, boxes, object, 14),
                   got = projectMasks(masks.to(device()), boxes.to(device()), object.to(device()), 14);
  EXPECT_TRUE(at::allclose(got.cpu(), wanted, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(pasteMasks(got, boxes.to(device()), {40, 30}), pasteMasks(wanted, boxes, {40, 30}),
                           1e-5, 1e-6));
}

}  // namespace
}  // namespace anchorscope
