// A step hands the device its work and waits for nothing: no number and no size goes back to the host. An
// evaluation waits once per batch.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/eval/postprocess.h"
#include "core/methods/method.h"
#include "core/trainer/trainer.h"
#include "tests/support/cuda_on_host/device.h"
#include "tests/support/random_boxes.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope {
namespace {

using ::testing::Each;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct Case {
  const char *title, *method, *model;
  std::vector<std::pair<const char*, const char*>> settings;
};
std::ostream& operator<<(std::ostream& stream, const Case& tested) {
  return stream << tested.title;
}

class Traffic : public ::testing::TestWithParam<Case> {};

TEST_P(Traffic, AStepWaitsForNothing) {
  RunConfig config = testing::smallConfig(GetParam().method, GetParam().model);
  testing::set(config, "train.device", "host:0");
  for (const auto& [key, value] : GetParam().settings)
    testing::set(config, key, value);
  const auto trainer = testing::prepareOrFail(config);
  ASSERT_TRUE(trainer);
  ASSERT_TRUE(trainer->step().ok());  // what is made once may be taken over then
  for (int step = 0; step < 3; ++step) {
    const cuda_on_host::Traffic traffic;
    ASSERT_TRUE(trainer->step().ok());
    trainer->takeReports(/*all=*/false);
    EXPECT_THAT(traffic.reads(), IsEmpty());
    EXPECT_THAT(traffic.writes(), IsEmpty());
  }
}

TEST(Evaluation, ReadsTheDetectionsOfABatchBackAtOnce) {
  const at::Device device("host:0");
  const std::vector<LevelLayout> levels{{8, 6, 8, 2, 0}, {16, 3, 4, 2, 96}};
  HeadOutputs outputs;
  outputs.logits = testing::randomValues({3, 120, 20}, 1, -6, 2).to(device);
  outputs.boxes = testing::randomBoxes(360, 2, 64).view({3, 120, 4}).to(device);
  const std::vector<PostprocessImage> images(3, {{}, {64, 48}});
  const cuda_on_host::Traffic traffic;
  const auto found = postprocess(outputs, levels, images);
  EXPECT_THAT(found, Each(Not(IsEmpty())));
  EXPECT_THAT(traffic.reads(), SizeIs(1));
  EXPECT_THAT(traffic.writes(), IsEmpty());
}

TEST(Evaluation, LooksAtMoreCandidatesWhereTheFirstSuppressEachOther) {
  // 2,400 candidates of one class, which all overlap: no more than one in a class is left of the first 2,048.
  const at::Device device("host:0");
  const std::vector<LevelLayout> levels{{8, 40, 30, 2, 0}};
  HeadOutputs outputs;
  outputs.logits = testing::randomValues({1, 2400, 1}, 1, -1, 2).to(device);
  at::Tensor boxes = at::tensor({8.0F, 8.0F, 40.0F, 40.0F}).repeat({1, 2400, 1});
  const at::Tensor last = std::get<1>(outputs.logits.cpu().flatten().min(0));
  boxes[0].index_put_({last}, at::tensor({50.0F, 8.0F, 60.0F, 20.0F}));
  outputs.boxes = boxes.to(device);
  PostprocessOptions options;
  options.topKPerLevel = 2400;
  const cuda_on_host::Traffic traffic;
  const auto found = postprocess(outputs, levels, {{{}, {64, 48}}}, options);
  ASSERT_THAT(found, Each(SizeIs(2)));
  EXPECT_EQ(found[0][1].candidate, last.item<std::int64_t>());
  EXPECT_THAT(traffic.reads(), SizeIs(Gt(1)));
}

INSTANTIATE_TEST_SUITE_P(
    Steps, Traffic,
    ::testing::Values(Case{"musu", "musu", "retina-small", {}},
                      Case{"musu_sgd", "musu", "retina-small", {{"train.optimizer", "sgd"}}},
                      Case{"max_iou", "max_iou", "retina-small", {}},
                      Case{
                          "max_iou_smooth_l1", "max_iou", "retina-small", {{"method.box_loss", "smooth_l1"}}},
                      Case{"fcos", "fcos", "fcos-small", {}}, Case{"atss", "atss", "atss-small", {}},
                      Case{"harmonic", "harmonic", "retina-small", {}},
                      Case{"sampling_free", "sampling_free", "retina-small", {}},
                      Case{"averaged", "max_iou", "retina-small", {{"train.ema_decay", "0.99"}}},
                      Case{"accumulated", "max_iou", "retina-small", {{"train.accumulate", "2"}}},
                      Case{"bf16", "musu", "retina-small", {{"train.precision", "bf16_forced"}}}),
    [](const auto& entry) { return std::string(entry.param.title); });

}  // namespace
}  // namespace anchorscope
