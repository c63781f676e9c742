// An evaluation as scalars: what a run records of it is what was told while it trained.
#include "core/session/evaluation_scalars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/store/run_reader.h"
#include "tests/session/session_watch.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::SizeIs;

std::map<std::string, double> byName(const std::vector<ScalarValue>& values) {
  std::map<std::string, double> out;
  for (const ScalarValue& value : values)
    out[value.name] = value.value;
  return out;
}

void expectSame(const EvaluationEvent& a, const EvaluationEvent& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(byName(a.metrics), byName(b.metrics));
  EXPECT_EQ(byName(a.perClassAp), byName(b.perClassAp));
  EXPECT_EQ(byName(a.perClassAp50), byName(b.perClassAp50));
}

EvaluationEvent fromScalars(std::int64_t step, const std::vector<ScalarValue>& scalars) {
  const auto values = byName(scalars);
  std::vector<std::string> names;
  for (const auto& [name, value] : values)
    names.push_back(name);
  return evaluationOf(step, names, [&](const std::string& name) { return std::optional(values.at(name)); });
}

TEST(EvaluationScalars, ComeBackAsTheEvaluationWhateverTheClassesAreCalled) {
  EvaluationEvent evaluation;
  evaluation.step = 120;
  evaluation.metrics = {{"ap", 0.4}, {"ap50", 0.7}, {"ar_large", -1}};
  for (const char* name : {"rbc", "ap", "ap50/x", "", "eval.ap", "größe, \"2\""}) {
    evaluation.perClassAp.push_back({name, 0.01 * static_cast<double>(evaluation.perClassAp.size())});
    evaluation.perClassAp50.push_back({name, 0.5});
  }
  const std::vector<ScalarValue> scalars = evaluationScalars(evaluation);
  EXPECT_THAT(scalars, SizeIs(15));
  EXPECT_THAT(byName(scalars), SizeIs(15)) << "two of them have one name";
  expectSame(fromScalars(120, scalars), evaluation);
  for (std::size_t i = 0; i < scalars.size(); ++i)
    EXPECT_EQ(isClassScalar(scalars[i].name), i >= 3) << scalars[i].name;
}

TEST(EvaluationScalars, OtherScalarsAndValuesOfOtherStepsAreNoPartOfIt) {
  const EvaluationEvent read = evaluationOf(7, {"loss.cls", "eval.ap", "eval.ap/a", "eval.ap50/a"},
                                            [](const std::string& name) -> std::optional<double> {
                                              if (name == "eval.ap50/a") return std::nullopt;
                                              return 0.25;
                                            });
  EXPECT_EQ(byName(read.metrics), (std::map<std::string, double>{{"ap", 0.25}}));
  EXPECT_THAT(read.perClassAp, SizeIs(1));
  EXPECT_THAT(read.perClassAp50, SizeIs(0));
}

TEST(EvaluationScalars, ARunHoldsTheNumbersOfEveryClassThatWereToldLive) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  config.out = (folder / "run").string();
  set(config, "train.steps", "6");
  set(config, "train.eval_every", "4");
  set(config, "train.eval_max_images", "4");
  const auto session = startSession(config);
  SessionWatch watch(*session);
  watch.finish();
  const auto told = watch.all<EvaluationEvent>();
  ASSERT_THAT(told, SizeIs(2)) << "at step 4 and at the end";
  ASSERT_FALSE(told[0].perClassAp.empty());
  const auto run = openRun(config.out);
  ASSERT_TRUE(run) << run.error().text();
  for (const EvaluationEvent& live : told)
    expectSame(evaluationOf(live.step, (*run)->scalarNames(),
                            [&](const std::string& name) -> std::optional<double> {
                              const auto found = (*run)->scalarFrom(name, live.step, 1);
                              if (!found || found->steps != std::vector{live.step}) return std::nullopt;
                              return found->values.front();
                            }),
               live);
}

}  // namespace
}  // namespace anchorscope::testing
