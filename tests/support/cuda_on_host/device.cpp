#include "tests/support/cuda_on_host/device.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/VariableHooksInterface.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/native/Resize.h>
#include <ATen/native/TensorFactories.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/DeviceType.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include <cuda_runtime.h>

#include "core/ops/cuda/kernels.h"

namespace anchorscope::cuda_on_host {
namespace {

constexpr std::array kOrders{Order::kForwards, Order::kBackwards, Order::kShuffled};

thread_local at::DeviceIndex currentDevice = 0;
thread_local bool insideDevice = false;  // what ATen's CPU code does for an operation is not the host's doing

struct Guard final : c10::impl::DeviceGuardImplInterface {
  at::DeviceType type() const override { return at::kPrivateUse1; }
  at::Device exchangeDevice(at::Device device) const override {
    return {at::kPrivateUse1, std::exchange(currentDevice, device.index())};
  }
  at::Device getDevice() const override { return {at::kPrivateUse1, currentDevice}; }
  void setDevice(at::Device device) const override { currentDevice = device.index(); }
  void uncheckedSetDevice(at::Device device) const noexcept override { currentDevice = device.index(); }
  c10::Stream getStream(at::Device device) const override {
    return c10::Stream(c10::Stream::DEFAULT, device);
  }
  c10::Stream getDefaultStream(at::Device device) const override { return getStream(device); }
  c10::Stream getNewStream(at::Device device, int) const override { return getStream(device); }
  c10::Stream getStreamFromGlobalPool(at::Device device, bool) const override { return getStream(device); }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  void* getStreamNativeHandle(const c10::Stream stream) const override {
    static std::array<CUstream_st, kOrders.size()> streams{CUstream_st{kOrders[0]}, CUstream_st{kOrders[1]},
                                                           CUstream_st{kOrders[2]}};
    return &streams.at(static_cast<std::size_t>(stream.device_index()));
  }
  at::DeviceIndex deviceCount() const noexcept override { return kOrders.size(); }
  // Everything is done when it is asked for.
  void record(void**, const c10::Stream&, at::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override {}
  void synchronizeEvent(void*) const override {}
  void synchronizeDevice(at::DeviceIndex) const override {}
};

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    const at::Device device(at::kPrivateUse1, currentDevice);
    if (bytes == 0) return {nullptr, nullptr, &std::free, device};
    constexpr std::size_t kAlignment = 64;
    void* memory = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    TORCH_CHECK(memory != nullptr, "no memory for ", bytes, " bytes");
    // As floats: NaN, about 3e38, about -3e-16.
    constexpr std::array<unsigned char, kOrders.size()> kGarbage{0xff, 0x7f, 0xa5};
    std::memset(memory, kGarbage.at(static_cast<std::size_t>(currentDevice)), bytes);
    return {memory, memory, &std::free, device};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
};

Memory deviceMemory;
REGISTER_ALLOCATOR(c10::DeviceType::PrivateUse1, &deviceMemory)

/// Memory of the host that a copy need not wait for.
struct PinnedMemory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    void* memory = std::malloc(std::max<std::size_t>(bytes, 1));
    const std::lock_guard<std::mutex> lock(mutex());
    blocks()[memory] = bytes;
    return {memory, memory, &release, at::kCPU};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }

  static bool holds(const void* at) {
    const std::lock_guard<std::mutex> lock(mutex());
    const auto after = blocks().upper_bound(const_cast<void*>(at));
    if (after == blocks().begin()) return false;
    const auto& [begin, bytes] = *std::prev(after);
    return at < static_cast<const char*>(begin) + std::max<std::size_t>(bytes, 1);
  }

 private:
  static void release(void* memory) {
    {
      const std::lock_guard<std::mutex> lock(mutex());
      blocks().erase(memory);
    }
    std::free(memory);
  }
  static std::map<void*, std::size_t>& blocks() {
    static std::map<void*, std::size_t> blocks;
    return blocks;
  }
  static std::mutex& mutex() {
    static std::mutex mutex;
    return mutex;
  }
};

