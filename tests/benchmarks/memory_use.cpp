#include "tests/benchmarks/memory_use.h"

#include <c10/core/Allocator.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

namespace {

std::atomic<std::int64_t> bytesInUse{0}, peakBytes{0};

void count(std::int64_t bytes) {
  const std::int64_t now = bytesInUse += bytes;
  std::int64_t peak = peakBytes;
  while (now > peak && !peakBytes.compare_exchange_weak(peak, now)) {
  }
}

}  // namespace

void* operator new(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  count(static_cast<std::int64_t>(malloc_usable_size(block)));
  return block;
}
void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  count(-static_cast<std::int64_t>(malloc_usable_size(block)));
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  operator delete(block);
}

namespace anchorscope::testing {
namespace {

/// Counts tensors' memory of this thread while it lives.
class TensorCounter {
 public:
  struct Reporter final : c10::MemoryReportingInfoBase {
    void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device) override {
      count(bytes);
    }
    bool memoryProfilingEnabled() const override { return true; }
  };
  TensorCounter() : guard_(c10::DebugInfoKind::PROFILER_STATE, std::make_shared<Reporter>()) {}

 private:
  c10::DebugInfoGuard guard_;
};

}  // namespace

std::int64_t peakBytesOf(const std::function<void()>& work) {
  const TensorCounter counter;
  const std::int64_t before = bytesInUse;
  peakBytes = before;
  work();
  return peakBytes - before;
}

}  // namespace anchorscope::testing
