#pragma once
// Tests that run on several devices: the CPU and a GPU, where there is one, or the kernels on the host, in a
// program that has them.

#include <ATen/ATen.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/ops/capabilities.h"

namespace anchorscope::testing {

/// Whether this program has the kernels on the host (tests/support/cuda_on_host/device.h).
inline bool kernelsAreOnTheHost() {
  return c10::impl::hasDeviceGuardImpl(at::kPrivateUse1);
}

/// Skips where there is none.
inline void requireDevice(const std::string& name) {
  for (const DeviceDescription& description : availableDevices()) {
    if (description.name == name) return;
  }
  GTEST_SKIP() << "there is no " << name << (builtWithCuda() ? " on this machine" : " in this build");
}

/// The parameter is the device's name. Instantiate with testedDevices() and deviceTitle.
class DeviceTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { requireDevice(GetParam()); }
  at::Device device() const { return at::Device(GetParam()); }
};

/// Devices, or those of them that are not the CPU.
inline auto testedDevices() {
  using Names = std::vector<const char*>;
  return ::testing::ValuesIn(kernelsAreOnTheHost() ? Names{"host:0", "host:1", "host:2"}
                                                   : Names{"cpu", "cuda:0"});
}

/// For tests that run no kernels of their own: the GPU, or the kernels on the host in any order.
inline auto oneDevice() {
  return ::testing::Values(kernelsAreOnTheHost() ? "host:2" : "cuda:0");
}

inline auto devicesInOneOrder() {
  using Names = std::vector<const char*>;
  return ::testing::ValuesIn(kernelsAreOnTheHost() ? Names{"host:2"} : Names{"cpu", "cuda:0"});
}

inline std::string deviceTitle(const ::testing::TestParamInfo<const char*>& parameter) {
  const std::string name = parameter.param;
  if (name == "host:0") return "host_forwards";
  if (name == "host:1") return "host_backwards";
  if (name == "host:2") return "host_shuffled";
  return name.substr(0, name.find(':'));
}

}  // namespace anchorscope::testing