PinnedMemory pinnedMemory;

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool isPinnedPtr(const void* data) const override { return PinnedMemory::holds(data); }
  at::Allocator* getPinnedMemoryAllocator() const override { return &pinnedMemory; }
  bool hasPrimaryContext(at::DeviceIndex) const override { return true; }
  at::DeviceIndex deviceCount() const override { return kOrders.size(); }
  at::DeviceIndex getCurrentDevice() const override { return currentDevice; }
  void resizePrivateUse1Bytes(const c10::Storage& storage, std::size_t bytes) const override {
    const c10::DeviceGuard guard(storage.device());
    c10::DataPtr moved = deviceMemory.allocate(bytes);
    if (storage.nbytes() > 0) std::memcpy(moved.get(), storage.data(), std::min(bytes, storage.nbytes()));
    storage.set_data_ptr_noswap(std::move(moved));
    storage.set_nbytes(bytes);
  }
};

// ------------------------------------------------------------------------------------------------ traffic

struct Counts {
  std::mutex mutex;
  int watchers = 0;
  std::vector<std::string> reads, writes;
};

Counts& counts() {
  static Counts counts;
  return counts;
}

void note(std::vector<std::string> Counts::*list, std::string operation) {
  if (insideDevice) return;
  const std::lock_guard<std::mutex> lock(counts().mutex);
  if (counts().watchers > 0) (counts().*list).push_back(std::move(operation));
}

// ------------------------------------------------------------------------------------------------ operations

struct Inside {
  Inside() : before(std::exchange(insideDevice, true)) {}
  ~Inside() { insideDevice = before; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  bool before;
};

void forTensors(const c10::IValue& value, const std::function<void(const at::Tensor&)>& body) {
  if (value.isTensor() && value.toTensor().defined()) body(value.toTensor());
  if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector())
      body(tensor);
  }
  if (value.isList() && !value.isTensorList()) {
    for (const c10::IValue& element : value.toListRef())
      forTensors(element, body);
  }
}

/// Whether the size of the result, or the result, is what the tensors hold, so that the host has to wait for
/// it.
bool readsNumbers(const std::string& name, const c10::ArrayRef<c10::IValue>& arguments) {
  static const std::set<std::string> kReaders{"aten::_local_scalar_dense",
                                              "aten::nonzero",
                                              "aten::masked_select",
                                              "aten::equal",
                                              "aten::is_nonzero",
                                              "aten::_unique2",
                                              "aten::unique_dim",
                                              "aten::unique_consecutive",
                                              "aten::bincount",
                                              "aten::_unique",
                                              "aten::repeat_interleave"};
  if (kReaders.contains(name)) return true;
  if (name != "aten::index_put_" && name != "aten::_index_put_impl_") return false;  // index() calls nonzero
  bool masks = false;
  forTensors(arguments.at(1), [&](const at::Tensor& index) {
    masks = masks || index.scalar_type() == at::kBool || index.scalar_type() == at::kByte;
  });
  return masks;
}

/// On CUDA, indices may lie on the host (and are taken over first); other operations refuse two devices.
void checkDevices(const std::string& name, const c10::ArrayRef<c10::IValue>& arguments) {
  const bool indexes = name.starts_with("aten::index") || name.starts_with("aten::_index");
  std::optional<at::Device> device;
  std::size_t position = 0;
  for (const c10::IValue& argument : arguments) {
    forTensors(argument, [&](const at::Tensor& tensor) {
      if (tensor.is_cpu() && tensor.dim() == 0) return;  // a number
      if (tensor.is_cpu() && indexes && position == 1) {
        note(&Counts::writes, name + " with indices of the host");
        return;
      }
      TORCH_CHECK(!device || *device == tensor.device(), name,
                  ": expected all tensors to be on the same device, but ", "found ", *device, " and ",
                  tensor.device());
      device = tensor.device();
    });
    ++position;
  }
}

void onTheCpu(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  const std::string name = operation.operator_name().name;
  const auto arguments = torch::jit::last(*stack, operation.schema().arguments().size());
  checkDevices(name, arguments);
  if (readsNumbers(name, arguments)) note(&Counts::reads, name);
  const Inside inside;
  at::native::cpu_fallback(operation, stack, /*error_on_views=*/true);
}

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                 std::optional<at::Device> device, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  const c10::OptionalDeviceGuard guard(device);
  return at::detail::empty_generic(size, &deviceMemory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   at::dtype_or_default(dtype), format);
}

