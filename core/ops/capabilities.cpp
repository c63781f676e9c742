#include "core/ops/capabilities.h"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <thread>

#include "core/base/check.h"
#include "core/ops/cuda/kernels.h"

namespace anchorscope {
namespace {

/// The value of the first line of /proc/cpuinfo that starts with `key`; empty when there is none.
std::string cpuInfo(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.compare(0, key.size(), key) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

}  // namespace

bool builtWithCuda() {
  return kernels::built();
}

std::vector<DeviceDescription> availableDevices() {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const std::string model = cpuInfo("model name");
  std::vector<DeviceDescription> devices{
      {"cpu", concat(model.empty() ? "CPU" : model, ", ", cores, cores == 1 ? " core" : " cores")}};
  for (int index = 0; index < kernels::deviceCount(); ++index) {
    devices.push_back({concat(kernels::deviceType(), ":", index), kernels::deviceName(index)});
  }
  return devices;
}

bool cpuHasBf16() {
  const std::string flags = cpuInfo("flags") + " ";
  return flags.find("avx512_bf16 ") != std::string::npos || flags.find("amx_bf16 ") != std::string::npos;
}

}  // namespace anchorscope
