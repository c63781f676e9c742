// Where cards stand: near the point, inside, and not over what is looked at.
#include "widgets/canvas/card_place.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"

namespace anchorscope {
namespace {

const QRectF kBounds(0, 0, 900, 700);

double overlap(const QRectF& a, const QRectF& b) {
  const QRectF common = a & b;
  return common.isEmpty() ? 0 : common.width() * common.height();
}

TEST(CardPlace, StandsRightOfAndBelowAPointThatHasRoom) {
  const QRectF place = placeBeside({100, 60}, {400, 300}, {kBounds, {}, {}});
  EXPECT_EQ(place, QRectF(418, 318, 100, 60));
}

TEST(CardPlace, NeverCoversWhatIsLookedAtWhereThereIsRoomBesideIt) {
  auto random = Random::of(1, RandomPurpose::kTest, {5});
  for (int n = 0; n < 2000; ++n) {
    const QSizeF size(random.uniform(60, 220), random.uniform(40, 120));
    const QRectF looked(random.uniform(0, 700), random.uniform(0, 500), random.uniform(8, 150),
                        random.uniform(8, 150));
    const QPointF point(looked.left() + random.uniform(0, 1) * looked.width(),
                        looked.top() + random.uniform(0, 1) * looked.height());
    const QRectF place = placeBeside(size, point, {kBounds, looked, {}});
    EXPECT_TRUE(kBounds.contains(place));
    EXPECT_EQ(overlap(place, looked), 0) << n;
    EXPECT_FALSE(place.contains(point));
    const QPointF nearest(std::clamp(point.x(), place.left(), place.right()),
                          std::clamp(point.y(), place.top(), place.bottom()));
    EXPECT_LT(std::hypot(nearest.x() - point.x(), nearest.y() - point.y()), 281) << "beside it still";
  }
}

TEST(CardPlace, KeepsClearOfWhatIsThereAlready) {
  const QRectF first = placeBeside({100, 60}, {400, 300}, {kBounds, {}, {}});
  const QRectF second = placeBeside({100, 60}, {400, 300}, {kBounds, {}, {first}});
  const QRectF third = placeBeside({100, 60}, {400, 300}, {kBounds, {}, {first, second}});
  EXPECT_EQ(overlap(first, second) + overlap(first, third) + overlap(second, third), 0);
}

TEST(CardPlace, StaysInsideWhereverThePointIs) {
  for (const QPointF point : {QPointF(-500, -500), QPointF(5000, 300), QPointF(899, 699), QPointF(0, 0)})
    EXPECT_TRUE(kBounds.contains(placeBeside({100, 60}, point, {kBounds, {}, {}}))) << point.x();
  const QRectF large = placeBeside({2000, 60}, {400, 300}, {kBounds, {}, {}});
  EXPECT_EQ(large.left(), 0) << "its beginning is in sight";
}

}  // namespace
}  // namespace anchorscope
