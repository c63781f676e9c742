#include "core/trainer/device.h"

#include <ATen/autocast_mode.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/base/param.h"
#include "core/ops/capabilities.h"

namespace anchorscope {
namespace {

std::vector<std::string> deviceNames() {
  std::vector<std::string> names;
  for (const DeviceDescription& device : availableDevices())
    names.push_back(device.name);
  return names;
}

}  // namespace

Result<at::Device> resolveDevice(const std::string& name) {
  const std::vector<std::string> names = deviceNames();
  if (std::find(names.begin(), names.end(), name) != names.end()) return at::Device(name);
  int index = 0;
  if (name.rfind("cuda:", 0) == 0) {
    index = parseNumber<int>(std::string_view(name).substr(5)).value_or(-1);
  } else if (name != "auto" && name != "cuda") {
    index = -1;
  }
  if (index < 0)
    return makeError(ErrorCode::kUsage, concat("There is no device '", name, "'"),
                     "Use auto, cpu, cuda or cuda:0");
  if (std::find(names.begin(), names.end(), concat("cuda:", index)) != names.end())
    return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
  if (name == "auto") return at::Device(at::kCPU);
  return makeError(ErrorCode::kDevice, concat("The device '", name, "' cannot be used here"),
                   concat("Usable: ", join(names, ", ")));
}

std::string describeDevice(at::Device device, int threads) {
  if (device.is_cpu()) return concat("CPU · ", threads, threads == 1 ? " thread" : " threads");
  for (const DeviceDescription& known : availableDevices())
    if (known.name == device.str()) return known.title;
  return device.str();
}

std::string machineTitle() {
  std::ifstream facts("/proc/cpuinfo");
  std::string name = "unknown CPU";
  for (std::string line; std::getline(facts, line);) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) != 0 || colon == std::string::npos) continue;
    name = line.substr(colon + 2);
    break;
  }
  const unsigned cores = std::thread::hardware_concurrency();
  return concat(name, ", ", cores, cores == 1 ? " core" : " cores");
}

int resolveThreads(std::int64_t requested) {
  if (requested > 0) return static_cast<int>(requested);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1);
}

int resolveLoaderThreads(std::int64_t requested, at::Device device) {
  constexpr int kMost = 16;  // decoding is not what a step waits for then
  if (requested >= 0) return static_cast<int>(requested);
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return device.is_cuda() ? std::clamp(cores - 2, 1, kMost) : std::min(1 + cores / 8, kMost);
}

std::int64_t usedMemoryBytes(at::Device device) {
  if (device.is_cuda()) {
    auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
    if (!allocator || !allocator->initialized()) return 0;
    const auto stats = allocator->getDeviceStats(device.index());
    return stats.allocated_bytes[static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE)]
        .current;
  }
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  if (!(statm >> total >> resident)) return 0;
  return resident * ::sysconf(_SC_PAGESIZE);
}

void keepFreedMemory() {
#if defined(__GLIBC__)
  constexpr int kLargestKeptBlock = 1 << 30, kKeptAtTheTop = 1 << 30;
  ::mallopt(M_MMAP_THRESHOLD, kLargestKeptBlock);
  ::mallopt(M_TRIM_THRESHOLD, kKeptAtTheTop);
#endif
}

AutocastScope::AutocastScope(at::Device device, bool enabled) : type_(device.type()), enabled_(enabled) {
  if (!enabled_) return;
  before_ = at::autocast::is_autocast_enabled(type_);
  dtypeBefore_ = at::autocast::get_autocast_dtype(type_);
  at::autocast::set_autocast_enabled(type_, true);
  at::autocast::set_autocast_dtype(type_, at::kBFloat16);
  at::autocast::increment_nesting();
}

AutocastScope::~AutocastScope() {
  if (!enabled_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(type_, before_);
  at::autocast::set_autocast_dtype(type_, dtypeBefore_);
}

}  // namespace anchorscope