at::Tensor emptyStrided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> dtype,
                        std::optional<at::Layout>, std::optional<at::Device> device, std::optional<bool>) {
  const c10::OptionalDeviceGuard guard(device);
  return at::detail::empty_strided_generic(size, stride, &deviceMemory,
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           at::dtype_or_default(dtype));
}

/// The tensor's memory as a tensor of the CPU.
at::Tensor ofHost(const at::Tensor& tensor) {
  if (tensor.is_cpu()) return tensor;
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(),
                       at::TensorOptions().dtype(tensor.scalar_type()).device(at::kCPU));
}

at::Tensor copyFrom(const at::Tensor& from, const at::Tensor& to, bool nonBlocking) {
  const auto waits = [&](const at::Tensor& ofHost) {
    return ofHost.numel() > 0 && !(nonBlocking && PinnedMemory::holds(ofHost.data_ptr()));
  };
  if (to.is_cpu() && waits(to)) note(&Counts::reads, "aten::copy_ to the host");
  if (from.is_cpu() && waits(from)) note(&Counts::writes, "aten::copy_ from the host");
  const Inside inside;
  ofHost(to).copy_(ofHost(from));
  return to;
}

at::Tensor copyFromAndResize(const at::Tensor& from, const at::Tensor& to) {
  if (to.sizes() != from.sizes()) to.resize_(from.sizes());
  return copyFrom(from, to, false);
}

const at::Tensor& resize(const at::Tensor& self, at::IntArrayRef size,
                         std::optional<at::MemoryFormat> format) {
  const c10::DeviceGuard guard(self.device());
  at::native::resize_impl_cpu_(self.unsafeGetTensorImpl(), size, std::nullopt);
  if (format) self.unsafeGetTensorImpl()->empty_tensor_restride(*format);
  return self;
}

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, at::IntArrayRef stride, at::IntArrayRef padding,
                       at::IntArrayRef dilation, bool transposed, at::IntArrayRef outputPadding,
                       std::int64_t groups) {
  const Inside inside;
  const bool biased = bias && bias->defined();
  return at::convolution(ofHost(input), ofHost(weight), biased ? std::optional(ofHost(*bias)) : std::nullopt,
                         stride, padding, dilation, transposed, outputPadding, groups)
      .to(input.device());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolutionBackward(
    const at::Tensor& upstream, const at::Tensor& input, const at::Tensor& weight, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef outputPadding,
    std::int64_t groups, std::array<bool, 3> wanted) {
  const Inside inside;
  const std::vector<std::int64_t> biasSizes{weight.size(transposed ? 1 : 0) * (transposed ? groups : 1)};
  auto [ofInput, ofWeight, ofBias] = at::convolution_backward(
      ofHost(upstream), ofHost(input), ofHost(weight), at::OptionalIntArrayRef(biasSizes), stride, padding,
      dilation, transposed, outputPadding, groups, wanted);
  const auto back = [&](const at::Tensor& gradient) {
    return gradient.defined() ? gradient.to(input.device()) : gradient;
  };
  return {back(ofInput), back(ofWeight), back(ofBias)};
}

void recordStream(at::Tensor&, c10::Stream) {}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("record_stream", &recordStream);
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &emptyStrided);
  library.impl("as_strided", &at::native::as_strided_tensorimpl);
  library.impl("view", &at::native::view);
  library.impl("_reshape_alias", &at::native::_reshape_alias);
  library.impl("unfold", &at::native::unfold);
  library.impl("resize_", &resize);
  library.impl("_copy_from", &copyFrom);
  library.impl("_copy_from_and_resize", &copyFromAndResize);
  library.impl("set_.source_Storage_storage_offset", &at::native::set_storage_cpu_);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolutionBackward);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&onTheCpu>());
}

// ------------------------------------------------------------------------------------------------ moving
// parameters

/// For the function that only a TensorImpl may call.
struct Metadata : c10::TensorImpl {
  static void copy(const c10::TensorImpl* from, c10::TensorImpl* to) {
    copy_tensor_metadata(from, to, to->version_counter(), to->allow_tensor_metadata_change());
  }
};

