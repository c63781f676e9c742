#include "core/ops/roi_align.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::expectGradient;
using testing::randomBoxes;
using testing::randomValues;

/// A pixel of a plane as a sample between pixels sees it.
double bilinear(const at::Tensor& plane, double y, double x) {
  const std::int64_t height = plane.size(0), width = plane.size(1);
  if (y < -1 || y > static_cast<double>(height) || x < -1 || x > static_cast<double>(width)) return 0;
  y = std::clamp(y, 0.0, static_cast<double>(height - 1));
  x = std::clamp(x, 0.0, static_cast<double>(width - 1));
  const auto at = [&](std::int64_t row, std::int64_t column) {
    return plane[std::min(row, height - 1)][std::min(column, width - 1)].item<double>();
  };
  const auto top = static_cast<std::int64_t>(y), left = static_cast<std::int64_t>(x);
  const double down = y - static_cast<double>(top), right = x - static_cast<double>(left);
  return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
         down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

/// The definition, sample by sample in double.
at::Tensor bruteForce(const at::Tensor& map, double scale, const at::Tensor& boxes, const at::Tensor& image,
                      const RoiCells& cells) {
  const at::Tensor maps = map.detach().to(at::kDouble), corners = boxes.to(at::kDouble);
  const std::int64_t count = boxes.size(0), channels = map.size(1);
  const at::Tensor out = at::zeros({count, channels, cells.rows, cells.columns}, at::kDouble);
  const double shift = cells.aligned ? 0.5 : 0;
  for (std::int64_t k = 0; k < count; ++k) {
    const auto corner = [&](int i) { return corners[k][i].item<double>() * scale - shift; };
    double width = corner(2) - corner(0), height = corner(3) - corner(1);
    if (!cells.aligned) width = std::max(width, 1.0), height = std::max(height, 1.0);
    const double cellWidth = width / static_cast<double>(cells.columns),
                 cellHeight = height / static_cast<double>(cells.rows);
    const auto samplesOf = [&](double cell) {
      return cells.samplingRatio > 0 ? cells.samplingRatio : static_cast<std::int64_t>(std::ceil(cell));
    };
    const std::int64_t down = samplesOf(cellHeight), across = samplesOf(cellWidth);
    for (std::int64_t c = 0; c < channels; ++c) {
      const at::Tensor plane = maps[image[k].item<std::int64_t>()][c];
      for (std::int64_t row = 0; row < cells.rows; ++row)
        for (std::int64_t column = 0; column < cells.columns; ++column) {
          double sum = 0;
          for (std::int64_t i = 0; i < down; ++i)
            for (std::int64_t j = 0; j < across; ++j)
              sum += bilinear(
                  plane,
                  corner(1) + cellHeight * (static_cast<double>(row) +
                                            (static_cast<double>(i) + 0.5) / static_cast<double>(down)),
                  corner(0) + cellWidth * (static_cast<double>(column) +
                                           (static_cast<double>(j) + 0.5) / static_cast<double>(across)));
          out[k][c][row][column] = sum / std::max<double>(1, static_cast<double>(down * across));
        }
    }
  }
  return out;
}

at::Tensor someImages(std::int64_t count, std::int64_t images) {
  return at::arange(count, at::kLong).remainder(images);
}

const std::vector<RoiCells> kCells{{7, 7, 2, false}, {3, 2, 0, true}, {1, 4, 3, true}, {2, 5, 0, false}};

TEST(RoiAlign, IsTheMeanOfBilinearSamples) {
  const at::Tensor map = randomValues({2, 3, 12, 17}, 1, -2, 2, at::kDouble);
  // Beyond the map on every side, and far smaller than a pixel.
  const at::Tensor boxes =
      at::cat({randomBoxes(9, 2, 128, at::kDouble) - 30,
               at::tensor({20.0, 20.0, 20.5, 21.0, -90.0, -90.0, 300.0, 200.0}, at::kDouble).view({2, 4})});
  const at::Tensor image = someImages(boxes.size(0), 2);
  for (const RoiCells& cells : kCells) {
    const at::Tensor wanted = bruteForce(map, 0.125, boxes, image, cells);
    for (const at::ScalarType dtype : {at::kDouble, at::kFloat}) {
      for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
        const at::Tensor got = roiAlign(map.to(dtype).contiguous(format), 0.125, boxes, image, cells);
        EXPECT_EQ(got.scalar_type(), dtype);
        EXPECT_TRUE(got.is_contiguous(format));
        const double tolerance = dtype == at::kDouble ? 1e-12 : 2e-5;
        EXPECT_TRUE(at::allclose(got.to(at::kDouble), wanted, tolerance, tolerance))
            << cells.rows << "x" << cells.columns << ", off by "
            << (got.to(at::kDouble) - wanted).abs().max().item<double>();
      }
    }
  }
}

TEST(RoiAlign, Gradient) {
  const at::Tensor boxes = randomBoxes(5, 3, 60, at::kDouble) - 8, image = someImages(5, 2);
  for (const RoiCells& cells : kCells)
    expectGradient([&](const at::Tensor& map) { return roiAlign(map, 0.125, boxes, image, cells); },
                   randomValues({2, 2, 6, 5}, 4, -1, 1, at::kDouble));
}

