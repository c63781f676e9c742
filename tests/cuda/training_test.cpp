// Whole training on a device: steps, capture, evaluation and resuming, against the CPU.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/cuda/device_test.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope {
namespace {

using testing::prepareOrFail;
using testing::set;
using testing::smallConfig;
using testing::TemporaryFolder;
using testing::train;

struct Case {
  const char *title, *method, *model;
  std::vector<std::pair<const char*, const char*>> settings;
};
std::ostream& operator<<(std::ostream& stream, const Case& tested) {
  return stream << tested.title;
}

class TrainingOnDevice : public ::testing::TestWithParam<std::tuple<Case, const char*>> {
 protected:
  void SetUp() override { testing::requireDevice(std::get<1>(GetParam())); }
  RunConfig config(const std::string& device) const {
    const Case& tested = std::get<0>(GetParam());
    RunConfig config = smallConfig(tested.method, tested.model);
    set(config, "train.device", device);
    set(config, "train.optimizer", "sgd");
    set(config, "train.lr", "0.002");
    for (const auto& [key, value] : tested.settings)
      set(config, key, value);
    return config;
  }
  RunConfig onCpu() const { return config("cpu"); }
  RunConfig onDevice() const { return config(std::get<1>(GetParam())); }
};

TEST_P(TrainingOnDevice, StepsAndEvaluationAgreeWithTheCpu) {
  const auto cpu = prepareOrFail(onCpu()), device = prepareOrFail(onDevice());
  ASSERT_TRUE(cpu && device);
  const auto expected = train(*cpu, 3), got = train(*device, 3);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t step = 0; step < got.size(); ++step) {
    ASSERT_EQ(got[step].scalars.size(), expected[step].scalars.size());
    EXPECT_TRUE(got[step].updated);
    for (std::size_t i = 0; i < got[step].scalars.size(); ++i) {
      const ScalarValue &a = got[step].scalars[i], &b = expected[step].scalars[i];
      EXPECT_EQ(a.name, b.name);
      if (a.name.rfind("loss", 0) != 0 && a.name != "train.grad_norm") continue;
      EXPECT_NEAR(a.value, b.value, 2e-3 * std::abs(b.value) + 1e-5) << a.name << " of step " << step + 1;
    }
  }
  const auto evaluated = device->evaluate({}), wanted = cpu->evaluate({});
  ASSERT_TRUE(evaluated.ok() && wanted.ok());
  EXPECT_EQ(evaluated->objects, wanted->objects);
  EXPECT_NEAR(testing::valueOf(evaluated->metrics, "ap"), testing::valueOf(wanted->metrics, "ap"), 0.02);
}

TEST_P(TrainingOnDevice, CapturesWhatTheCpuCaptures) {
  const auto cpu = prepareOrFail(onCpu()), device = prepareOrFail(onDevice());
  ASSERT_TRUE(cpu && device);
  const auto expected = cpu->capture().take(), got = device->capture().take();
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t k = 0; k < got.size(); ++k) {
    const StageEvidence &its = *got[k]->stages.front(), &wanted = *expected[k]->stages.front();
    ASSERT_EQ(its.channels.size(), wanted.channels.size());
    for (std::size_t c = 0; c < its.channels.size(); ++c) {
      const Channel &a = its.channels[c], &b = wanted.channels[c];
      ASSERT_EQ(a.values.size(), b.values.size()) << b.spec.name;
      std::size_t apart = 0;
      for (std::size_t i = 0; i < a.values.size(); ++i) {
        const bool same = std::isnan(b.values[i])
                              ? std::isnan(a.values[i])
                              : std::abs(a.values[i] - b.values[i]) <= 1e-3F * std::abs(b.values[i]) + 1e-4F;
        apart += same ? 0 : 1;
      }
      EXPECT_EQ(apart, 0U) << b.spec.name;
    }
    ASSERT_EQ(its.pairTables.size(), wanted.pairTables.size());
    for (std::size_t t = 0; t < its.pairTables.size(); ++t)
      EXPECT_EQ(its.pairTables[t].candidate, wanted.pairTables[t].candidate);
  }
}