/// LibTorch lets a parameter's data move from the CPU to the devices it knows, but to no PrivateUse1: what it
/// has for that, without the refusal.
struct VariableHooks final : at::impl::VariableHooksInterface {
  explicit VariableHooks(at::impl::VariableHooksInterface* usual) : to(usual) {}
  void set_data(const at::TensorBase& self, const at::TensorBase& data) const override {
    if (self.device().type() == data.device().type() ||
        (!self.is_privateuseone() && !data.is_privateuseone()))
      return to->set_data(self, data);
    Metadata::copy(data.unsafeGetTensorImpl(), self.unsafeGetTensorImpl());
  }

  at::TensorBase tensor_data(const at::TensorBase& t) const override { return to->tensor_data(t); }
  at::TensorBase variable_data(const at::TensorBase& t) const override { return to->variable_data(t); }
  const std::shared_ptr<torch::autograd::Node>& grad_fn(const at::TensorBase& t) const override {
    return to->grad_fn(t);
  }
  unsigned _register_hook(const at::TensorBase& t,
                          std::function<at::TensorBase(const at::TensorBase&)> hook) const override {
    return to->_register_hook(t, std::move(hook));
  }
  void remove_hook(const at::TensorBase& t, unsigned pos) const override { to->remove_hook(t, pos); }
  bool is_view(const at::TensorBase& t) const override { return to->is_view(t); }
  const at::TensorBase& base(const at::TensorBase& t) const override { return to->base(t); }
  const std::string& name(const at::TensorBase& t) const override { return to->name(t); }
  bool is_leaf(const at::TensorBase& t) const override { return to->is_leaf(t); }
  std::int64_t output_nr(const at::TensorBase& t) const override { return to->output_nr(t); }
  at::TensorBase data(const at::TensorBase& t) const override { return to->data(t); }
  std::int64_t _version(const at::TensorBase& t) const override { return to->_version(t); }
  void retain_grad(const at::TensorBase& t) const override { to->retain_grad(t); }
  bool retains_grad(const at::TensorBase& t) const override { return to->retains_grad(t); }
  void _backward(const at::Tensor& t, at::TensorList inputs, const std::optional<at::Tensor>& gradient,
                 std::optional<bool> keep, bool create) const override {
    to->_backward(t, inputs, gradient, keep, create);
  }
  void requires_grad_(const at::TensorBase& t, bool wanted) const override { to->requires_grad_(t, wanted); }
  void basic_autograd_not_implemented_fallback(const c10::OperatorHandle& op, c10::DispatchKeySet keys,
                                               torch::jit::Stack* stack) const override {
    to->basic_autograd_not_implemented_fallback(op, keys, stack);
  }
  std::optional<c10::ScalarType> grad_dtype(const at::TensorBase& t) const override {
    return to->grad_dtype(t);
  }
  void set_grad_dtype(const at::TensorBase& t, const std::optional<c10::ScalarType>& dtype) const override {
    to->set_grad_dtype(t, dtype);
  }

  at::impl::VariableHooksInterface* to;
};

const bool registered = [] {
  static VariableHooks variableHooks(at::impl::GetVariableHooks());
  at::impl::SetVariableHooks(&variableHooks);
  static Hooks hooks;
  at::RegisterPrivateUse1HooksInterface(&hooks);
  c10::register_privateuse1_backend("host");  // and autograd takes its streams for those of the machine's GPU
  return true;
}();

}  // namespace
}  // namespace anchorscope::cuda_on_host

namespace anchorscope::kernels {

// In the place of core/ops/cuda/devices.cu.
bool built() {
  return true;
}
const char* deviceType() {
  return "host";
}
int deviceCount() {
  return cuda_on_host::kOrders.size();
}
std::string deviceName(int) {
  return "CUDA kernels on the host";
}

}  // namespace anchorscope::kernels

namespace anchorscope::cuda_on_host {

Traffic::Traffic() {
  const std::lock_guard<std::mutex> lock(counts().mutex);
  if (counts().watchers++ == 0) {
    counts().reads.clear();
    counts().writes.clear();
  }
}

Traffic::~Traffic() {
  const std::lock_guard<std::mutex> lock(counts().mutex);
  --counts().watchers;
}

std::vector<std::string> Traffic::reads() const {
  const std::lock_guard<std::mutex> lock(counts().mutex);
  return counts().reads;
}

std::vector<std::string> Traffic::writes() const {
  const std::lock_guard<std::mutex> lock(counts().mutex);
  return counts().writes;
}

}  // namespace anchorscope::cuda_on_host
