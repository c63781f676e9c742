// A step hands the device its work and waits for nothing: no number and no size goes back to the host.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/methods/method.h"
#include "core/trainer/trainer.h"
#include "tests/support/cuda_on_host/device.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope {
namespace {

using ::testing::IsEmpty;

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

INSTANTIATE_TEST_SUITE_P(
    Steps, Traffic,
    ::testing::Values(Case{"musu", "musu", "retina-small", {}},
                      Case{"musu_sgd", "musu", "retina-small", {{"train.optimizer", "sgd"}}},
                      Case{"max_iou", "max_iou", "retina-small", {}},
                      Case{
                          "max_iou_smooth_l1", "max_iou", "retina-small", {{"method.box_loss", "smooth_l1"}}},
                      Case{"fcos", "fcos", "fcos-small", {}}, Case{"atss", "atss", "atss-small", {}},
                      Case{"harmonic", "harmonic", "retina-small", {}},
                      Case{"sampling_free", "sampling_free", "retina-small", {}}),
    [](const auto& entry) { return std::string(entry.param.title); });

}  // namespace
}  // namespace anchorscope
