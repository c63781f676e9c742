// The onion skin: which boxes it shows around a moment, and that they are seen on the canvas.
#include "widgets/state/onion_skin.h"

#include <gtest/gtest.h>

#include <QJsonObject>
#include <QTest>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {
namespace {

const std::vector<std::int64_t> kSteps{0, 10, 20, 30, 40};
const std::vector<Box> kBoxes{{0, 0, 10, 10}, {2, 2, 12, 12}, {}, {6, 6, 16, 16}, {8, 8, 18, 18}};

TEST(Trail, HoldsThoseAroundTheStepTheNearestLastAndLeastFaded) {
  const auto trail = trailAround(kSteps, kBoxes, {2, 2, 4, 4}, 20, 2);
  ASSERT_EQ(trail.size(), 4U);
  EXPECT_EQ(trail[0].step, 0);
  EXPECT_EQ(trail[0].away, -2);
  EXPECT_EQ(trail[1].step, 40);
  EXPECT_EQ(trail[2].step, 10);
  EXPECT_EQ(trail[3].step, 30);
  EXPECT_EQ(trail[3].away, 1);
  EXPECT_EQ(trail[3].fade, 1);
  EXPECT_LT(trail[0].fade, trail[2].fade);
  // Input = 2 · image + 4.
  EXPECT_EQ(trail[2].boxInImage, (Box{-1, -1, 4, 4}));
}

TEST(Trail, LeavesOutWhatIsNotThereAndStandsBetweenMomentsToo) {
  EXPECT_TRUE(trailAround({}, {}, {}, 3, 4).empty());
  EXPECT_EQ(trailAround(kSteps, kBoxes, {}, 15, 1).size(), 1U) << "the box at 20 was not recorded";
  const auto late = trailAround(kSteps, kBoxes, {}, 100, 2);
  ASSERT_EQ(late.size(), 2U);
  EXPECT_EQ(late[1].step, 40);
  EXPECT_EQ(late[1].away, -1);
}

TEST(OnionSkin, IsOfOneImageAndStageAndOnlyWhileItIsOn) {
  const auto evidence = testing::makeSyntheticEvidence({.step = 20});
  OnionSkin skin;
  const QString image = QString::fromStdString(evidence->image->name),
                stage = QString::fromStdString(evidence->stage.name);
  skin.setBoxes("first", image, stage, kSteps, kBoxes);
  EXPECT_TRUE(skin.around("first", *evidence).empty());
  skin.setOn(true);
  EXPECT_EQ(skin.around("first", *evidence).size(), 4U);
  skin.setReach(1);
  EXPECT_EQ(skin.around("first", *evidence).size(), 2U);
  EXPECT_TRUE(skin.around("second", *evidence).empty()) << "another run's of the same image";
  skin.setBoxes("first", "another", stage, kSteps, kBoxes);
  EXPECT_TRUE(skin.around("first", *evidence).empty());
  OnionSkin again;
  again.restore(skin.save());
  EXPECT_TRUE(again.isOn());
  EXPECT_EQ(again.reach(), 1);
  again.restore({{"reach", 1000}});
  EXPECT_EQ(again.reach(), OnionSkin::kMost);
}

TEST(OnionSkin, IsSeenOnTheCanvas) {
  const auto frame = testing::makeSyntheticFrame({.step = 20});
  ViewLink link;
  CanvasModel model(link);
  CanvasView view(model);
  view.resize(640, 480);
  model.showProbes({frame});
  view.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
  const QImage without = view.grab().toImage();
  link.onion.setBoxes({}, QString::fromStdString(frame->image->name),
                      QString::fromStdString(frame->stages[0]->stage.name), {10, 30},
                      {{100, 100, 260, 220}, {140, 120, 300, 240}});
  EXPECT_EQ(view.grab().toImage(), without) << "it is off";
  link.onion.setOn(true);
  const QImage with = view.grab().toImage();
  EXPECT_NE(with, without);
  testing::keepPicture(with, "onion-skin");
  // Both boxes' left edges, one of them solid all along, the other dashed.
  const auto differing = [&](double x, double from, double to) {
    int count = 0;
    for (double y = from; y < to; ++y) {
      const QPoint at = view.toCanvas({x, y}).toPoint();
      count += with.pixel(at) != without.pixel(at) ? 1 : 0;
    }
    return count;
  };
  EXPECT_GE(differing(100, 110, 210), 98);
  EXPECT_GT(differing(140, 130, 230), 30);
}

}  // namespace
}  // namespace anchorscope
