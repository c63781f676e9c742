// Worked examples and a brute-force oracle of FCOS's assignment.

#include <cmath>
#include <limits>

#include "tests/assigners/assigner_testing.h"

namespace anchorscope {
namespace {

using testing::Changes;
using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::makeDenseScene;
using testing::makeWorkedScene;
using testing::objectsOf;
using testing::RecordingSink;
using testing::verdicts;

ParamSet options(const Changes& changes) {
  return testing::assignerOptions("fcos", changes);
}

Assignment run(const DenseScene& scene, const ParamSet& set, EvidenceSink* sink = nullptr) {
  return testing::runAssigner("fcos", scene, set, sink);
}

/// A location as its box of 8 px.
Box at8(float x, float y) {
  return {x - 4, y - 4, x + 4, y + 4};
}

/// Locations of several levels (strides 8, 16, ...), so many each.
DenseScene onLevels(const std::vector<Box>& locations, const std::vector<int>& perLevel,
                    const std::vector<Box>& objects) {
  DenseScene scene = makeWorkedScene(locations, objects, std::vector<std::int64_t>(objects.size(), 0), 1);
  scene.anchors.levels.clear();
  std::vector<at::Tensor> strides;
  std::int64_t first = 0;
  int stride = 8;
  for (const int count : perLevel) {
    scene.anchors.levels.push_back({stride, 1, count, 1, first});
    strides.push_back(at::full({count}, static_cast<float>(stride)));
    first += count;
    stride *= 2;
  }
  scene.anchors.strides = at::cat(strides);
  return scene;
}

const Changes kAnywhere = {{"fcos_convention", "mmdet"}, {"center_sampling", "false"}};

TEST(Fcos, TheSmallestObjectThatHoldsALocationGetsIt) {
  const std::vector<Box> objects = {{0, 0, 40, 40}, {10, 10, 30, 30}};
  const DenseScene scene =
      makeWorkedScene({at8(20, 20), at8(5, 20), at8(10, 20), at8(50, 20)}, objects, {0, 1}, 2);
  // (10, 20) lies on the small object's edge, which is outside.
  EXPECT_EQ(objectsOf(run(scene, options(kAnywhere))), (std::vector<std::int64_t>{1, 0, 0, -1}));
}

TEST(Fcos, OfObjectsOfOneAreaTheFirstGetsTheLocation) {
  const DenseScene scene = makeWorkedScene({at8(20, 20)}, {{5, 10, 30, 30}, {10, 10, 35, 30}}, {0, 1}, 2);
  EXPECT_EQ(objectsOf(run(scene, options(kAnywhere))), (std::vector<std::int64_t>{0}));
}

TEST(Fcos, TheCentreWindowIsOpen) {
  // Radius 1.5 strides of 8 px: 12 px.
  const DenseScene scene =
      makeWorkedScene({at8(50, 50), at8(61.5f, 50), at8(62, 50), at8(50, 38)}, {{0, 0, 100, 100}}, {0}, 1);
  EXPECT_EQ(objectsOf(run(scene, options({}))), (std::vector<std::int64_t>{0, 0, -1, -1}));
  EXPECT_EQ(objectsOf(run(scene, options({{"center_radius", "1.6"}}))),
            (std::vector<std::int64_t>{0, 0, 0, 0}));
  EXPECT_EQ(objectsOf(run(scene, options(kAnywhere))), (std::vector<std::int64_t>{0, 0, 0, 0}));
}

TEST(Fcos, TorchvisionAlwaysSamplesCentres) {
  const DenseScene scene = makeWorkedScene({at8(80, 50)}, {{0, 0, 100, 100}}, {0}, 1);
  EXPECT_EQ(objectsOf(run(scene, options({{"center_sampling", "false"}}))), (std::vector<std::int64_t>{-1}));
}

TEST(Fcos, LevelRangesAreOpenInTorchvisionAndClosedInMmdet) {
  // Squares around (200, 200) with half sides 63, 64, 65 px; ranges 0..64, 64..inf for strides 8 and 16.
  for (const auto& [half, torchvision, mmdet] :
       {std::tuple<float, std::vector<std::int64_t>, std::vector<std::int64_t>>{63, {0, -1}, {0, -1}},
        {64, {-1, -1}, {0, 0}},
        {65, {-1, 0}, {-1, 0}}}) {
    const DenseScene scene =
        onLevels({at8(200, 200), at8(200, 200)}, {1, 1}, {{200 - half, 200 - half, 200 + half, 200 + half}});
    EXPECT_EQ(objectsOf(run(scene, options({}))), torchvision) << half;
    EXPECT_EQ(objectsOf(run(scene, options({{"fcos_convention", "mmdet"}}))), mmdet) << half;
  }
}

TEST(Fcos, RangesFitAnyNumberOfLevels) {
  const auto levelOf = [](float half, const std::string& ranges) {
    const DenseScene scene = onLevels({at8(2000, 2000), at8(2000, 2000), at8(2000, 2000), at8(2000, 2000)},
                                      {1, 1, 1, 1}, {{2000 - half, 2000 - half, 2000 + half, 2000 + half}});
    const auto objects = objectsOf(run(scene, options({{"regress_ranges", ranges}})));
    return std::find(objects.begin(), objects.end(), 0) - objects.begin();
  };
  // Empty: 0..64, 64..128, 128..256, 256..
  EXPECT_EQ(levelOf(100, ""), 1);
  EXPECT_EQ(levelOf(1000, ""), 3);
  // One bound: 0..10, 10..20, 20..40, 40..
  EXPECT_EQ(levelOf(9, "10"), 0);
  EXPECT_EQ(levelOf(15, "10"), 1);
  EXPECT_EQ(levelOf(39, "10"), 2);
  EXPECT_EQ(levelOf(41, " 10 "), 3);
  // More bounds than levels: the last level is open all the same.
  EXPECT_EQ(levelOf(900, "64,128,256,512"), 3);
}

TEST(Fcos, BadRangesAreOneClearUsageError) {
  for (const char* text : {"64,32", "0", "a", "64;128", "64,", "-1,64", "64,64", "nan", "1e30"}) {
    const auto made = makeAssigner("fcos", options({{"regress_ranges", text}}));
    ASSERT_FALSE(made.ok()) << text;
    EXPECT_EQ(made.error().code, ErrorCode::kUsage);
    EXPECT_NE(made.error().message.find("regress_ranges"), std::string::npos);
  }
}

TEST(Fcos, CenternessByHandAndAsBoxWeight) {
  // l 10, t 20, r 30, b 20: sqrt(10/30 * 20/20)
  const DenseScene scene = makeWorkedScene({at8(10, 20), at8(90, 20)}, {{0, 0, 40, 40}}, {0}, 1);
  const Assignment plain = run(scene, options(kAnywhere));
  EXPECT_FLOAT_EQ(plain.quality.at(0).target[0][0].item<float>(), std::sqrt(1.f / 3));
  EXPECT_EQ(plain.quality.at(0).target[0][1].item<float>(), 0);
  EXPECT_EQ(plain.regWeight[0][0].item<float>(), 1);
  Changes weighted = kAnywhere;
  weighted.emplace_back("box_weight", "centerness");
  EXPECT_TRUE(at::equal(run(scene, options(weighted)).regWeight, plain.quality.at(0).target));
}

/// The rule, pair by pair.
std::vector<std::int64_t> oracle(const DenseScene& scene, std::int64_t image, bool mmdet, bool sampling,
                                 double radius, const std::vector<double>& bounds) {
  const at::Tensor anchors = scene.anchors.boxes.to(at::kDouble),
                   objects = scene.targets.boxes[image].to(at::kDouble);
  std::vector<std::int64_t> result;
  for (std::size_t level = 0; level < scene.anchors.levels.size(); ++level) {
    const LevelLayout& layout = scene.anchors.levels[level];
    const bool last = level + 1 == scene.anchors.levels.size();
    const double low = level == 0 ? 0 : bounds.empty() ? 4 * layout.stride : bounds[level - 1];
    const double high = last             ? std::numeric_limits<double>::infinity()
                        : bounds.empty() ? 8 * layout.stride
                                         : bounds[level];
    for (std::int64_t i = layout.firstAnchor; i < layout.firstAnchor + layout.anchorCount(); ++i) {
      const auto a = [&](int k) { return anchors[i][k].item<double>(); };
      const double x = (a(0) + a(2)) / 2, y = (a(1) + a(3)) / 2;
      double smallest = std::numeric_limits<double>::infinity();
      std::int64_t winner = -1;
      for (std::int64_t g = 0; g < objects.size(0); ++g) {
        if (!scene.targets.valid[image][g].item<bool>()) continue;
        const auto o = [&](int k) { return objects[g][k].item<double>(); };
        const double sides[4] = {x - o(0), y - o(1), o(2) - x, o(3) - y};
        const double least = *std::min_element(sides, sides + 4), most = *std::max_element(sides, sides + 4);
        if (least <= 0) continue;
        if (mmdet ? most < low || most > high : most <= low || most >= high) continue;
        if (sampling) {
          const double reach = radius * layout.stride, cx = (o(0) + o(2)) / 2, cy = (o(1) + o(3)) / 2;
          // mmdet's form: inside the window clipped to the box.
          if (x <= std::max(cx - reach, o(0)) || x >= std::min(cx + reach, o(2)) ||
              y <= std::max(cy - reach, o(1)) || y >= std::min(cy + reach, o(3)))
            continue;
        }
        const double area = (o(2) - o(0)) * (o(3) - o(1));
        if (area < smallest) {
          smallest = area;
          winner = g;
        }
      }
      result.push_back(winner);
    }
  }
  return result;
}

TEST(Fcos, AgreesWithTheRulePairByPair) {
  std::int64_t positives = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed)
    for (const bool mmdet : {false, true})
      for (const bool sampling : {true, false}) {
        if (!mmdet && !sampling) continue;
        for (const bool given : {false, true}) {
          DenseSceneOptions made;
          made.points = true;
          made.objects = {6, 0, 2};
          made.batch = 3;
          made.padTo = 7;
          made.seed = seed;
          const DenseScene scene = makeDenseScene(made);
          const Assignment assignment =
              run(scene, options({{"fcos_convention", mmdet ? "mmdet" : "torchvision"},
                                  {"center_sampling", sampling ? "true" : "false"},
                                  {"center_radius", "1.25"},
                                  {"regress_ranges", given ? "16" : ""}}));
          for (std::int64_t image = 0; image < 3; ++image) {
            const auto expected = oracle(scene, image, mmdet, sampling, 1.25,
                                         given ? std::vector<double>{16} : std::vector<double>{});
            EXPECT_EQ(objectsOf(assignment, image), expected) << "seed " << seed << ", image " << image;
            positives +=
                static_cast<std::int64_t>(expected.size()) - std::count(expected.begin(), expected.end(), -1);
          }
        }
      }
  EXPECT_GT(positives, 100);
}

TEST(Fcos, LocationsInRegionsToIgnoreLearnNothing) {
  std::int64_t ignored = 0, taken = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    DenseSceneOptions made;
    made.points = true;
    made.objects = {6, 2};
    made.ignoreRegions = 2;
    made.seed = seed;
    const DenseScene scene = makeDenseScene(made);
    for (const double bound : {0.3, 0.75}) {
      RecordingSink sink;
      const Assignment assignment = run(scene, options({{"ignore_iof_thr", std::to_string(bound)}}), &sink);
      for (std::int64_t image = 0; image < 2; ++image) {
        auto expected = oracle(scene, image, false, true, 1.5, {});
        const std::vector<double> shares = testing::sharesInIgnored(scene, image);
        for (std::size_t i = 0; i < expected.size(); ++i)
          if (shares[i] > bound) {
            taken += expected[i] >= 0 ? 1 : 0;
            expected[i] = -2;
            ++ignored;
          }
        EXPECT_EQ(objectsOf(assignment, image), expected) << "seed " << seed << ", image " << image;
      }
      EXPECT_TRUE(
          assignment.quality.at(0).target.index({assignment.clsObject == -2}).eq(0).all().item<bool>());
    }
    EXPECT_EQ(objectsOf(run(scene, options({}))), oracle(scene, 0, false, true, 1.5, {}))
        << "off unless asked for";
  }
  EXPECT_GT(ignored, 50);
  EXPECT_GT(taken, 0) << "of those that an object wanted as well";
}

