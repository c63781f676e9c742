// Scores of sigmoid and softmax heads, whole and one by one.

#include "core/ops/scores.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

HeadOutputs heads(ScoreActivation activation) {
  HeadOutputs outputs;
  outputs.logits = testing::randomValues({2, 5, 4}, 3, -4, 4).to(at::kDouble);
  outputs.activation = activation;
  return outputs;
}

TEST(Scores, OfSigmoidsAreOnePerLogit) {
  const HeadOutputs outputs = heads(ScoreActivation::kSigmoid);
  const at::Tensor scores = scoresOf(outputs);
  ASSERT_EQ(scores.sizes(), outputs.logits.sizes());
  EXPECT_NEAR(scores[1][2][3].item<double>(), 1 / (1 + std::exp(-outputs.logits[1][2][3].item<double>())),
              1e-15);
  EXPECT_TRUE(foregroundLogits(outputs).is_same(outputs.logits));
}

TEST(Scores, OfASoftmaxLeaveTheBackgroundOut) {
  const HeadOutputs outputs = heads(ScoreActivation::kSoftmaxWithBackground);
  const at::Tensor scores = scoresOf(outputs);
  ASSERT_EQ(scores.sizes(), at::IntArrayRef({2, 5, 3}));
  double sum = 0;
  for (int c = 0; c < 4; ++c)
    sum += std::exp(outputs.logits[0][4][c].item<double>());
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(scores[0][4][c].item<double>(), std::exp(outputs.logits[0][4][c].item<double>()) / sum,
                1e-14);
  EXPECT_EQ(foregroundLogits(outputs).size(2), 3);
}

TEST(Scores, AreTheSigmoidsOfTheLogOdds) {
  for (const ScoreActivation activation :
       {ScoreActivation::kSigmoid, ScoreActivation::kSoftmaxWithBackground}) {
    const HeadOutputs outputs = heads(activation);
    EXPECT_TRUE(at::allclose(logOdds(outputs).sigmoid(), scoresOf(outputs), 1e-13, 1e-15));
  }
  // Where the score is 1 in float32 its odds still tell one from the other.
  HeadOutputs sure;
  sure.activation = ScoreActivation::kSoftmaxWithBackground;
  sure.logits = at::tensor({40.F, 0.F, 0.F}).view({1, 1, 3});
  EXPECT_NEAR(logOdds(sure)[0][0][0].item<double>(), 40 - std::log(2.0), 1e-5);
}

TEST(Scores, OfObjectsClassesAreColumnsOfAllScores) {
  at::manual_seed(5);
  for (const ScoreActivation activation :
       {ScoreActivation::kSigmoid, ScoreActivation::kSoftmaxWithBackground}) {
    for (const bool objectness : {false, true}) {
      if (objectness && activation != ScoreActivation::kSigmoid) continue;
      for (const std::int64_t objects : {0, 2, 7}) {  // also more than there are classes
        HeadOutputs outputs;
        outputs.activation = activation;
        outputs.logits = at::randn({2, 600, 4}, at::kDouble);  // several blocks
        if (objectness) outputs.further[kObjectnessOutput] = at::randn({2, 600}, at::kDouble);
        const at::Tensor classes = at::randint(3, {2, objects}, at::kLong);
        const at::Tensor all = scoresOf(outputs), columns = scoresOfClasses(outputs, classes);
        ASSERT_EQ(columns.sizes(), at::IntArrayRef({2, objects, 600}));
        for (std::int64_t image = 0; image < 2; ++image)
          for (std::int64_t object = 0; object < objects; ++object)
            EXPECT_TRUE(at::allclose(columns[image][object],
                                     all[image].select(1, classes[image][object].item<std::int64_t>()), 1e-14,
                                     1e-16));
      }
    }
  }
}

TEST(Scores, ColumnsAreThoseOfAView) {
  const at::Tensor values = at::arange(24, at::kFloat).view({1, 4, 6});
  const at::Tensor view = values.transpose(1, 2);  // [1,6,4]
  const at::Tensor classes = at::tensor({3, 0}, at::kLong).unsqueeze(0);
  EXPECT_TRUE(at::equal(ofClasses(view, classes),
                        at::stack({view[0].select(1, 3), view[0].select(1, 0)}).unsqueeze(0)));
  EXPECT_EQ(ofClasses(at::zeros({1, 0, 4}), classes).sizes(), at::IntArrayRef({1, 2, 0}));
}

TEST(Scores, OfSingleClassesAreThose) {
  for (const ScoreActivation activation :
       {ScoreActivation::kSigmoid, ScoreActivation::kSoftmaxWithBackground}) {
    const HeadOutputs outputs = heads(activation);
    const at::Tensor scores = scoresOf(outputs);
    const at::Tensor classes = at::arange(10, at::TensorOptions().dtype(at::kLong)).view({2, 5}) % 3;
    EXPECT_TRUE(
        at::allclose(scoresAt(outputs, classes), scores.gather(2, classes.unsqueeze(2)).squeeze(2), 1e-13));
    const at::Tensor image = at::tensor({1, 0, 1}, at::kLong), candidate = at::tensor({4, 2, 0}, at::kLong),
                     of = at::tensor({2, 1, 0}, at::kLong);
    EXPECT_TRUE(
        at::allclose(scoresAt(outputs, image, candidate, of), scores.index({image, candidate, of}), 1e-13));
  }
}

}  // namespace
}  // namespace anchorscope
