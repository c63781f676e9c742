// What is said of a recording before anything is opened, against what it takes.
#include "core/session/record_forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/session/session_watch.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

RunConfig recorded(const std::string& method, const std::string& model) {
  RunConfig config = smallConfig(method, model);
  set(config, "train.steps", "4");
  set(config, "train.record_every", "2");
  set(config, "train.probe_count", "3");
  set(config, "train.eval_max_images", "2");
  return config;
}

/// Bytes of a moment as forecast and as recorded.
void expectNear(RunConfig config, double mostAbove = 2) {
  const TemporaryFolder folder;
  config.out = (folder / "run").string();
  const auto forecast = forecastRecording(config);
  ASSERT_TRUE(forecast) << forecast.error().text();
  EXPECT_EQ(forecast->probes, 3);
  ASSERT_TRUE(forecast->objectBytes);
  const auto session = startSession(config);
  SessionWatch(*session).finish();
  const auto snapshot = session->latestSnapshot();
  ASSERT_TRUE(snapshot);
  const RecordingState& recording = snapshot->status.recording;
  ASSERT_EQ(recording.evidenceSteps, 3);
  double expected = 3 * forecast->frameBytes;
  for (const auto& frame : snapshot->probes)
    expected += *forecast->objectBytes * static_cast<double>(frame->image->objects.size());
  const double taken = static_cast<double>(recording.evidenceBytes) / 3;
  EXPECT_GT(expected, taken / 2);
  EXPECT_LT(expected, taken * mostAbove);
}

TEST(RecordForecast, IsNearWhatIsRecordedForEveryMethod) {
  for (const auto& [method, model] : {std::pair{"musu", "retina-small"},
                                      {"max_iou", "retina-small"},
                                      {"harmonic", "retina-small"},
                                      {"atss", "retina-small"},
                                      {"fcos", "fcos-small"}}) {
    SCOPED_TRACE(method);
    // ATSS considers fewer pairs of an object than evidence_pairs, so it takes less.
    expectNear(recorded(method, model), std::string(method) == "atss" ? 3 : 2);
  }
}

TEST(RecordForecast, KnowsOfMoreAnchorsLargerInputsAndImportanceMaps) {
  RunConfig config = recorded("max_iou", "retina-small");
  set(config, "train.size", "128");
  set(config, "model.ratios", "0.5,1,2");
  expectNear(config);
  set(config, "model.downsampling", "lip");
  expectNear(config);
}

TEST(RecordForecast, IsToldForPeople) {
  RunConfig config = recorded("musu", "retina-small");
  set(config, "train.steps", "1000");
  set(config, "train.record_every", "50");
  EXPECT_THAT(recordForecastText(config), StartsWith("3 probes × 21 steps ≈ "));
  EXPECT_THAT(recordForecastText(config), HasSubstr(" more for every object in an image (its pairs)"));
  config.probes = {"a", "b"};
  EXPECT_THAT(recordForecastText(config), StartsWith("2 probes × 21 steps ≈ "));
  set(config, "train.evidence_pairs", "0");
  EXPECT_THAT(recordForecastText(config), HasSubstr("and the pairs of the objects, as many as there are"));
  set(config, "train.steps", "0");
  EXPECT_THAT(recordForecastText(config), HasSubstr("per 1000 steps"));
  set(config, "train.steps", "1000000");
  set(config, "train.record_every", "1");
  EXPECT_THAT(recordForecastText(config), HasSubstr("record_budget is 4.0 GB"));
  set(config, "train.record_every", "0");
  EXPECT_EQ(recordForecastText(config), "scalars only: record_every is 0");
  set(config, "train.record_every", "1");
  set(config, "model.ratios", "many");
  EXPECT_EQ(recordForecastText(config), "");
  RunConfig inEpochs = recorded("musu", "retina-small");
  set(inEpochs, "train.steps", "12e");
  EXPECT_THAT(recordForecastText(inEpochs), HasSubstr("told when the run starts: steps is in epochs (12e)"));
  inEpochs.train.setStepsPerEpoch(100);
  set(inEpochs, "train.record_every", "50");
  EXPECT_THAT(recordForecastText(inEpochs), StartsWith("3 probes × 25 steps ≈ "));
  RunConfig none = recorded("musu", "retina-small");
  set(none, "train.probe_count", "0");
  EXPECT_EQ(recordForecastText(none), "scalars only: there are no probes");
}

}  // namespace
}  // namespace anchorscope::testing
