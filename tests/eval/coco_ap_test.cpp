#include "core/eval/coco_ap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using Json = nlohmann::json;

std::vector<double> numbers(const Json& tensor) {
  return tensor.at("data").get<std::vector<double>>();
}

void expectClose(const std::string& key, const std::vector<double>& got, const Json& expected,
                 const Json& tolerance) {
  const std::vector<double> want = numbers(expected.at(key));
  ASSERT_EQ(got.size(), want.size()) << key;
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_LE(std::abs(got[i] - want[i]),
              tolerance.at("atol").get<double>() + tolerance.at("rtol").get<double>() * std::abs(want[i]))
        << key << "[" << i << "]: " << got[i] << " instead of " << want[i];
}

TEST(CocoAp, AgreesWithTheReferenceValues) {
  ANCHORSCOPE_REQUIRE_SHARED(folder, "goldens/eval");
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("coco_ap__")) continue;
    SCOPED_TRACE(entry.path().filename().string());
    const Json golden = Json::parse(testing::readFile(entry.path()));
    const Json& inputs = golden.at("inputs");
    const auto column = [&](const char* name) { return numbers(inputs.at(name)); };
    std::vector<EvalObject> objects;
    const auto gtImage = column("gt_image"), gtClass = column("gt_class"), gtBox = column("gt_xywh"),
               gtArea = column("gt_area"), gtCrowd = column("gt_crowd");
    for (std::size_t i = 0; i < gtImage.size(); ++i)
      objects.push_back({static_cast<std::int64_t>(gtImage[i]), static_cast<int>(gtClass[i]), gtBox[4 * i],
                         gtBox[4 * i + 1], gtBox[4 * i + 2], gtBox[4 * i + 3], gtArea[i], gtCrowd[i] != 0});
    std::vector<EvalDetection> detections;
    const auto image = column("det_image"), classes = column("det_class"), box = column("det_xywh"),
               score = column("det_score");
    for (std::size_t i = 0; i < image.size(); ++i)
      detections.push_back({static_cast<std::int64_t>(image[i]), static_cast<int>(classes[i]), box[4 * i],
                            box[4 * i + 1], box[4 * i + 2], box[4 * i + 3], score[i]});
    const Json& params = golden.at("params");
    const CocoAp ap = evaluateCocoAp(params.at("num_images"), params.at("num_classes"), objects, detections,
                                     params.at("max_dets").get<std::array<int, 3>>());
    const Json &expected = golden.at("expected"), &tolerance = golden.at("tolerance");
    expectClose("stats", {ap.stats.begin(), ap.stats.end()}, expected, tolerance);
    expectClose("ap_per_class", ap.apPerClass, expected, tolerance);
    expectClose("ap50_per_class", ap.ap50PerClass, expected, tolerance);
    expectClose("ar100_per_class", ap.ar100PerClass, expected, tolerance);
    std::vector<double> precision;
    for (const auto& row : ap.precisionIou50PerClass)
      precision.insert(precision.end(), row.begin(), row.end());
    expectClose("precision_iou50_all_maxdet100", precision, expected, tolerance);
    ++cases;
  }
  EXPECT_GE(cases, 6);
}

EvalObject object(double x, double size, bool crowd = false) {
  return {0, 0, x, 0, size, size, size * size, crowd};
}
EvalDetection detection(double x, double size, double score) {
  return {0, 0, x, 0, size, size, score};
}

TEST(CocoAp, FindingEverythingFirstIsOne) {
  const CocoAp ap =
      evaluateCocoAp(1, 1, {object(0, 40), object(100, 20)}, {detection(0, 40, .9), detection(100, 20, .8)});
  // Small and medium objects exist, large ones do not.
  EXPECT_THAT(ap.stats, ::testing::Pointwise(::testing::DoubleNear(1e-12),
                                             {1., 1., 1., 1., 1., -1., .5, 1., 1., 1., 1., -1.}));
}

TEST(CocoAp, AFalseAlarmAboveTheOnlyObjectHalvesThePrecision) {
  const CocoAp ap = evaluateCocoAp(1, 1, {object(0, 40)}, {detection(500, 40, .9), detection(0, 40, .8)});
  EXPECT_NEAR(ap.stats[0], 0.5, 1e-12);
  EXPECT_EQ(ap.stats[6], 0);  // the best detection alone finds nothing
  EXPECT_NEAR(ap.stats[8], 1, 1e-12);
}

TEST(CocoAp, ADetectionInsideACrowdIsNeitherRightNorWrong) {
  const std::vector<EvalObject> objects{object(0, 40), object(200, 100, true)};
  const CocoAp ap =
      evaluateCocoAp(1, 1, objects, {detection(210, 20, .9), detection(230, 20, .85), detection(0, 40, .8)});
  EXPECT_NEAR(ap.stats[0], 1, 1e-12);
}

TEST(CocoAp, NothingToFindIsUndefined) {
  const CocoAp ap = evaluateCocoAp(3, 2, {}, {detection(0, 10, .5)});
  EXPECT_THAT(ap.stats, ::testing::Each(-1));
  EXPECT_THAT(ap.apPerClass, ::testing::ElementsAre(-1, -1));
  EXPECT_THAT(ap.precisionIou50PerClass[1], ::testing::Each(-1));
  EXPECT_TRUE(evaluateCocoAp(0, 0, {}, {}).apPerClass.empty());
}

TEST(CocoAp, ANonFiniteScoreComesLast) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const CocoAp ap = evaluateCocoAp(1, 1, {object(0, 40)}, {detection(500, 40, nan), detection(0, 40, .1)});
  EXPECT_NEAR(ap.stats[0], 1, 1e-12);
}

TEST(CocoAp, RefusesRecordsOutsideTheSet) {
  EvalObject stray = object(0, 40);
  stray.image = 1;
  EXPECT_THROW(evaluateCocoAp(1, 1, {stray}, {}), CheckFailure);
}

}  // namespace
}  // namespace anchorscope
