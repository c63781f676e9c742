#include "widgets/canvas/picking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/random.h"

namespace anchorscope {
namespace {

bool touchesOutline(const Box& box, const PickPoint& p) {
  // Distance of the point to the rectangle's border in the largest-axis sense.
  const double dx = std::max({double(box.x1) - double(p.x), double(p.x) - double(box.x2), 0.0});
  const double dy = std::max({double(box.y1) - double(p.y), double(p.y) - double(box.y2), 0.0});
  if (dx > 0 || dy > 0) return dx <= double(p.reach) && dy <= double(p.reach);
  const double inward = std::min({double(p.x) - double(box.x1), double(box.x2) - double(p.x),
                                  double(p.y) - double(box.y1), double(box.y2) - double(p.y)});
  return inward <= double(p.reach);
}

std::vector<Box> randomBoxes(std::uint64_t seed) {
  auto random = Random::of(seed, RandomPurpose::kTest, {9});
  std::vector<Box> boxes;
  for (int i = 0; i < 400; ++i) {
    const auto x = static_cast<float>(random.uniform(0, 100)), y = static_cast<float>(random.uniform(0, 100));
    boxes.push_back(
        {x, y, x + static_cast<float>(random.uniform(0, 60)), y + static_cast<float>(random.uniform(0, 60))});
  }
  boxes[17].x1 = std::numeric_limits<float>::quiet_NaN();
  return boxes;
}

TEST(PickingTest, AgreesWithTheDefinitionForEveryPoint) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const std::vector<Box> boxes = randomBoxes(seed);
    auto random = Random::of(seed, RandomPurpose::kTest, {10});
    for (int n = 0; n < 300; ++n) {
      const PickPoint point{static_cast<float>(random.uniform(-10, 170)),
                            static_cast<float>(random.uniform(-10, 170)), n % 3 == 0 ? 0.f : 1.5f};
      std::int64_t outline = -1, inside = -1;
      for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (i == 17) continue;  // NaN: never found
        if (touchesOutline(boxes[i], point)) outline = static_cast<std::int64_t>(i);
        if (boxes[i].contains(point.x, point.y) &&
            (inside < 0 || boxes[i].area() <= boxes[static_cast<std::size_t>(inside)].area()))
          inside = static_cast<std::int64_t>(i);
      }
      EXPECT_EQ(pickOutline(boxes, point), outline);
      EXPECT_EQ(pickInside(boxes, point), inside);
    }
  }
}

TEST(PickingTest, PickAllStartsWithTheBestAndHoldsEveryBoxAtThePointOnce) {
  const std::vector<Box> boxes = randomBoxes(4);
  const PickPoint point{60, 60, 2};
  const std::vector<std::size_t> all = pickAll(boxes, point);
  std::size_t expected = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i)
    expected += i != 17 && (touchesOutline(boxes[i], point) || boxes[i].contains(point.x, point.y)) ? 1 : 0;
  ASSERT_EQ(all.size(), expected);
  ASSERT_GT(all.size(), 3u);
  EXPECT_EQ(static_cast<std::int64_t>(all.front()), pickOutline(boxes, point));
}

TEST(PickingTest, NothingIsFoundInNothing) {
  EXPECT_EQ(pickOutline({}, {1, 1, 3}), -1);
  EXPECT_EQ(pickInside({}, {1, 1, 3}), -1);
  EXPECT_TRUE(pickAll({}, {1, 1, 3}).empty());
}

}  // namespace
}  // namespace anchorscope
