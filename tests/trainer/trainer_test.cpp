#include "core/trainer/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/trainer/evaluation.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

void expectSameState(const Trainer& a, const Trainer& b) {
  const auto one = a.stateDict(), other = b.stateDict();
  ASSERT_EQ(one.size(), other.size());
  for (std::size_t i = 0; i < one.size(); ++i)
    EXPECT_TRUE(at::equal(one[i].tensor, other[i].tensor)) << one[i].name;
}

void expectSameReports(const std::vector<StepReport>& a, const std::vector<StepReport>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].step, b[i].step);
    ASSERT_EQ(a[i].scalars.size(), b[i].scalars.size());
    for (std::size_t k = 0; k < a[i].scalars.size(); ++k) {
      EXPECT_EQ(a[i].scalars[k].name, b[i].scalars[k].name);
      EXPECT_EQ(a[i].scalars[k].value, b[i].scalars[k].value)
          << "step " << a[i].step << ' ' << a[i].scalars[k].name;
    }
  }
}

class TrainerResume : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(TrainerResume, IsBitIdenticalToTrainingStraightOn) {
  const auto [method, optimizer] = GetParam();
  RunConfig config = smallConfig(method);
  set(config, "train.steps", "20");
  set(config, "train.optimizer", optimizer);
  const TemporaryFolder folder;
  const std::string checkpoint = (folder / "ten.ckpt").string();

  const auto straight = prepareOrFail(config);
  ASSERT_TRUE(straight);
  const std::vector<StepReport> straightReports = train(*straight, 20);

  std::vector<StepReport> resumedReports;
  {
    const auto first = prepareOrFail(config);
    ASSERT_TRUE(first);
    resumedReports = train(*first, 10);
    ASSERT_TRUE(first->saveCheckpoint(checkpoint, Overwrite::kNo).ok());
    train(*first, 3);  // what comes after the checkpoint must leave no trace
  }
  const auto second = prepareOrFail(config, checkpoint);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->stepsDone(), 10);
  for (StepReport& report : train(*second, 10))
    resumedReports.push_back(std::move(report));

  expectSameReports(straightReports, resumedReports);
  expectSameState(*straight, *second);
}

INSTANTIATE_TEST_SUITE_P(, TrainerResume,
                         ::testing::Combine(::testing::Values("musu", "max_iou"),
                                            ::testing::Values("adamw", "sgd")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param)) + "_" +
                                  std::get<1>(parameter.param);
                         });

TEST(Trainer, CapturingDoesNotChangeTraining) {
  RunConfig config = smallConfig();
  const auto plain = prepareOrFail(config), watched = prepareOrFail(config);
  ASSERT_TRUE(plain && watched);
  const auto expected = train(*plain, 4);
  std::vector<StepReport> got;
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(watched->capture().take(), SizeIs(2));
    for (StepReport& report : train(*watched, 1))
      got.push_back(std::move(report));
  }
  expectSameReports(expected, got);
  expectSameState(*plain, *watched);
}

TEST(Trainer, LearnsItsOnlyImage) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  config.data = writeCocoSet(folder, {{{12, 16, 24, 20}}});
  set(config, "train.batch", "1");
  set(config, "train.steps", "150");
  set(config, "train.lr", "0.003");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  const auto reports = train(*trainer, 150);
  ASSERT_THAT(reports, SizeIs(150));
  EXPECT_LT(valueOf(reports.back().scalars, "loss.total"),
            0.5 * valueOf(reports.front().scalars, "loss.total"));
}

TEST(Trainer, CapturesTheProbesBeforeTraining) {
  const auto trainer = prepareOrFail(smallConfig());
  ASSERT_TRUE(trainer);
  const auto frames = trainer->capture().take();
  ASSERT_THAT(frames, SizeIs(2));
  for (const auto& frame : frames) {
    EXPECT_EQ(frame->step, 0);
    ASSERT_NE(frame->stages.front()->candidates, nullptr);
    EXPECT_GT(frame->stages.front()->candidates->count(), 0U);
    EXPECT_EQ(frame->stages.front()->predictedBoxesInInput.size(),
              frame->stages.front()->candidates->count());
    EXPECT_FALSE(frame->image->objects.empty());
    EXPECT_FALSE(frame->stages.front()->decisions.empty());
    for (const Channel& channel : frame->stages.front()->channels) {
      EXPECT_NE(trainer->facts().declaration.channel(channel.spec.name), nullptr)
          << channel.spec.name << " is not declared";
      if (channel.spec.domain == ChannelDomain::kCandidate) {
        EXPECT_EQ(channel.values.size(), frame->stages.front()->candidates->count());
      }
    }
    for (const PairTable& table : frame->stages.front()->pairTables)
      for (const std::int32_t object : table.object)
        ASSERT_LT(static_cast<std::size_t>(object), frame->image->objects.size());
  }
  EXPECT_EQ(frames[0]->stages.front()->candidates, frames[1]->stages.front()->candidates)
      << "geometry is shared";
}

