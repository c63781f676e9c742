#include "core/eval/coco_ap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

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

// ---- masks

std::shared_ptr<const RunMask> maskOf(const std::vector<std::uint8_t>& pixels, SizePx size) {
  return std::make_shared<const RunMask>(maskOfPixels(pixels.data(), size));
}

/// The pixels of an image of 160 x 120 whose corners lie in an ellipse.
struct Ellipse {
  std::int64_t x, y, radiusX, radiusY;

  std::vector<std::uint8_t> pixels() const {
    std::vector<std::uint8_t> out;
    const std::int64_t xx = radiusX * radiusX, yy = radiusY * radiusY;
    for (std::int64_t v = 0; v < 120; ++v)
      for (std::int64_t u = 0; u < 160; ++u)
        out.push_back((u - x) * (u - x) * yy + (v - y) * (v - y) * xx <= xx * yy ? 1 : 0);
    return out;
  }
};

/// A sequence that is easily written again elsewhere.
struct Sequence {
  std::uint64_t state = 12345;
  std::int64_t below(std::uint64_t count) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return static_cast<std::int64_t>((state >> 8U) % count);
  }
  Ellipse ellipse() {
    const std::int64_t x = below(160), y = below(120), radiusX = 4 + below(76), radiusY = 4 + below(66);
    return {x, y, radiusX, radiusY};
  }
};

TEST(CocoApOfMasks, IsPycocotools) {
  Sequence sequence;
  std::vector<EvalObject> objects;
  std::vector<EvalDetection> detections;
  for (std::int64_t image = 0; image < 8; ++image)
    for (int c = 0; c < 3; ++c) {
      const auto detect = [&](const Ellipse& shape) {
        const double score = static_cast<double>(sequence.below(20)) / 20;
        detections.push_back({image, c, 0, 0, 0, 0, score, maskOf(shape.pixels(), {160, 120})});
      };
      for (std::int64_t k = 2 + sequence.below(5); k > 0; --k) {
        const Ellipse shape = sequence.ellipse();
        const bool crowd = sequence.below(6) == 0;
        const auto mask = maskOf(shape.pixels(), {160, 120});
        // Annotated areas are not quite the masks'.
        const double area =
            static_cast<double>(extentOf(*mask).area) * static_cast<double>(80 + sequence.below(41)) / 100;
        objects.push_back({image, c, 0, 0, 1, 1, area, crowd, mask});
        for (std::int64_t d = sequence.below(3); d > 0; --d) {
          Ellipse near = shape;
          near.x += sequence.below(9) - 4;
          near.y += sequence.below(9) - 4;
          near.radiusX += sequence.below(7) - 3;
          near.radiusY += sequence.below(7) - 3;
          detect(near);
        }
      }
      for (std::int64_t d = sequence.below(9); d > 0; --d)
        detect(sequence.ellipse());
    }
  ASSERT_EQ(objects.size(), 100u);
  ASSERT_EQ(detections.size(), 184u);
  const CocoAp ap = evaluateCocoAp(8, 3, objects, detections, {1, 10, 100}, ApOf::kMasks);
  // Computed by pycocotools 2.0.11 (COCOeval, "segm") from the same shapes, encoded by its own mask.encode.
  const auto near = [](std::vector<double> values) {
    return ::testing::Pointwise(::testing::DoubleNear(1e-12), std::move(values));
  };
  EXPECT_THAT(ap.stats, near({0.2063302643262898, 0.3266814033818408, 0.211585914844863, 0.05768806642569019,
                              0.2432344448768693, 0.4833333333333333, 0.0658289241622575, 0.43231922398589073,
                              0.4707671957671958, 0.1962962962962963, 0.51243961352657, 0.6333333333333333}));
  EXPECT_THAT(ap.apPerClass, near({0.10748416004907972, 0.3227251309314817, 0.18878150199830795}));
  EXPECT_THAT(ap.ap50PerClass, near({0.2002298691407602, 0.4464042558101963, 0.333410085194566}));
  EXPECT_THAT(ap.ar100PerClass, near({0.38571428571428573, 0.5444444444444445, 0.4821428571428571}));
}

