// What of a run's configuration may change when it goes on.

#include "core/session/resume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/trainer/trainer_testing.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using testing::set;
using testing::smallConfig;

TEST(Resume, ARunMayGoOnInAnotherPrecisionWhichIsTold) {
  RunConfig config = smallConfig();
  set(config, "train.precision", "bf16");
  const auto changes = applyResumeSettings(config, {{"precision", "fp32"}});
  ASSERT_TRUE(changes.ok());
  EXPECT_THAT(*changes, ElementsAre(ParameterChange{0, "train.precision", "bf16", "fp32"}));
}

}  // namespace
}  // namespace anchorscope