TEST(Fcos, ManyLocationsInTilesGiveTheSame) {
  // More pairs than are looked at together, and one object far from all but the last location.
  std::vector<Box> locations;
  for (int i = 0; i < 40000; ++i)
    locations.push_back(at8(static_cast<float>(i % 200), static_cast<float>(i / 200)));
  locations.push_back(at8(1000, 1000));
  std::vector<Box> objects(60, Box{-50, -50, -40, -40});
  objects[59] = {990, 990, 1010, 1010};
  const DenseScene scene = makeWorkedScene(locations, objects, std::vector<std::int64_t>(60, 0), 1);
  const auto got = objectsOf(run(scene, options({})));
  EXPECT_EQ(got.size(), 40001u);
  EXPECT_EQ(got.back(), 59);
  EXPECT_EQ(std::count(got.begin(), got.end(), -1), 40000);
}

// ---- what is shown ---------------------------------------------------------------------------------------

constexpr auto kPassed = TestVerdict::kPassed;
constexpr auto kFailed = TestVerdict::kFailed;
constexpr auto kNotApplicable = TestVerdict::kNotApplicable;

TEST(FcosDecision, NamesTheTestThatFailed) {
  // In turn: taken; lost to the smaller object; outside the centre window; outside the box.
  const DenseScene scene = makeWorkedScene({at8(50, 50), at8(58, 50), at8(70, 50), at8(150, 50)},
                                           {{0, 0, 100, 100}, {55, 40, 61, 60}}, {0, 1}, 2);
  const auto tell = [&](int anchor, int object) {
    return testing::decide("fcos", scene, options({}), anchor, object);
  };
  EXPECT_EQ(verdicts(tell(0, 0)), (std::vector<TestVerdict>{kPassed, kPassed, kPassed, kPassed, kPassed}));
  EXPECT_EQ(tell(0, 0).outcomes[0].kind, DecisionOutcome::Kind::kTaken);

  const Decision lost = tell(1, 0);
  EXPECT_EQ(verdicts(lost), (std::vector<TestVerdict>{kPassed, kPassed, kPassed, kPassed, kFailed}));
  EXPECT_EQ(lost.outcomes[0].kind, DecisionOutcome::Kind::kLost);
  EXPECT_EQ(lost.outcomes[0].winner, 1);
  EXPECT_EQ(lost.rows[4].value, 10000.f);
  EXPECT_EQ(lost.rows[4].bound, 120.f);

  const Decision far = tell(2, 0);
  EXPECT_EQ(verdicts(far), (std::vector<TestVerdict>{kPassed, kFailed, kPassed, kPassed, kNotApplicable}));
  EXPECT_EQ(far.rows[1].value, 2.5f);
  EXPECT_EQ(far.rows[1].bound, 1.5f);

  const Decision outside = tell(3, 0);
  EXPECT_FALSE(outside.considered);
  EXPECT_NE(outside.summary.find("outside"), std::string::npos);
}