TEST(Trainer, DeclaresEveryScalarItReports) {
  for (const char* method : {"musu", "max_iou"}) {
    const auto trainer = prepareOrFail(smallConfig(method));
    ASSERT_TRUE(trainer);
    for (const StepReport& report : train(*trainer, 1))
      for (const ScalarValue& scalar : report.scalars)
        EXPECT_NE(trainer->facts().declaration.scalar(scalar.name), nullptr) << method << ": " << scalar.name;
  }
}

TEST(Trainer, ImagesWithoutObjectsTrainAsBackground) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  config.data = writeCocoSet(folder, {{}, {{4, 4, 30, 30}}, {}});
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  for (const StepReport& report : train(*trainer, 4)) {
    EXPECT_TRUE(report.updated);
    EXPECT_TRUE(std::isfinite(valueOf(report.scalars, "loss.total")));
  }
  ASSERT_TRUE(trainer->setProbes({"image0.ppm", "image1.ppm"}).ok());
  EXPECT_THAT(trainer->capture().take(), SizeIs(2));
}

TEST(Trainer, ASetWithoutAnyObjectTrainsAndShowsItsImages) {
  for (const char* method : {"musu", "max_iou"}) {
    const TemporaryFolder folder;
    RunConfig config = smallConfig(method);
    writeCocoSet(folder, {{}, {}});
    config.data = "folder:" + folder.path().string();
    const auto trainer = prepareOrFail(config);
    ASSERT_TRUE(trainer);
    for (const StepReport& report : train(*trainer, 2))
      EXPECT_TRUE(report.updated);
    EXPECT_THAT(trainer->capture().take(), SizeIs(2));
  }
}

TEST(Trainer, AnUnknownProbeLeavesThePresentOnes) {
  const auto trainer = prepareOrFail(smallConfig());
  ASSERT_TRUE(trainer);
  const auto before = trainer->probeNames();
  const Status status = trainer->setProbes({"nowhere"});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(trainer->probeNames(), before);
}

TEST(Trainer, ProbesCanComeFromTheValidationSetAndNeedNotBe) {
  const auto trainer = prepareOrFail(smallConfig());
  ASSERT_TRUE(trainer);
  const std::string name = trainer->facts().validationImageNames.front();
  ASSERT_TRUE(trainer->setProbes({name, name}).ok());
  EXPECT_EQ(trainer->probeNames(), std::vector<std::string>{name});
  ASSERT_TRUE(trainer->setProbes({}).ok());
  EXPECT_FALSE(trainer->capture().pending());
}

TEST(Trainer, LiveOptionsTakeEffectAtTheNextStep) {
  const auto trainer = prepareOrFail(smallConfig());
  ASSERT_TRUE(trainer);
  train(*trainer, 3);
  ASSERT_TRUE(trainer->setParam("train.schedule", "constant").ok());
  ASSERT_TRUE(trainer->setParam("lr", "0.25").ok());
  const StepReport report = train(*trainer, 1).front();
  EXPECT_EQ(valueOf(report.scalars, "train.lr"), 0.25);
  EXPECT_EQ(valueOf(report.scalars, "train.epoch"),
            static_cast<double>(report.step) / trainer->config().train.stepsPerEpoch());
  ASSERT_TRUE(trainer->setParam("method.beta", "0.5").ok());
  EXPECT_EQ(trainer->config().methodParams.getFloat("beta"), 0.5);
}

TEST(Trainer, RefusesOptionsThatOnlyANewRunCanTake) {
  const auto trainer = prepareOrFail(smallConfig());
  ASSERT_TRUE(trainer);
  for (const char* key : {"train.batch", "train.size", "train.device", "model.norm"}) {
    const std::string value = std::string(key) == "model.norm"     ? "bn"
                              : std::string(key) == "train.device" ? "cpu"
                                                                   : "32";
    const Status status = trainer->setParam(key, value);
    ASSERT_FALSE(status.ok()) << key;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage) << key;
  }
  EXPECT_EQ(trainer->setParam("train.lr", "-1").error().code, ErrorCode::kUsage);
  EXPECT_EQ(trainer->setParam("nonsense", "1").error().code, ErrorCode::kUsage);
  EXPECT_EQ(trainer->config().train.getInt("batch"), 2);
}

TEST(Trainer, ANonFiniteStepChangesNothingAndNamesItsImage) {
  const auto trainer = prepareOrFail(smallConfig());
  ASSERT_TRUE(trainer);
  train(*trainer, 1);
  const StepReport report = trainPoisoned(*trainer);
  EXPECT_FALSE(report.updated);
  const NonFiniteStory story = trainer->explainNonFinite(report.step);
  EXPECT_EQ(story.error.code, ErrorCode::kNumeric);
  EXPECT_THAT(trainer->facts().imageNames, Contains(story.culpritImage));
  EXPECT_THAT(story.error.message, HasSubstr("loss.cls"));
  EXPECT_THAT(story.error.message, HasSubstr(story.culpritImage));
}

