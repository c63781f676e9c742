#include "tests/support/cuda_on_host/fiber.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define ANCHORSCOPE_FIBERS_TELL_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ANCHORSCOPE_FIBERS_TELL_ASAN
#endif
#endif

#if defined(ANCHORSCOPE_FIBERS_TELL_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace anchorscope::cuda_on_host {
namespace {

constexpr std::size_t kStackBytes = std::size_t{256} << 10;  // touched, and so taken, as far as it is used

/// A place to go on at, and the stack that lies there.
struct Context {
  void* registers[5] = {};
  const void* stack = nullptr;
  std::size_t bytes = 0;
  void* fakeStack = nullptr;  // AddressSanitizer's
};

void announce([[maybe_unused]] Context& from, [[maybe_unused]] const Context& to) {
#if defined(ANCHORSCOPE_FIBERS_TELL_ASAN)
  __sanitizer_start_switch_fiber(&from.fakeStack, to.stack, to.bytes);
#endif
}

/// `origin`, unless null, learns which stack was left.
void arrived([[maybe_unused]] const Context& here, [[maybe_unused]] Context* origin) {
#if defined(ANCHORSCOPE_FIBERS_TELL_ASAN)
  __sanitizer_finish_switch_fiber(here.fakeStack, origin != nullptr ? &origin->stack : nullptr,
                                  origin != nullptr ? &origin->bytes : nullptr);
#endif
}

// The compiler's own jumps: no call of the system for the signal mask as in swapcontext, and no sanitizer
// that takes every other frame of the stack for left, as in longjmp. They do not bear to stand in one
// function.
__attribute__((noinline, no_sanitize("address"))) void goOn(Context& there) {
  __builtin_longjmp(there.registers, 1);
}
__attribute__((noinline, no_sanitize("address"))) void jump(Context& from, Context& to) {
  if (__builtin_setjmp(from.registers) == 0) goOn(to);
}

/// The first time: onto a stack that holds nothing yet.
__attribute__((noinline, no_sanitize("address"))) void begin(Context& from, ucontext_t& fiber) {
  ucontext_t unused;
  if (__builtin_setjmp(from.registers) == 0) ::swapcontext(&unused, &fiber);
}

}  // namespace

struct Fiber::State {
  std::function<void()> endless;
  void* stack = nullptr;
  Context outside, inside;
  bool begun = false;

  static void run(unsigned high, unsigned low) {
    auto* state = reinterpret_cast<State*>(static_cast<std::uintptr_t>(high) << 32 | low);
    arrived(state->inside, &state->outside);
    state->endless();
    std::abort();
  }
};

Fiber::Fiber(std::function<void()> endless) : state_(std::make_unique<State>()) {
  state_->endless = std::move(endless);
  state_->stack = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (state_->stack == MAP_FAILED) std::abort();
  ::mprotect(state_->stack, 4096, PROT_NONE);  // below it lies another's
  state_->inside.stack = state_->stack;
  state_->inside.bytes = kStackBytes;
}

Fiber::~Fiber() {
#if defined(ANCHORSCOPE_FIBERS_TELL_ASAN)
  __asan_unpoison_memory_region(state_->stack, kStackBytes);  // of frames that were never left
#endif
  ::munmap(state_->stack, kStackBytes);
}

void Fiber::enter() {
  announce(state_->outside, state_->inside);
  if (state_->begun) {
    jump(state_->outside, state_->inside);
  } else {
    state_->begun = true;
    ucontext_t fiber;
    ::getcontext(&fiber);
    fiber.uc_stack.ss_sp = state_->stack;
    fiber.uc_stack.ss_size = kStackBytes;
    fiber.uc_link = nullptr;
    const auto address = reinterpret_cast<std::uintptr_t>(state_.get());  // makecontext passes ints
    ::makecontext(&fiber, reinterpret_cast<void (*)()>(&State::run), 2, static_cast<unsigned>(address >> 32),
                  static_cast<unsigned>(address));
    begin(state_->outside, fiber);
  }
  arrived(state_->outside, nullptr);
}

void Fiber::leave() {
  announce(state_->inside, state_->outside);
  jump(state_->inside, state_->outside);
  arrived(state_->inside, &state_->outside);
}

}  // namespace anchorscope::cuda_on_host