TEST(RoiAlign, ARegionOfAConstantMapIsThatConstant) {
  const at::Tensor map = at::full({1, 40, 20, 20}, 3.5, at::kFloat);
  const at::Tensor got = roiAlign(map, 0.25, at::tensor({8.0F, 8.0F, 60.0F, 44.0F}).view({1, 4}),
                                  at::zeros({1}, at::kLong), {7, 7, 0, true});
  EXPECT_TRUE(at::allclose(got, at::full_like(got, 3.5)));
}

TEST(RoiAlign, WhatHasNoPlaceGivesNothing) {
  const at::Tensor map = at::ones({2, 3, 8, 8}, at::kFloat).requires_grad_();
  const float nan = std::nanf(""), far = INFINITY;
  const at::Tensor boxes = at::tensor({nan,  0.0F, 9.0F, 9.0F, 0.0F, 0.0F, far,    9.0F,   0.0F,   0.0F,
                                       9.0F, 9.0F, 0.0F, 0.0F, 9.0F, 9.0F, 500.0F, 500.0F, 600.0F, 600.0F})
                               .view({5, 4});
  const at::Tensor image = at::tensor({0, 0, -1, 2, 0}, at::kLong);
  for (const std::int64_t ratio : {0, 2}) {
    const at::Tensor got = roiAlign(map, 0.5, boxes, image, {2, 2, ratio, true});
    EXPECT_EQ(got.abs().sum().item<double>(), 0);
    got.sum().backward();
    EXPECT_EQ(map.grad().abs().sum().item<double>(), 0);
  }
  EXPECT_EQ(roiAlign({{map, map}, {1, 0.5}}, boxes, image, at::full_like(image, 2), {2, 2, 2, true})
                .abs()
                .sum()
                .item<double>(),
            0)
      << "there is no level 2";
}

TEST(RoiAlign, NothingIsFine) {
  const at::Tensor map = at::ones({1, 3, 8, 8}, at::kFloat).requires_grad_();
  const at::Tensor got = roiAlign(map, 0.5, at::empty({0, 4}), at::empty({0}, at::kLong), {});
  EXPECT_EQ(got.sizes(), (std::vector<std::int64_t>{0, 3, 7, 7}));
  got.sum().backward();
  EXPECT_EQ(map.grad().abs().sum().item<double>(), 0);
}

TEST(RoiAlign, LevelsAreCutEachFromItsOwnMap) {
  const at::Tensor fine = randomValues({2, 40, 32, 24}, 5, -1, 1, at::kDouble),
                   coarse = randomValues({2, 40, 16, 12}, 6, -1, 1, at::kDouble);
  const at::Tensor boxes = randomBoxes(11, 7, 96, at::kDouble), image = someImages(11, 2),
                   level = at::tensor({0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0}, at::kLong);
  const RoiCells cells{3, 3, 2, false};
  const auto graded = [&](const auto& form) {
    const at::Tensor a = fine.clone().requires_grad_(), b = coarse.clone().requires_grad_();
    const at::Tensor out = form(a, b);
    (out * out).sum().backward();
    return std::vector{out.detach(), a.grad(), b.grad()};
  };
  const auto got = graded([&](const at::Tensor& a, const at::Tensor& b) {
    return roiAlign({{a, b}, {0.25, 0.125}}, boxes, image, level, cells);
  });
  const auto wanted = graded([&](const at::Tensor& a, const at::Tensor& b) {
    return at::where(level.view({-1, 1, 1, 1}) == 0, roiAlign(a, 0.25, boxes, image, cells),
                     roiAlign(b, 0.125, boxes, image, cells));
  });
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(at::allclose(got[i], wanted[i], 1e-12, 1e-12)) << i;
}

TEST(RoiAlign, DoesNotDependOnThreads) {
  const at::Tensor map = randomValues({2, 70, 30, 20}, 8, -1, 1), boxes = randomBoxes(90, 9, 120),
                   image = someImages(90, 2);
  const auto run = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const at::Tensor leaf = map.clone().requires_grad_();
    const at::Tensor out = roiAlign(leaf, 0.25, boxes, image, {});
    (out * out).sum().backward();
    at::set_num_threads(before);
    return std::pair(out.detach(), leaf.grad());
  };
  const auto one = run(1), several = run(4);
  EXPECT_TRUE(at::equal(one.first, several.first));
  EXPECT_TRUE(at::equal(one.second, several.second));
}

TEST(RoiLevels, OneLevelForEachDoubling) {
  const auto levelOf = [](double width, double height) {
    const at::Tensor box = at::tensor({10.0, 20.0, 10 + width, 20 + height}, at::kDouble).view({1, 4});
    return roiLevels(box, {}).item<std::int64_t>();
  };
  EXPECT_EQ(levelOf(224, 224), 2) << "the canonical one, counted from the first";
  EXPECT_EQ(levelOf(223, 224), 1);
  EXPECT_EQ(levelOf(448, 448), 3);
  EXPECT_EQ(levelOf(112, 448), 2) << "by area";
  EXPECT_EQ(levelOf(2, 2), 0);
  EXPECT_EQ(levelOf(0, 50), 0);
  EXPECT_EQ(levelOf(5000, 5000), 3);
  EXPECT_EQ(levelOf(std::nan(""), 10), 0);
}

}  // namespace
}  // namespace anchorscope
