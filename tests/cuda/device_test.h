#pragma once
// Tests that run on the CPU and on a GPU; the GPU's half skips where there is none.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>

#include "core/ops/capabilities.h"

namespace anchorscope::testing {

/// The parameter is the device's name. Instantiate with testedDevices() and deviceTitle.
class DeviceTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string name = GetParam();
    for (const DeviceDescription& description : availableDevices()) {
      if (description.name == name) return;
    }
    GTEST_SKIP() << "there is no " << name << (builtWithCuda() ? " on this machine" : " in this build");
  }
  at::Device device() const { return at::Device(GetParam()); }
};

inline auto testedDevices() {
  return ::testing::Values("cpu", "cuda:0");
}

inline std::string deviceTitle(const ::testing::TestParamInfo<const char*>& parameter) {
  return std::string(parameter.param) == "cpu" ? "cpu" : "cuda";
}

}  // namespace anchorscope::testing
