// What a run computes in: chosen by the machine, refused where it would be emulated, recorded.

#include "core/trainer/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ops/capabilities.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const at::Device kCpu(at::kCPU);

TEST(Precision, AutoTakesBf16WhereThereAreInstructionsForIt) {
  const auto with = resolvePrecision("auto", kCpu, true), without = resolvePrecision("auto", kCpu, false);
  ASSERT_TRUE(with.ok() && without.ok());
  EXPECT_TRUE(with->bf16);
  EXPECT_EQ(with->option, "bf16");
  EXPECT_THAT(with->report, HasSubstr("in bf16"));
  EXPECT_FALSE(without->bf16);
  EXPECT_EQ(without->option, "fp32");
  EXPECT_THAT(without->report, HasSubstr("in fp32: this CPU has no instructions"));
}

TEST(Precision, Bf16IsRefusedWhereItIsEmulatedUnlessForced) {
  const auto refused = resolvePrecision("bf16", kCpu, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_THAT(refused.error().message, HasSubstr("slower than fp32: this CPU has no instructions"));
  EXPECT_THAT(refused.error().action, HasSubstr("bf16_forced"));
  const auto forced = resolvePrecision("bf16_forced", kCpu, false),
             there = resolvePrecision("bf16", kCpu, true), fp32 = resolvePrecision("fp32", kCpu, true);
  ASSERT_TRUE(forced.ok() && there.ok() && fp32.ok());
  EXPECT_TRUE(forced->bf16);
  EXPECT_EQ(forced->option, "bf16_forced");
  EXPECT_TRUE(there->bf16);
  EXPECT_FALSE(fp32->bf16);
  EXPECT_EQ(there->report + fp32->report, "");
}

TEST(Precision, ARunRecordsWhatAutoChoseOnThisMachine) {
  RunConfig config = smallConfig();
  set(config, "train.precision", "auto");
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  const std::string chosen = cpuHasBf16() ? "bf16" : "fp32";
  EXPECT_EQ(trainer->facts().config.train.getText("precision"), chosen);
  EXPECT_THAT(trainer->checkpointFacts().configToml, HasSubstr("precision = \"" + chosen + "\""));
  EXPECT_THAT(trainer->deviceTitle(), EndsWith(" · " + chosen));
  EXPECT_THAT(trainer->facts().precisionReport, HasSubstr("Computes in " + chosen));
}

}  // namespace
}  // namespace anchorscope::testing
