// What a part of a method may do besides what the present ones do: learn, keep state, ask the losses, weigh
// both answers, give targets to further outputs.

#include <gtest/gtest.h>

#include <cmath>

#include "core/methods/dense_method.h"
#include "core/methods/recipe.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::makeWorkedScene;

/// The first anchor learns the first object, as much as a learned number says; the others learn that there is
/// none.
class LearningAssigner final : public Assigner {
 public:
  std::vector<std::string> qualityOutputs() const override { return {"iou"}; }
  std::vector<NamedTensor> parameters() override { return {{"learning.bias", bias_}}; }
  std::vector<NamedTensor> buffers() override { return {{"learning.calls", calls_}}; }
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) override {
    if (step.training) calls_.add_(1);
    EXPECT_EQ(step.step, 7);
    const at::Tensor first = at::arange(inputs.anchors.count()).view({1, -1}) == 0;
    Assignment assignment;
    assignment.clsObject = assignment.regObject = at::where(first, 0, -1);
    assignment.regWeight = first.to(at::kFloat);
    const at::Tensor weight = bias_.sigmoid() * first.unsqueeze(2).to(at::kFloat);
    assignment.positiveWeight = weight;
    assignment.negativeWeight = 1 - weight;
    assignment.quality.push_back({"iou", at::full(first.sizes(), 0.5), {}});
    if (costs) {
      clsCosts = costs->cls(inputs, assignment.clsObject).detach();
      locCosts = costs->loc(inputs, assignment.regObject).detach();
    }
    return assignment;
  }

  at::Tensor clsCosts, locCosts;

 private:
  at::Tensor bias_ = at::zeros({1}).requires_grad_();
  at::Tensor calls_ = at::zeros({}, at::kLong);
};

/// Doubles the box loss and remembers how often.
class Doubling final : public LossTransform {
 public:
  std::vector<NamedTensor> buffers() override { return {{"doubling.calls", calls_}}; }
  std::vector<NamedScalar> apply(LossTable& losses, const StageInputs&, const StepContext& step) override {
    if (step.training) calls_.add_(1);
    LossRows& loc = losses.at(kLocHead);
    loc.values = 2 * loc.values;
    return {};
  }

 private:
  at::Tensor calls_ = at::zeros({}, at::kLong);
};

struct PartsTest : ::testing::Test {
  DenseScene scene = makeWorkedScene({{0, 0, 8, 10}, {20, 0, 30, 10}}, {{0, 0, 10, 10}}, {0}, 1);
  LearningAssigner* assigner = nullptr;

  PartsTest() {
    scene.outputs.logits = at::tensor({0.5F, -1.F}).view({1, 2, 1});
    scene.outputs.further["iou"] = at::tensor({1.F, 0.F}).view({1, 2});
  }
  std::unique_ptr<Method> make(int doublings) {
    const ParamSet params = *methodParams("max_iou");
    RecipeParts parts;
    auto own = std::make_unique<LearningAssigner>();
    assigner = own.get();
    parts.assigner = std::move(own);
    parts.clsLoss = *makeClsLoss("bce", params);
    parts.boxLoss = *makeBoxLoss("giou", params);
    parts.qualityLoss = *makeQualityLoss("bce", params);
    for (int i = 0; i < doublings; ++i)
      parts.transforms.push_back(std::make_unique<Doubling>());
    parts.combiner = *makeLossCombiner("weighted_sum", params);
    return makeDenseMethod({}, params, std::move(parts));
  }
  StepContext seventh() const {
    StepContext step;
    step.step = 7;
    return step;
  }
  double totalOf(Method& method) {
    return method.loss({scene.anchors, scene.outputs, scene.targets}, seventh()).total.item<double>();
  }
};

double bce(double logit, double target) {
  const double p = 1 / (1 + std::exp(-logit));
  return -target * std::log(p) - (1 - target) * std::log(1 - p);
}

