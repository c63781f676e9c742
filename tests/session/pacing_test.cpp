#include "core/session/pacing.h"

#include <gtest/gtest.h>

namespace anchorscope {
namespace {

TEST(CapturePacer, CapturesAtOnceAndAtEveryStepBeforeItHasMeasured) {
  const CapturePacer pacer(0.03);
  EXPECT_TRUE(pacer.due(0));
  EXPECT_EQ(pacer.every(), 1);
}

TEST(CapturePacer, SpacesCapturesToKeepTheBudget) {
  CapturePacer pacer(0.04);
  pacer.addCapture(0, 10);
  pacer.addStep(20);
  // 10 / (n * 20 + 10) <= 0.04  <=>  n >= 12
  EXPECT_EQ(pacer.every(), 12);
  EXPECT_FALSE(pacer.due(11));
  EXPECT_TRUE(pacer.due(12));
}

TEST(CapturePacer, AFullBudgetCapturesEveryStep) {
  CapturePacer pacer(1);
  pacer.addCapture(0, 1000);
  pacer.addStep(1);
  EXPECT_EQ(pacer.every(), 1);
}

TEST(CapturePacer, FollowsACheaperCapture) {
  CapturePacer pacer(0.1);
  pacer.addCapture(0, 90);
  pacer.addStep(10);
  EXPECT_EQ(pacer.every(), 81);
  for (int i = 0; i < 40; ++i)
    pacer.addCapture(i, 1);
  EXPECT_EQ(pacer.every(), 1);
}

TEST(CapturePacer, TellsTheShareThatCapturesReallyTook) {
  CapturePacer pacer(0.03);
  for (int step = 1; step <= 500; ++step) {
    pacer.addStep(10);
    if (step % 10 == 0) pacer.addCapture(step, 10);
  }
  // One capture of 10 ms per 10 steps of 10 ms: 1 ms per step, 1 / 11 of the time.
  EXPECT_NEAR(pacer.captureMsPerStep(), 1, 0.3);
  EXPECT_NEAR(pacer.share(), 1.0 / 11, 0.03);
}

TEST(RateMeter, CountsOverItsWindowOnly) {
  RateMeter meter(2);
  EXPECT_EQ(meter.perSecond(), 0);
  for (int i = 0; i < 100; ++i)
    meter.addStep(0.01 * i);  // 100 per second
  for (int i = 0; i <= 30; ++i)
    meter.addStep(1 + 0.1 * i);  // then 10 per second
  EXPECT_NEAR(meter.perSecond(), 10, 0.5);
  meter.reset();
  EXPECT_EQ(meter.perSecond(), 0);
}

TEST(SteadySpeed, LeavesOutStretchesInWhichSomethingElseWasDone) {
  SteadySpeed speed;
  EXPECT_EQ(speed.perSecond(), 0);
  double now = 0;
  for (int step = 0; step <= 100; ++step) {
    speed.addStep(step, now);
    now += step % 40 == 20 ? 10 : 0.1;  // three captures of 10 s
  }
  EXPECT_NEAR(speed.perSecond(), 10, 1e-9);
  EXPECT_EQ(speed.timedSteps(), 100);
}

TEST(SteadySpeed, IsTheMeanOfAShortRun) {
  SteadySpeed speed;
  for (const auto& [step, seconds] : {std::pair(3, 1.0), {4, 2.0}, {5, 5.0}})
    speed.addStep(step, seconds);
  EXPECT_DOUBLE_EQ(speed.perSecond(), 0.5);
  EXPECT_EQ(speed.timedSteps(), 2);
}

TEST(SteadySpeed, FastStepsAreTakenTogether) {
  SteadySpeed speed;
  for (int step = 0; step <= 4000; ++step)
    speed.addStep(step, 0.25 * (step / 250));  // told 250 at a time
  EXPECT_NEAR(speed.perSecond(), 1000, 1e-6);
}

}  // namespace
}  // namespace anchorscope