TEST_P(TrainingOnDevice, GoesOnFromACheckpoint) {
  const TemporaryFolder folder;
  const std::string checkpoint = (folder.path() / "checkpoint.safetensors").string();
  const auto straight = prepareOrFail(onDevice()), first = prepareOrFail(onDevice());
  ASSERT_TRUE(straight && first);
  const auto wanted = train(*straight, 4);
  train(*first, 2);
  ASSERT_TRUE(first->saveCheckpoint(checkpoint, Overwrite::kNo).ok());
  const auto second = prepareOrFail(onDevice(), checkpoint);
  ASSERT_TRUE(second);
  const auto got = train(*second, 2);
  ASSERT_EQ(got.size(), 2U);
  const double last = testing::valueOf(got.back().scalars, "loss.total"),
               expected = testing::valueOf(wanted.back().scalars, "loss.total");
  EXPECT_NEAR(last, expected, 1e-5 * expected);
  // And on the CPU.
  RunConfig moved = onCpu();
  const auto third = prepareOrFail(moved, checkpoint);
  ASSERT_TRUE(third);
  EXPECT_NEAR(testing::valueOf(train(*third, 2).back().scalars, "loss.total"), expected, 2e-3 * expected);
}

INSTANTIATE_TEST_SUITE_P(
    Devices, TrainingOnDevice,
    ::testing::Combine(
        ::testing::Values(Case{"musu", "musu", "retina-small", {}},
                          Case{"max_iou", "max_iou", "retina-small", {}},
                          Case{"fcos", "fcos", "fcos-small", {}}, Case{"atss", "atss", "atss-small", {}},
                          Case{"accumulated", "max_iou", "retina-small", {{"train.accumulate", "3"}}},
                          // What is evaluated is far from the last step's weights.
                          Case{"averaged",
                               "max_iou",
                               "retina-small",
                               {{"train.ema_decay", "0.5"}, {"train.ema_warmup", "none"}}},
                          Case{"accumulated_and_averaged",
                               "atss",
                               "atss-small",
                               {{"train.accumulate", "2"}, {"train.ema_decay", "0.9"}}}),
        testing::oneDevice()),
    [](const auto& entry) { return std::string(std::get<0>(entry.param).title); });

/// bf16 has 8 bits: a rounding is 0.4 % at most, and the layers' do not all go one way.
constexpr double kBf16Share = 0.02;

class Bf16OnDevice : public TrainingOnDevice {
 protected:
  std::vector<StepReport> losses(RunConfig config, const char* precision, int steps) const {
    set(config, "train.precision", precision);
    const auto trainer = prepareOrFail(config);
    return trainer ? train(*trainer, steps) : std::vector<StepReport>();
  }
};

TEST_P(Bf16OnDevice, StepsAreThoseOfFp32ButForRounding) {
  const auto rounded = losses(onDevice(), "bf16_forced", 3), exact = losses(onDevice(), "fp32", 3),
             onTheCpu = losses(onCpu(), "bf16_forced", 3);
  ASSERT_TRUE(rounded.size() == 3 && exact.size() == 3 && onTheCpu.size() == 3);
  bool differ = false;
  for (std::size_t step = 0; step < 3; ++step)
    for (const char* name : {"loss.total", "loss.cls", "loss.loc"}) {
      const double value = testing::valueOf(rounded[step].scalars, name),
                   wanted = testing::valueOf(exact[step].scalars, name),
                   cpu = testing::valueOf(onTheCpu[step].scalars, name);
      EXPECT_NEAR(value, wanted, kBf16Share * wanted) << name << " of step " << step + 1;
      EXPECT_NEAR(value, cpu, kBf16Share * cpu) << name << " of step " << step + 1;
      differ |= value != wanted;
    }
  EXPECT_TRUE(differ) << "it computed in bf16";
}

INSTANTIATE_TEST_SUITE_P(
    Devices, Bf16OnDevice,
    ::testing::Combine(
        ::testing::Values(Case{"musu", "musu", "retina-small", {}}, Case{"fcos", "fcos", "fcos-small", {}},
                          Case{"accumulated", "max_iou", "retina-small", {{"train.accumulate", "2"}}}),
        testing::oneDevice()),
    [](const auto& entry) { return std::string(std::get<0>(entry.param).title); });

}  // namespace
}  // namespace anchorscope
