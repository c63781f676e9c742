#include "app/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <limits>

#include "app/cli/output.h"
#include "core/base/result.h"
#include "core/base/text.h"

namespace anchorscope::cli {
namespace {

std::atomic<int> interrupts{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

extern "C" void onInterrupt(int) {
  // The second one does not wait for the step to end.
  if (interrupts.fetch_add(1) > 0) ::_exit(exitCode(ErrorCode::kCancelled));
}

/// The first `columns` letters of UTF-8 text: a line that wraps cannot be rewritten in place.
std::string cut(const std::string& text, std::size_t columns) {
  std::size_t letters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins && ++letters > columns) return text.substr(0, i);
  }
  return text;
}

}  // namespace

void catchInterrupts() {
  struct sigaction action {};
  action.sa_handler = onInterrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return interrupts > 0;
}

ProgressLine::ProgressLine() : terminal_(::isatty(STDERR_FILENO) != 0) {}

std::size_t ProgressLine::columns() const {
  winsize size{};
  const bool known = terminal_ && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1U : std::numeric_limits<std::size_t>::max();
}

bool ProgressLine::due() const {
  const auto interval = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000);
  return std::chrono::steady_clock::now() - lastShown_ >= interval;
}

void ProgressLine::show(const std::string& line) {
  lastShown_ = std::chrono::steady_clock::now();
  if (terminal_) {
    Output::control("\r");
    std::cerr << cut(printable(line), columns()) << std::flush;
    Output::control("\033[K");
    open_ = true;
  } else {
    std::cerr << line << '\n';
  }
}

void ProgressLine::say(const std::string& text) {
  end();
  std::cerr << text << '\n';
}

void ProgressLine::end() {
  if (open_) std::cerr << '\n';
  open_ = false;
}

}  // namespace anchorscope::cli
