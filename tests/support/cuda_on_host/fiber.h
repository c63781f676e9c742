#pragma once
// Stacks that one thread of the host switches between. Test-only.

#include <cstddef>
#include <functional>
#include <memory>

namespace anchorscope::cuda_on_host {

/// A function with a stack of its own, which leaves and is entered again at any depth of calls. The function
/// never returns, and what stands on the stack when the fiber goes is not destroyed.
class Fiber {
 public:
  explicit Fiber(std::function<void()> endless);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Called outside of any fiber: runs this one until it leaves.
  void enter();
  /// Called inside: back to where enter() was called.
  void leave();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anchorscope::cuda_on_host
