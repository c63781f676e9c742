#pragma once
// Internal header (ATen). Devices by name, autocast for a scope, and what the process uses.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace anchorscope {

/// "auto", "cpu", "cuda", "cuda:1" -> a usable device. auto takes the first GPU, else the CPU. A name that is
/// none is kUsage, a GPU that is not there kDevice. "cpu" asks no driver.
Result<at::Device> resolveDevice(const std::string& name);

/// For people: "CPU · 1 thread", "NVIDIA H200".
std::string describeDevice(at::Device device, int threads);

/// The processor and how many cores this program may use: "AMD EPYC 9R14, 2 cores".
std::string machineTitle();

/// 0 = all cores but one, which is left to the window; at least 1.
int resolveThreads(std::int64_t requested);

/// -1: by the machine, so that reading keeps up: on a GPU most cores, on the CPU, which trains on them, one
/// in eight and one more. Batches do not depend on it.
int resolveLoaderThreads(std::int64_t requested, at::Device device);

/// Resident memory of the process on the CPU; allocated memory on a GPU. 0 when unknown.
std::int64_t usedMemoryBytes(at::Device device);

/// Lets the C library keep freed blocks instead of giving them back to the system: a step allocates what the
/// last one freed, and fresh pages cost about a tenth of a small detector's step. For the whole process.
void keepFreedMemory();

/// bf16 autocast on one device type for a scope; nothing when not enabled. Its weight cache ends with the
/// scope.
class AutocastScope {
 public:
  AutocastScope(at::Device device, bool enabled);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  at::DeviceType type_;
  bool enabled_, before_ = false;
  at::ScalarType dtypeBefore_ = at::kFloat;
};

}  // namespace anchorscope