TEST(FcosDecision, NamesTheRegionToIgnore) {
  DenseScene scene = makeWorkedScene({at8(50, 50), at8(58, 50)}, {{30, 30, 70, 70}}, {0}, 1);
  scene.targets.ignoreBoxes =
      at::tensor({54.f, 40.f, 60.f, 60.f}).view({1, 1, 4});  // of the second cell 6 of 8 px
  const ParamSet set = options({{"ignore_iof_thr", "0.5"}, {"center_radius", "3"}});
  const Decision out = testing::decide("fcos", scene, set, 1, 0);
  EXPECT_EQ(out.rows[1].name, "ignored region");
  EXPECT_EQ(out.rows[1].verdict, kFailed);
  EXPECT_EQ(out.rows[1].value, 0.75f);
  EXPECT_EQ(out.rows[2].verdict, TestVerdict::kNotReached);
  EXPECT_EQ(out.outcomes[0].kind, DecisionOutcome::Kind::kIgnored);
  const Decision in = testing::decide("fcos", scene, set, 0, 0);
  EXPECT_EQ(in.rows[1].verdict, kPassed);
  EXPECT_EQ(in.outcomes[0].kind, DecisionOutcome::Kind::kTaken);
}

TEST(FcosDecision, NamesTheEndOfTheLevelRange) {
  const DenseScene scene =
      onLevels({at8(200, 200), at8(200, 200)}, {1, 1}, {{100, 100, 300, 300}, {190, 190, 210, 210}});
  const auto tell = [&](int anchor, int object) {
    return testing::decide("fcos", scene, options({}), anchor, object);
  };
  EXPECT_EQ(verdicts(tell(0, 0)),
            (std::vector<TestVerdict>{kPassed, kPassed, kPassed, kFailed, kNotApplicable}));
  EXPECT_EQ(verdicts(tell(1, 1)),
            (std::vector<TestVerdict>{kPassed, kPassed, kFailed, kPassed, kNotApplicable}));
}

