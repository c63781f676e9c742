// Every reference value that the project answers for, computed on a device.

#include <gtest/gtest.h>

#include <filesystem>

#include "core/conformance/conformance.h"
#include "tests/cuda/device_test.h"
#include "tests/support/shared_data.h"

namespace anchorscope {
namespace {

class ReferenceValuesOnDevice : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(ReferenceValuesOnDevice, Pass) {
  const auto& [folder, device] = GetParam();
  testing::requireDevice(device);
  if (IsSkipped()) return;
  ANCHORSCOPE_REQUIRE_SHARED(root, "goldens");
  const auto files = findReferenceFiles({(root / folder).string()});
  ASSERT_TRUE(files.ok()) << files.error().text();
  int compared = 0;
  for (const std::string& file : *files) {
    const ConformanceOutcome outcome = runReferenceFile(file, device);
    // tests_conformance names those that the project answers for.
    if (outcome.verdict == ConformanceVerdict::kNotSupported) continue;
    ++compared;
    EXPECT_EQ(outcome.verdict, ConformanceVerdict::kPassed)
        << file << ": " << outcome.message << " (largest error " << outcome.largestError << " in "
        << outcome.worstOutput << ")";
  }
  EXPECT_GT(compared, 3);
}

INSTANTIATE_TEST_SUITE_P(Devices, ReferenceValuesOnDevice,
                         ::testing::Combine(::testing::Values("boxes", "anchors", "assigner", "head", "loss",
                                                              "sampling_free"),
                                            testing::oneDevice()),
                         [](const auto& entry) { return std::string(std::get<0>(entry.param)); });

}  // namespace
}  // namespace anchorscope