TEST(CocoApOfMasks, OfOneObjectIsTheShareOfThresholdsThatTheirPixelsReach) {
  Sequence sequence;
  std::set<std::size_t> reached;
  for (int trial = 0; trial < 60; ++trial) {
    const Ellipse shape = sequence.ellipse();
    Ellipse found = shape;
    found.radiusX += sequence.below(30);
    found.x += sequence.below(5);
    const std::vector<std::uint8_t> a = found.pixels(), b = shape.pixels();
    int both = 0, either = 0, all = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      both += a[i] & b[i];
      either += a[i] | b[i];
      all += a[i];
    }
    std::size_t thresholds = 0;
    for (int t = 0; t < 10; ++t)
      thresholds += 20 * both >= (10 + t) * either ? 1 : 0;
    reached.insert(thresholds);
    const EvalObject object{0, 0, 0, 0, 1, 1, 1000, false, maskOf(b, {160, 120})};
    const EvalDetection detection{0, 0, 0, 0, 1, 1, .5, maskOf(a, {160, 120})};
    const CocoAp ap = evaluateCocoAp(1, 1, {object}, {detection}, {1, 10, 100}, ApOf::kMasks);
    EXPECT_NEAR(ap.stats[0], static_cast<double>(thresholds) / 10, 1e-12);
  }
  EXPECT_GE(reached.size(), 6u);
}

TEST(CocoApOfMasks, OfRectanglesIsThatOfTheirBoxes) {
  Sequence sequence;
  std::vector<EvalObject> objects;
  std::vector<EvalDetection> detections;
  const auto rectangle = [](double x, double y, double width, double height) {
    std::vector<std::uint8_t> pixels;
    for (int v = 0; v < 120; ++v)
      for (int u = 0; u < 160; ++u)
        pixels.push_back(u >= x && u < x + width && v >= y && v < y + height ? 1 : 0);
    return maskOf(pixels, {160, 120});
  };
  for (int i = 0; i < 120; ++i) {
    const std::int64_t image = sequence.below(6);
    const double x = static_cast<double>(8 * sequence.below(15)),
                 y = static_cast<double>(8 * sequence.below(10)),
                 width = 9 + static_cast<double>(sequence.below(30)),
                 height = 9 + static_cast<double>(sequence.below(30));
    if (i % 3 == 0) {
      objects.push_back(
          {image, 0, x, y, width, height, width * height, i % 4 == 0, rectangle(x, y, width, height)});
    }
    const double off = static_cast<double>(sequence.below(3));
    detections.push_back({image, 0, x + off, y, width, height, static_cast<double>(sequence.below(9)),
                          rectangle(x + off, y, width, height)});
  }
  const CocoAp boxes = evaluateCocoAp(6, 1, objects, detections);
  const CocoAp masks = evaluateCocoAp(6, 1, objects, detections, {1, 10, 100}, ApOf::kMasks);
  EXPECT_EQ(boxes.stats, masks.stats);
  EXPECT_GT(masks.stats[0], 0.1);
  EXPECT_LT(masks.stats[0], 0.9);
}

TEST(CocoApOfMasks, OfACrowdCountsWhatLiesInIt) {
  EvalObject found = object(0, 40), crowd = object(60, 40, true);
  found.mask = maskOf(Ellipse{20, 20, 15, 15}.pixels(), {160, 120});
  crowd.mask = maskOf(Ellipse{100, 60, 40, 40}.pixels(), {160, 120});
  EvalDetection right = detection(0, 1, .8), inside = detection(0, 1, .9), beside = detection(0, 1, .9);
  right.mask = found.mask;
  inside.mask = maskOf(Ellipse{90, 60, 9, 9}.pixels(), {160, 120});
  beside.mask = maskOf(Ellipse{62, 30, 9, 9}.pixels(), {160, 120});
  const auto apOf = [&](const EvalDetection& other) {
    return evaluateCocoAp(1, 1, {found, crowd}, {other, other, right}, {1, 10, 100}, ApOf::kMasks).stats[0];
  };
  EXPECT_NEAR(apOf(inside), 1, 1e-12);
  EXPECT_NEAR(apOf(beside), 1. / 3, 1e-12) << "two false alarms first";
}

TEST(CocoApOfMasks, WithoutAMask) {
  EvalObject with = object(0, 40), without = object(60, 40);
  with.mask = maskOf(Ellipse{20, 20, 15, 15}.pixels(), {160, 120});
  EvalDetection right = detection(0, 1, .8);
  const auto evaluate = [&] {
    return evaluateCocoAp(1, 1, {with, without}, {right}, {1, 10, 100}, ApOf::kMasks);
  };
  EXPECT_THROW(evaluate(), CheckFailure);
  right.mask = with.mask;
  EXPECT_NEAR(evaluate().stats[0], 1, 1e-12) << "the other object is none here";
  EXPECT_NEAR(evaluate().stats[8], 1, 1e-12);
  right.mask = maskOf(std::vector<std::uint8_t>(64, 1), {8, 8});
  EXPECT_THROW(evaluate(), CheckFailure) << "masks of two images";
}

}  // namespace
}  // namespace anchorscope
