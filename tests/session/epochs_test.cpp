// Options in epochs: how many steps they are for a data set, batch and accumulation, and that they stay so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/session/record_forecast.h"
#include "core/store/run_reader.h"
#include "core/trainer/evaluation.h"
#include "tests/session/session_watch.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// 7 images, one of them empty, in steps of 2 batches of 2.
class Epochs : public ::testing::Test {
 protected:
  Epochs() : config_(smallConfig("max_iou")) {
    config_.data = writeCocoSet(folder_, {{{4, 4, 30, 30}},
                                          {{8, 4, 30, 30}},
                                          {},
                                          {{4, 8, 30, 30}},
                                          {{9, 9, 30, 30}},
                                          {{20, 4, 30, 30}},
                                          {{4, 20, 30, 30}}});
    config_.validation = config_.data;
    for (const auto& [key, value] : std::map<std::string, std::string>{{"train.accumulate", "2"},
                                                                       {"train.steps", "3e"},
                                                                       {"train.warmup_steps", "0.5e"},
                                                                       {"train.schedule", "step"},
                                                                       {"train.lr_steps", "2e"},
                                                                       {"train.lr", "1e-3"},
                                                                       {"train.eval_every", "1e"},
                                                                       {"train.checkpoint_every", "1e"},
                                                                       {"train.record_every", "1e"}})
      set(config_, key, value);
  }
  TemporaryFolder folder_;
  RunConfig config_;
};

TEST_F(Epochs, AreCountedInStepsOfTheImagesThatAreTrainedOn) {
  auto trainer = prepareOrFail(config_);
  ASSERT_TRUE(trainer);
  EXPECT_DOUBLE_EQ(trainer->config().train.stepsPerEpoch(), 7.0 / 4);
  EXPECT_EQ(trainer->plannedSteps(), 6) << "5.25 steps, rounded up";
  EXPECT_EQ(trainer->config().train.getInt("warmup_steps"), 1);
  EXPECT_THAT(trainer->facts().trainingReport, HasSubstr("n epoch is 7 images, 1.75 steps: steps 3e is 6"));
  EXPECT_THAT(trainer->facts().trainingReport, HasSubstr("2 batches of 2 images"));
  std::vector<double> rates;
  for (const StepReport& report : train(*trainer, 6))
    rates.push_back(valueOf(report.scalars, "train.lr"));
  EXPECT_DOUBLE_EQ(rates[3], 1e-3);
  EXPECT_DOUBLE_EQ(rates[4], 1e-4) << "2 epochs are 3.5 steps, rounded up";
  ASSERT_TRUE(trainer->setParam("train.steps", "4e"));
  EXPECT_EQ(trainer->plannedSteps(), 7);

  set(config_, "data.keep_empty", "false");
  trainer = prepareOrFail(config_);
  ASSERT_TRUE(trainer);
  EXPECT_EQ(trainer->plannedSteps(), 5) << "4.5, of 6 images";
  EXPECT_THAT(
      trainer->facts().trainingReport,
      HasSubstr("1 of 7 images has no object to train on and is left out of the batches: keep_empty"));
  EXPECT_TRUE(trainer->takeDiagnostics().empty()) << "nothing is wrong with it";
}

TEST_F(Epochs, GiveTheirStepsToARunAndStayInItsConfiguration) {
  config_.out = (folder_ / "run").string();
  SessionOptions options;
  options.captureLive = false;
  {
    const auto session = startSession(config_, options);
    SessionWatch watch(*session);
    watch.finish();
    std::vector<std::int64_t> evaluated;
    for (const EvaluationEvent& event : watch.all<EvaluationEvent>())
      evaluated.push_back(event.step);
    EXPECT_EQ(evaluated, (std::vector<std::int64_t>{2, 4, 6}));
    EXPECT_EQ(watch.states().back(), TrainerState::kStopped);
    EXPECT_EQ(session->facts()->config.train.getInt("steps"), 6);
  }
  const auto reader = openRun(config_.out);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->header().plannedSteps, 6);
  EXPECT_EQ((*reader)->recordedSteps((*reader)->probeNames().front()),
            (std::vector<std::int64_t>{0, 2, 4, 6}));
  const auto recorded = configOfCheckpoint((*reader)->checkpoints().back());
  ASSERT_TRUE(recorded.ok()) << recorded.error().text();
  EXPECT_EQ(recorded->train.getText("steps"), "3e");
  EXPECT_EQ(recorded->train.getInt("steps"), 6) << "the checkpoint knows the size of an epoch";

  // It goes on in epochs.
  options.resumeFolder = config_.out;
  options.resumeSettings.emplace_back("train.steps", "5e");
  const auto session = startSession(RunConfig(), options);
  SessionWatch watch(*session);
  watch.finish();
  EXPECT_EQ(session->facts()->config.train.getInt("steps"), 9);
  ASSERT_FALSE(watch.all<StepEvent>().empty());
  EXPECT_EQ(watch.all<StepEvent>().back().step, 9);
}

TEST_F(Epochs, AreForecastWhenTheImagesAreCounted) {
  EXPECT_THAT(recordForecastText(config_), HasSubstr("told when the run starts"))
      << "nothing is promised before the images are counted";
}

}  // namespace
}  // namespace anchorscope::testing
