// Worked examples and a brute-force oracle of SimOTA's assignment.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/assigners/assigner_testing.h"

namespace anchorscope {
namespace {

using testing::Changes;
using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::makeDenseScene;
using testing::makeWorkedScene;
using testing::objectsOf;
using testing::verdicts;

ParamSet options(const Changes& changes) {
  return testing::assignerOptions("simota", changes);
}

Assignment run(const DenseScene& scene, const ParamSet& set) {
  return testing::runAssigner("simota", scene, set);
}

TEST(SimOta, AnObjectTakesAsManyAsItsBoxesAreGood) {
  // Predicted boxes are the anchors: IoU 1, 0.9, 0.8 and 0.1 with the object, whose sum 2.8 makes two.
  const DenseScene scene = makeWorkedScene({{0, 0, 10, 10}, {0, 0, 9, 10}, {0, 0, 8, 10}, {0, 0, 1, 10}},
                                           {{0, 0, 10, 10}}, {0}, 1);
  const Assignment assignment = run(scene, options({}));
  EXPECT_EQ(objectsOf(assignment), (std::vector<std::int64_t>{0, 0, -1, -1}));
  EXPECT_FLOAT_EQ(assignment.clsTarget[0][1][0].item<float>(), 0.9F) << "the class learns the box's IoU";
  EXPECT_EQ(assignment.regWeight[0][1].item<float>(), 1);
  EXPECT_EQ(objectsOf(run(scene, options({{"candidate_topk", "1"}}))),
            (std::vector<std::int64_t>{0, -1, -1, -1}));
}

TEST(SimOta, WhatSeveralWantGoesWhereItCostsLeast) {
  // The middle anchor overlaps both objects and the second one more.
  const DenseScene scene = makeWorkedScene({{0, 0, 10, 10}, {5, 0, 15, 10}, {8, 0, 18, 10}},
                                           {{0, 0, 10, 10}, {6, 0, 16, 10}}, {0, 0}, 1);
  const Assignment assignment = run(scene, options({}));
  EXPECT_EQ(objectsOf(assignment), (std::vector<std::int64_t>{0, 1, -1}));
  const Decision lost = testing::decide("simota", scene, options({{"center_radius", "1.5"}}), 1, 0);
  EXPECT_TRUE(lost.considered);
  EXPECT_NE(lost.summary.find("object"), std::string::npos) << lost.summary;
}

TEST(SimOta, ACandidateOutsideTheBoxIsTakenOnlyWhereNothingElseIs) {
  // The centre lies 2 px outside the object and within the window.
  const DenseScene scene = makeWorkedScene({{9, 0, 15, 10}}, {{0, 0, 10, 10}}, {0}, 1);
  EXPECT_EQ(objectsOf(run(scene, options({}))), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(objectsOf(run(scene, options({{"center_radius", "0.1"}}))), (std::vector<std::int64_t>{-1}));
  const Decision decision = testing::decide("simota", scene, options({}), 0, 0);
  EXPECT_EQ(verdicts(decision), (std::vector<TestVerdict>{TestVerdict::kFailed, TestVerdict::kPassed,
                                                          TestVerdict::kNotApplicable}));
}

/// The rule, pair by pair.
std::vector<std::int64_t> byHand(const DenseScene& scene, std::int64_t image, double radius, int topK) {
  const auto number = [](const at::Tensor& value) { return value.item<double>(); };
  const std::int64_t anchors = scene.anchors.count(), classes = scene.outputs.logits.size(2);
  std::vector<std::int64_t> objects;
  for (std::int64_t g = 0; g < scene.targets.maxObjects(); ++g)
    if (scene.targets.valid[image][g].item<bool>()) objects.push_back(g);
  const auto boxOf = [&](const at::Tensor& row) {
    return std::array<double, 4>{number(row[0]), number(row[1]), number(row[2]), number(row[3])};
  };
  const auto iouOf = [](const std::array<double, 4>& a, const std::array<double, 4>& b) {
    const double w = std::min(a[2], b[2]) - std::max(a[0], b[0]),
                 h = std::min(a[3], b[3]) - std::max(a[1], b[1]);
    const double shared = std::max(w, 0.0) * std::max(h, 0.0);
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
  };
  std::vector<std::vector<double>> cost(objects.size(), std::vector<double>(anchors)), iou = cost;
  std::vector<bool> candidate(anchors, false);
  for (std::int64_t n = 0; n < anchors; ++n) {
    const auto anchor = boxOf(scene.anchors.boxes[n]);
    const double x = (anchor[0] + anchor[2]) / 2, y = (anchor[1] + anchor[3]) / 2;
    for (std::size_t k = 0; k < objects.size(); ++k) {
      const auto box = boxOf(scene.targets.boxes[image][objects[k]]);
      const bool inside = x > box[0] && y > box[1] && x < box[2] && y < box[3];
      const double reach = radius * number(scene.anchors.strides[n]);
      const bool near =
          std::abs(x - (box[0] + box[2]) / 2) < reach && std::abs(y - (box[1] + box[3]) / 2) < reach;
      candidate[n] = candidate[n] || inside || near;
      const at::Tensor predicted = scene.outputs.boxes[image][n];
      const auto label = scene.targets.labels[image][objects[k]].item<std::int64_t>();
      iou[k][n] = iouOf(boxOf(predicted.dim() == 2 ? predicted[label] : predicted), box);
      cost[k][n] = -3 * std::log(iou[k][n] + 1e-7) + (inside && near ? 0 : 1e5);
      for (std::int64_t c = 0; c < classes; ++c) {
        const double p = 1 / (1 + std::exp(-number(scene.outputs.logits[image][n][c])));
        const bool own = scene.targets.labels[image][objects[k]].item<std::int64_t>() == c;
        cost[k][n] -= std::log(own ? p : 1 - p);
      }
    }
  }
  std::vector<std::vector<std::size_t>> wants(anchors);
  for (std::size_t k = 0; k < objects.size(); ++k) {
    std::vector<std::int64_t> order;
    for (std::int64_t n = 0; n < anchors; ++n)
      if (candidate[n]) order.push_back(n);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return iou[k][a] > iou[k][b]; });
    double sum = 0;
    for (std::size_t i = 0; i < order.size() && i < static_cast<std::size_t>(topK); ++i)
      sum += iou[k][order[i]];
    const auto needed = std::max<std::size_t>(1, static_cast<std::size_t>(sum));
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return cost[k][a] < cost[k][b]; });
    for (std::size_t i = 0; i < order.size() && i < needed; ++i)
      wants[order[i]].push_back(k);
  }
  std::vector<std::int64_t> out(anchors, -1);
  for (std::int64_t n = 0; n < anchors; ++n) {
    if (wants[n].empty()) continue;
    std::size_t winner = wants[n].front();
    if (wants[n].size() > 1)
      for (std::size_t k = 0; k < objects.size(); ++k)
        if (cost[k][n] < cost[winner][n]) winner = k;
    out[n] = objects[winner];
  }
  return out;
}

