#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/geometry.h"
#include "core/base/random.h"

namespace anchorscope {
namespace {

double giou(const Box& a, const Box& b) {
  return boxmath::giou<double>(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2);
}

TEST(BoxMath, HandWorkedOverlaps) {
  EXPECT_FLOAT_EQ(iou({0, 0, 2, 2}, {1, 1, 3, 3}), 1.0f / 7.0f);
  EXPECT_FLOAT_EQ(iou({0, 0, 4, 4}, {1, 1, 3, 3}), 4.0f / 16.0f);
  EXPECT_EQ(iou({0, 0, 2, 2}, {2, 0, 4, 2}), 0.0f);
  EXPECT_EQ(iou({0, 0, 2, 2}, {0, 0, 2, 2}), 1.0f);
  // Union 7, enclosing 9: 1/7 - 2/9.
  EXPECT_DOUBLE_EQ(giou({0, 0, 2, 2}, {1, 1, 3, 3}), 1.0 / 7.0 - 2.0 / 9.0);
  // Apart: union 2, enclosing 3.
  EXPECT_DOUBLE_EQ(giou({0, 0, 1, 1}, {2, 0, 3, 1}), -1.0 / 3.0);
}

TEST(BoxMath, DegenerateBoxesNeverGiveNan) {
  const Box line{1, 0, 1, 5}, point{2, 2, 2, 2}, inverted{3, 3, 1, 1}, square{0, 0, 4, 4};
  for (const Box& box : {line, point, inverted}) {
    EXPECT_TRUE(box.degenerate());
    EXPECT_EQ(iou(box, square), 0.0f);
    EXPECT_EQ(iou(box, box), 0.0f);
    EXPECT_TRUE(std::isfinite(giou(box, square)));
    EXPECT_TRUE(std::isfinite(giou(box, box)));
  }
}

TEST(BoxMath, RandomBoxesAgreeWithCountingUnitCells) {
  Random random = Random::of(1, RandomPurpose::kTest);
  for (int trial = 0; trial < 300; ++trial) {
    const auto draw = [&] {
      const int x = static_cast<int>(random.below(12)), y = static_cast<int>(random.below(12));
      return Box{static_cast<float>(x), static_cast<float>(y),
                 static_cast<float>(x + 1 + static_cast<int>(random.below(8))),
                 static_cast<float>(y + 1 + static_cast<int>(random.below(8)))};
    };
    const Box a = draw(), b = draw();
    int both = 0, either = 0;
    for (int y = 0; y < 20; ++y)
      for (int x = 0; x < 20; ++x) {
        const float cx = static_cast<float>(x) + 0.5f, cy = static_cast<float>(y) + 0.5f;
        both += a.contains(cx, cy) && b.contains(cx, cy);
        either += a.contains(cx, cy) || b.contains(cx, cy);
      }
    EXPECT_FLOAT_EQ(iou(a, b), static_cast<float>(both) / static_cast<float>(either));
    EXPECT_EQ(iou(a, b), iou(b, a));
  }
}

TEST(AxisTransform, MapsBackAndComposes) {
  const AxisTransform inputFromImage{0.5, 0.25, 10, -3}, canvasFromInput{-2, 4, 100, 1};
  const AxisTransform canvasFromImage = canvasFromInput * inputFromImage;
  EXPECT_DOUBLE_EQ(canvasFromImage.mapX(8), canvasFromInput.mapX(inputFromImage.mapX(8)));
  EXPECT_DOUBLE_EQ(canvasFromImage.mapY(8), canvasFromInput.mapY(inputFromImage.mapY(8)));
  const AxisTransform back = canvasFromImage.inverse() * canvasFromImage;
  EXPECT_NEAR(back.mapX(123), 123, 1e-12);
  EXPECT_NEAR(back.mapY(-7), -7, 1e-12);
}

TEST(AxisTransform, MirroredBoxesStayOrdered) {
  const AxisTransform mirrored{-1, 1, 100, 0};
  EXPECT_EQ(mirrored.map({10, 5, 30, 9}), (Box{70, 5, 90, 9}));
}

}  // namespace
}  // namespace anchorscope