TEST(Trainer, AStepIsExplainedInThePrecisionItWasMadeIn) {
  std::vector<std::string> messages;
  for (const char* precision : {"fp32", "bf16_forced"}) {
    RunConfig config = smallConfig();
    set(config, "train.precision", precision);
    set(config, "train.lr", "0");  // the same weights in both
    const auto trainer = prepareOrFail(config);
    ASSERT_TRUE(trainer);
    train(*trainer, 1);
    messages.push_back(trainer->explainNonFinite(1).error.message);
  }
  EXPECT_NE(messages[0], messages[1]);
}

TEST(Trainer, ANonFiniteStepLeavesTheStatisticsOfBatchNormsAlone) {
  RunConfig config = smallConfig();
  set(config, "model.norm", "bn");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  const auto statistics = [&] {
    std::vector<NamedTensor> out;
    for (const NamedTensor& entry : trainer->stateDict())
      if (entry.name.find("running_") != std::string::npos ||
          entry.name.find("num_batches") != std::string::npos)
        out.push_back({entry.name, entry.tensor.detach().clone()});
    return out;
  };
  const auto start = statistics();
  ASSERT_FALSE(start.empty());
  train(*trainer, 1);
  const auto before = statistics();
  for (std::size_t i = 0; i < start.size(); ++i)
    EXPECT_FALSE(at::equal(start[i].tensor, before[i].tensor)) << start[i].name << " moves in a sound step";
  // The first weight: everything behind it is not finite.
  for (NamedTensor& entry : trainer->stateDict())
    if (entry.tensor.dim() == 4) {
      entry.tensor.detach().fill_(std::nan(""));
      break;
    }
  const auto reports = train(*trainer, 1);
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_FALSE(reports.front().updated);
  const auto after = statistics();
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(before[i].tensor, after[i].tensor)) << before[i].name;
}

TEST(Trainer, EvaluatesAndCanBeCancelled) {
  const auto trainer = prepareOrFail(smallConfig());
  ASSERT_TRUE(trainer);
  auto evaluation = trainer->evaluate({});
  ASSERT_TRUE(evaluation.ok()) << evaluation.error().text();
  EXPECT_EQ(evaluation->images, 4);
  EXPECT_THAT(evaluation->metrics, SizeIs(18));
  EXPECT_EQ(evaluation->perClassAp.size(), trainer->facts().classNames.size());
  EXPECT_EQ(trainer->evaluate([](double) { return false; }).error().code, ErrorCode::kCancelled);
}

TEST(Trainer, ACheckpointEvaluatesLikeTheTrainer) {
  RunConfig config = smallConfig();
  set(config, "train.eval_max_images", "0");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  train(*trainer, 12);
  auto direct = trainer->evaluate({});
  ASSERT_TRUE(direct.ok());
  const TemporaryFolder folder;
  const std::string path = (folder / "a.ckpt").string();
  ASSERT_TRUE(trainer->saveCheckpoint(path, Overwrite::kNo).ok());
  auto recorded = configOfCheckpoint(path);
  ASSERT_TRUE(recorded.ok()) << recorded.error().text();
  auto fromFile = evaluateFile(*recorded, path, "demo#val");
  ASSERT_TRUE(fromFile.ok()) << fromFile.error().text();
  EXPECT_EQ(fromFile->detections, direct->detections);
  for (std::size_t i = 0; i < direct->metrics.size(); ++i)
    EXPECT_EQ(direct->metrics[i].value, fromFile->metrics[i].value) << direct->metrics[i].name;
}

TEST(Trainer, RefusesACheckpointOfOtherClasses) {
  const TemporaryFolder folder;
  const std::string path = (folder / "a.ckpt").string();
  {
    const auto trainer = prepareOrFail(smallConfig());
    ASSERT_TRUE(trainer);
    ASSERT_TRUE(trainer->saveCheckpoint(path, Overwrite::kNo).ok());
  }
  RunConfig other = smallConfig();
  other.data = writeCocoSet(folder, {{{1, 1, 20, 20}}});
  PrepareOptions options;
  options.checkpoint = path;
  auto trainer = Trainer::prepare(other, options);
  ASSERT_FALSE(trainer.ok());
  EXPECT_EQ(trainer.error().code, ErrorCode::kBadData);
}

TEST(Trainer, PreparingCanBeCancelled) {
  PrepareOptions options;
  options.progress = [](const std::string&, double) { return false; };
  auto trainer = Trainer::prepare(smallConfig(), options);
  ASSERT_FALSE(trainer.ok());
  EXPECT_EQ(trainer.error().code, ErrorCode::kCancelled);
}

TEST(Trainer, Bf16AutocastTrainsToFiniteLosses) {
  RunConfig config = smallConfig();
  set(config, "train.precision", "bf16_forced");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  for (const StepReport& report : train(*trainer, 3))
    EXPECT_TRUE(report.updated);
}

}  // namespace
}  // namespace anchorscope::testing
