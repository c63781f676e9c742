// What a method has learnt or remembers: it moves in training steps only, and goes on when a live option
// changes.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <tuple>

#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

constexpr int kSteps = 8, kWarmUp = 3;

/// Every scalar of every step; `between` is called after each step but the last.
std::vector<StepReport> trainWith(const RunConfig& config,
                                  const std::function<void(Trainer&, int stepsDone)>& between = {}) {
  std::vector<StepReport> all;
  const auto trainer = prepareOrFail(config);
  for (int done = 1; trainer && done <= kSteps; ++done) {
    for (StepReport& report : train(*trainer, 1))
      all.push_back(std::move(report));
    if (between && done < kSteps) between(*trainer, done);
  }
  return all;
}

void expectSame(const std::vector<StepReport>& expected, const std::vector<StepReport>& got) {
  ASSERT_EQ(expected.size(), got.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(expected[i].scalars.size(), got[i].scalars.size());
    for (std::size_t k = 0; k < expected[i].scalars.size(); ++k) {
      const ScalarValue &a = expected[i].scalars[k], &b = got[i].scalars[k];
      EXPECT_EQ(a.name, b.name);
      EXPECT_TRUE(a.value == b.value || (std::isnan(a.value) && std::isnan(b.value)))
          << "step " << i + 1 << ' ' << a.name << ' ' << a.value << ' ' << b.value;
    }
  }
}

class MethodState : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  /// With the model's own prior, so that no count is cached.
  static RunConfig config() {
    const auto [generation, optimizer] = GetParam();
    RunConfig config = smallConfig("sampling_free");
    set(config, "method.generation", generation);
    set(config, "method.bias_init", "model");
    set(config, "train.optimizer", optimizer);
    if (config.methodParams.applies("warmup_iters"))
      set(config, "method.warmup_iters", std::to_string(kWarmUp));
    return config;
  }
};

TEST_P(MethodState, LookingChangesNothing) {
  const std::vector<StepReport> alone = trainWith(config());
  const std::vector<StepReport> watched = trainWith(config(), [](Trainer& trainer, int done) {
    if (auto pending = trainer.capture(); pending.ready()) pending.take();
    trainer.explainNonFinite(done);
    EXPECT_TRUE(!trainer.canEvaluate() || trainer.evaluate({}).ok());
  });
  expectSame(alone, watched);
}

TEST_P(MethodState, GoesOnWhenALiveOptionChanges) {
  const std::vector<StepReport> straight = trainWith(config());
  // The value it has already: the method is rebuilt all the same, in the warm-up and after it.
  const std::vector<StepReport> changed = trainWith(config(), [](Trainer& trainer, int done) {
    if (done != 2 && done != kWarmUp + 2) return;
    const Status status = trainer.setParam("method.smooth_l1_beta", "0.11");
    EXPECT_TRUE(status.ok()) << status.error().text();
  });
  expectSame(straight, changed);
}

INSTANTIATE_TEST_SUITE_P(, MethodState,
                         ::testing::Combine(::testing::Values("2020", "2021a", "2021b", "2021c"),
                                            ::testing::Values("adamw", "sgd")),
                         [](const auto& parameter) {
                           return "Of" + std::string(std::get<0>(parameter.param)) + "_" +
                                  std::get<1>(parameter.param);
                         });

}  // namespace
}  // namespace anchorscope::testing