TEST(SimOta, AgreesWithTheRulePairByPair) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    for (const auto& [radius, topK] : {std::pair{2.5, 10}, {1.0, 3}, {6.0, 20}}) {
      DenseSceneOptions made;
      made.seed = seed;
      made.dtype = at::kDouble;
      const DenseScene scene = makeDenseScene(made);
      const Assignment got =
          run(scene,
              options({{"center_radius", std::to_string(radius)}, {"candidate_topk", std::to_string(topK)}}));
      for (std::int64_t image = 0; image < scene.targets.batchSize(); ++image)
        EXPECT_EQ(objectsOf(got, image), byHand(scene, image, radius, topK))
            << "seed " << seed << ", radius " << radius << ", image " << image;
    }
}

TEST(SimOta, AnObjectIsComparedWithTheBoxesOfItsClass) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    DenseSceneOptions made;
    made.seed = seed;
    made.dtype = at::kDouble;
    DenseScene scene = makeDenseScene(made);
    std::vector<at::Tensor> boxes = {scene.outputs.boxes};
    for (const std::uint64_t other : {seed + 100, seed + 200}) {
      made.seed = other;
      boxes.push_back(makeDenseScene(made).outputs.boxes);
    }
    scene.outputs.boxes = at::stack(boxes, 2);
    const Assignment got =
        run(scene, options({{"center_radius", std::to_string(2.5)}, {"candidate_topk", "10"}}));
    for (std::int64_t image = 0; image < scene.targets.batchSize(); ++image)
      EXPECT_EQ(objectsOf(got, image), byHand(scene, image, 2.5, 10))
          << "seed " << seed << ", image " << image;
  }
}

TEST(SimOta, OfASoftmaxTheBackgroundIsNoTarget) {
  DenseScene scene = makeDenseScene();
  scene.outputs.activation = ScoreActivation::kSoftmaxWithBackground;
  scene.outputs.logits = at::cat({scene.outputs.logits, at::ones({2, scene.anchors.count(), 1})}, 2);
  const Assignment assignment = run(scene, options({}));
  ASSERT_EQ(assignment.clsTarget.sizes(), at::IntArrayRef({2, scene.anchors.count(), 3}));
  EXPECT_GT(assignment.clsTarget.sum().item<double>(), 0);
}

TEST(SimOta, ObjectnessCountsInTheCost) {
  DenseScene scene = makeWorkedScene({{0, 0, 10, 10}, {0, 0, 10, 10}}, {{0, 0, 10, 10}}, {0}, 1);
  scene.outputs.further["objectness"] = at::tensor({-2.f, 2.f}).view({1, 2});
  EXPECT_EQ(objectsOf(run(scene, options({{"candidate_topk", "1"}}))), (std::vector<std::int64_t>{-1, 0}));
}

}  // namespace
}  // namespace anchorscope