TEST_F(PartsTest, AnAssignerMayLearnAndWeighBothAnswers) {
  const auto method = make(0);
  ASSERT_EQ(method->parameters().size(), 1U);
  const at::Tensor bias = method->parameters().front().tensor;
  const LossTerms terms = method->loss({scene.anchors, scene.outputs, scene.targets}, seventh());
  // IoU 0.8 with the object, and the hull is the object. The second anchor learns that there is none.
  const double expected = 0.5 * (bce(0.5, 1) + bce(0.5, 0)) + bce(-1, 0) + (1 - 0.8) + bce(1, 0.5);
  EXPECT_NEAR(terms.total.item<double>(), expected, 1e-6);
  terms.total.backward();
  ASSERT_TRUE(bias.grad().defined());
  EXPECT_NEAR(bias.grad().item<double>(), 0.25 * (bce(0.5, 1) - bce(0.5, 0)), 1e-6);
}

TEST_F(PartsTest, AFurtherOutputOfAnyNameIsToldAndShown) {
  const auto method = make(0);
  HeadTraits heads;
  EXPECT_EQ(method->declaration(heads).scalar("loss.iou"), nullptr) << "these heads have none";
  heads.outputs = {"iou"};
  const EvidenceDeclaration declared = method->declaration(heads);
  testing::RecordingSink sink;
  StepContext step = seventh();
  step.sink = &sink;
  const LossTerms terms = method->loss({scene.anchors, scene.outputs, scene.targets}, step);
  const auto told = std::find_if(terms.scalars.begin(), terms.scalars.end(),
                                 [](const NamedScalar& scalar) { return scalar.name == "loss.iou"; });
  ASSERT_NE(told, terms.scalars.end());
  EXPECT_NEAR(told->value.item<double>(), bce(1, 0.5), 1e-6);
  EXPECT_NE(declared.scalar("loss.iou"), nullptr);
  for (const char* channel : {"output.iou", "output.iou_target", "loss.iou"}) {
    EXPECT_NE(declared.channel(channel), nullptr) << channel;
    EXPECT_EQ(sink.channelValues.count(channel), 1u) << channel;
  }
  EXPECT_NEAR(sink.channelValues.at("iou")[0][0].item<double>(), 0.8, 1e-6) << "the predicted box's own";
  EXPECT_NEAR(sink.channelValues.at("output.iou_target")[0][0].item<double>(), 0.5, 1e-6);
}

TEST_F(PartsTest, TheLossesAreCosts) {
  const auto method = make(0);
  totalOf(*method);
  EXPECT_NEAR(assigner->clsCosts[0][0].item<double>(), bce(0.5, 1), 1e-6);
  EXPECT_NEAR(assigner->clsCosts[0][1].item<double>(), bce(-1, 0), 1e-6);
  EXPECT_NEAR(assigner->locCosts[0][0].item<double>(), 1 - 0.8, 1e-6);
  EXPECT_EQ(assigner->locCosts[0][1].item<double>(), 0);
}

TEST_F(PartsTest, TransformsFollowEachOther) {
  const double plain = totalOf(*make(0)), twice = totalOf(*make(2));
  EXPECT_NEAR(twice - plain, 3 * (1 - 0.8), 1e-6) << "the box loss four times";
}

TEST_F(PartsTest, StateIsGatheredAndMovesInTrainingAlone) {
  const auto method = make(1);
  const auto calls = [&] {
    std::vector<std::pair<std::string, std::int64_t>> out;
    for (const NamedTensor& buffer : method->buffers())
      out.emplace_back(buffer.name, buffer.tensor.item<std::int64_t>());
    return out;
  };
  totalOf(*method);
  {
    const at::NoGradGuard noGrad;
    totalOf(*method);
  }
  EXPECT_EQ(calls(), (std::vector<std::pair<std::string, std::int64_t>>{{"learning.calls", 1},
                                                                        {"doubling.calls", 1}}));
}

}  // namespace
}  // namespace anchorscope
