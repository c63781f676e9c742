#include "core/trainer/memory_estimate.h"

#include <ATen/core/grad_mode.h>
#include <c10/core/Allocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>

#include "core/base/check.h"
#include "core/trainer/batch_tensors.h"
#include "core/trainer/device.h"
#include "core/trainer/validation.h"

namespace anchorscope {
namespace {

/// More than any detector here keeps per px of input (R101 with LIP keeps a third of it).
constexpr double kMostBytesPerPx = 16 * 1024;
constexpr int kMeasuredSide = 128;

/// The highest sum of what is allocated on a device while it is installed.
class MemoryWatch final : public c10::MemoryReportingInfoBase {
 public:
  explicit MemoryWatch(at::Device device) : device_(device) {}
  void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, at::Device device) override {
    if (device.type() != device_.type()) return;
    now_ += bytes;
    highest_ = std::max(highest_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t highest() const { return highest_; }

 private:
  at::Device device_;
  std::int64_t now_ = 0, highest_ = 0;
};

/// The number after a word at the start of a line; the first number of the file for an empty word.
std::int64_t numberIn(const char* path, const std::string& word) {
  std::ifstream file(path);
  std::string first;
  while (file >> first) {
    std::int64_t number = -1;
    if (word.empty()) return first == "max" ? -1 : std::strtoll(first.c_str(), nullptr, 10);
    if (first == word && file >> number) return number;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return -1;
}

std::string sizeText(double bytes) {
  const bool large = bytes >= 1e9;
  return concat(std::llround(bytes / (large ? 1e9 : 1e6)), large ? " GB" : " MB");
}

/// A small image of the same kind, and how many times its memory the whole takes.
struct Sample {
  explicit Sample(const StepSize& size)
      : input{std::min(kMeasuredSide, size.input.width), std::min(kMeasuredSide, size.input.height)},
        scale(static_cast<double>(size.batch) * size.input.width * size.input.height /
              (static_cast<double>(input.width) * input.height)) {}
  at::Tensor pixels(at::Device device) const {
    return at::zeros({1, 3, input.height, input.width}, at::TensorOptions(device));
  }

  SizePx input;
  double scale;
};

at::Device deviceOf(const Detector& detector) {
  const std::vector<NamedTensor> parameters = detector.parameters();
  ANCHORSCOPE_CHECK(!parameters.empty(), "a detector without parameters");
  return parameters.front().tensor.device();
}

double pixelsOf(const StepSize& size) {
  return static_cast<double>(size.batch) * size.input.width * size.input.height;
}

Status fits(const char* what, const StepSize& size, std::int64_t needed, std::int64_t available) {
  if (needed <= available) return {};
  return makeError(
      ErrorCode::kDevice,
      concat(what, " of ", size.batch, size.batch == 1 ? " image" : " images", " of ", size.input.width,
             " x ", size.input.height, " px needs about ", sizeText(static_cast<double>(needed)),
             " of memory; ", sizeText(static_cast<double>(available)), " are free"),
      "Lower train.batch or train.size, or choose a smaller model");
}

std::int64_t wholeBytes(double bytes) {
  return static_cast<std::int64_t>(std::min(bytes, 9e18));
}

}  // namespace

std::int64_t availableMemoryBytes(at::Device device) {
  if (device.is_cuda()) {
    auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
    if (!allocator || !allocator->initialized()) return 0;
    try {
      const auto stats = allocator->getDeviceStats(device.index());
      constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
      const std::int64_t kept = stats.reserved_bytes[kAll].current - stats.allocated_bytes[kAll].current;
      return static_cast<std::int64_t>(allocator->getMemoryInfo(device.index()).first) + kept;
    } catch (const c10::Error&) {
      return 0;
    }
  }
  std::int64_t available = numberIn("/proc/meminfo", "MemAvailable:") * 1024;
  const std::int64_t limit = numberIn("/sys/fs/cgroup/memory.max", "");
  const std::int64_t used = numberIn("/sys/fs/cgroup/memory.current", "");
  if (limit > 0 && used >= 0) {
    const std::int64_t files =
        std::max<std::int64_t>(0, numberIn("/sys/fs/cgroup/memory.stat", "inactive_file"));
    available = std::min(available, std::max<std::int64_t>(1, limit - used + files));
  }
  return std::max<std::int64_t>(0, available);
}

std::int64_t estimateStepBytes(Detector& detector, MethodSet& methods, MovingStatistics& statistics,
                               const StepSize& size) {
  const at::Device device = deviceOf(detector);
  const Sample sample(size);
  const SizePx small = sample.input;
  detector.anchors(small);  // kept whatever the step
  const auto watch = std::make_shared<MemoryWatch>(device);
  statistics.remember();
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
    const at::Tensor pixels = sample.pixels(device);
    const TargetObject object{
        {0, 0, static_cast<float>(small.width) / 2, static_cast<float>(small.height) / 2}, 0};
    InputBuffers inputs(device);
    const DenseTargets targets = targetTensors({{object}}, {{}}, size.objects, size.ignored, inputs);
    std::vector<StageOutputs> stages;
    {
      const AutocastScope autocast(device, size.bf16);
      stages = detector.forward(pixels, &targets);
    }
    const LossTerms terms = methods.loss(stages, targets, StepContext());
  }
  statistics.restoreIf(at::ones({}, at::TensorOptions(device)));
  double weights = 0;  // gradients and the two moments of AdamW
  const double copies = size.averaged ? 4 : 3;
  for (const NamedTensor& parameter : detector.parameters())
    if (parameter.tensor.requires_grad()) weights += copies * static_cast<double>(parameter.tensor.nbytes());
  return wholeBytes(weights + sample.scale * static_cast<double>(watch->highest()));
}

std::int64_t estimateEvaluationBytes(Detector& detector, const StepSize& size) {
  const at::Device device = deviceOf(detector);
  const Sample sample(size);
  detector.anchors(sample.input);  // kept whatever the batch
  const auto watch = std::make_shared<MemoryWatch>(device);
  {
    const at::NoGradGuard noGrad;
    const EvaluationMode mode(detector);
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
    const at::Tensor pixels = sample.pixels(device);
    const AutocastScope autocast(device, size.bf16);
    const std::vector<StageOutputs> stages = detector.forward(pixels);
  }
  return wholeBytes(sample.scale * static_cast<double>(watch->highest()));
}

Status checkEvaluationMemory(Detector& detector, const StepSize& size, std::int64_t available) {
  if (available <= 0 || pixelsOf(size) * kMostBytesPerPx < 0.5 * static_cast<double>(available)) return {};
  return fits("A batch", size, estimateEvaluationBytes(detector, size), available);
}

Status checkStepMemory(Detector& detector, MethodSet& methods, MovingStatistics& statistics,
                       const StepSize& size, std::int64_t available) {
  if (available <= 0) return {};
  const double pixels = pixelsOf(size);
  // Pairs of anchor and object, some 8 bytes each, with one anchor per 64 px of the finest level or a few.
  const double pairs = pixels / 16 * static_cast<double>(size.objects + size.ignored);
  if (pixels * kMostBytesPerPx + 8 * pairs < 0.5 * static_cast<double>(available)) return {};
  return fits("A step", size, estimateStepBytes(detector, methods, statistics, size), available);
}

}  // namespace anchorscope
