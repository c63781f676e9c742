#include "app/interrupt_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <QSocketNotifier>
#include <atomic>
#include <csignal>

namespace anchorscope {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
std::atomic<int> writeEnd{-1};

extern "C" void onInterrupt(int signal) {
  std::signal(signal, SIG_DFL);
  const char byte = 0;
  [[maybe_unused]] const auto written = ::write(writeEnd.load(), &byte, 1);
}

}  // namespace

InterruptWatch::InterruptWatch(QObject* parent) : QObject(parent) {
  if (::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) return;  // then a signal ends the program as ever
  writeEnd = pipe_[1];
  auto* notifier = new QSocketNotifier(pipe_[0], QSocketNotifier::Read, this);
  connect(notifier, &QSocketNotifier::activated, this, [this] {
    char byte = 0;
    if (::read(pipe_[0], &byte, 1) == 1) emit interrupted();
  });
  for (const int signal : kSignals)
    std::signal(signal, onInterrupt);
}

InterruptWatch::~InterruptWatch() {
  if (pipe_[0] < 0) return;
  for (const int signal : kSignals)
    std::signal(signal, SIG_DFL);
  ::close(pipe_[0]);
  ::close(pipe_[1]);
}

}  // namespace anchorscope