TEST(Fcos, CountsContestedLocationsAndStarvedObjects) {
  const DenseScene scene = makeWorkedScene(
      {at8(20, 20), at8(90, 90)}, {{10, 10, 30, 30}, {12, 12, 28, 28}, {60, 60, 70, 70}}, {0, 0, 0}, 1);
  RecordingSink sink;
  const Assignment assignment = run(scene, options({}), &sink);
  const auto column = [&](const char* name) {
    const at::Tensor values = sink.objectValues.at(name)[0].to(at::kLong).contiguous();
    return std::vector<std::int64_t>(values.data_ptr<std::int64_t>(), values.data_ptr<std::int64_t>() + 3);
  };
  EXPECT_EQ(column("fcos.in_box"), (std::vector<std::int64_t>{1, 1, 0}));
  EXPECT_EQ(column("fcos.candidates"), (std::vector<std::int64_t>{1, 1, 0}));
  EXPECT_EQ(column("fcos.lost"), (std::vector<std::int64_t>{1, 0, 0}));
  EXPECT_EQ(column(kStarvedColumn), (std::vector<std::int64_t>{1, 0, 1}));
  for (const NamedScalar& scalar : assignment.scalars)
    EXPECT_EQ(scalar.value.item<std::int64_t>(), scalar.name == "fcos.contested" ? 1 : 2) << scalar.name;
}

TEST(Fcos, SeveralAnchorsPerLocationAreAConflictWithAMessage) {
  const AssignerEntry& entry = **findNamed(assignerEntries(), "fcos", "assigner");
  EXPECT_TRUE(entry.conflicts(options({}), {true, 1, {kCenternessOutput}}).empty());
  EXPECT_TRUE(entry.conflicts(options({}), {false, 1}).empty());
  const auto conflicts = entry.conflicts(options({}), {false, 9});
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_NE(conflicts[0].message.find("9 anchors per location"), std::string::npos);
  EXPECT_FALSE(conflicts[0].action.empty());
}

}  // namespace
}  // namespace anchorscope
