#include "core/ops/capabilities.h"

#include <gtest/gtest.h>

namespace anchorscope {
namespace {

TEST(Capabilities, TheCpuComesFirst) {
  const auto devices = availableDevices();
  ASSERT_FALSE(devices.empty());
  EXPECT_EQ(devices[0].name, "cpu");
  EXPECT_FALSE(devices[0].title.empty());
  for (std::size_t i = 1; i < devices.size(); ++i)
    EXPECT_EQ(devices[i].name, "cuda:" + std::to_string(i - 1));
}

TEST(Capabilities, GpusNeedKernels) {
  if (builtWithCuda()) GTEST_SKIP() << "this build has kernels";
  EXPECT_EQ(availableDevices().size(), 1U);
}

}  // namespace
}  // namespace anchorscope
