#include "core/session/session.h"

#include <exception>
#include <thread>
#include <utility>

#include "core/base/check.h"
#include "core/session/session_port.h"
#include "core/session/thrown.h"
#include "core/session/training_loop.h"

namespace anchorscope {
namespace {

class Session : public TrainingSession {
 public:
  Session(RunConfig config, SessionOptions options)
      : thread_([this, config = std::move(config), options = std::move(options)]() mutable {
          work(std::move(config), std::move(options));
        }) {}
  ~Session() override { port_.post(StopCommand{}); }  // jthread joins

  CommandId post(Command command) override { return port_.post(std::move(command)); }
  std::vector<Event> drainEvents() override { return port_.drainEvents(); }
  std::shared_ptr<const Snapshot> latestSnapshot() const override { return port_.latestSnapshot(); }
  std::shared_ptr<const RunFacts> facts() const override { return port_.facts(); }
  TrainerState state() const override { return port_.state(); }
  void setWake(std::function<void()> wake) override { port_.setWake(std::move(wake)); }
  void wait() override { port_.waitForEnd(); }

 private:
  void work(RunConfig config, SessionOptions options) {
    TrainingLoop loop(port_, std::move(config), std::move(options));
    std::optional<Error> failure;
    try {
      if (Status status = loop.run(); !status) failure = std::move(status).error();
    } catch (...) {
      failure = errorFromThrown(std::current_exception());
    }
    if (!failure) {
      port_.close(TrainerState::kStopped, loop.endReason(), loop.step());
      return;
    }
    try {
      loop.abandon(*failure);
    } catch (...) {
      failure->details +=
          concat("\nWhile ending the run: ", errorFromThrown(std::current_exception()).text());
    }
    port_.emit(FailedEvent{*failure, {}});
    port_.close(TrainerState::kFailed, failure->message, loop.step());
  }

  SessionPort port_;
  std::jthread thread_;  // last: it uses the port
};

}  // namespace

std::unique_ptr<TrainingSession> startSession(RunConfig config, SessionOptions options) {
  return std::make_unique<Session>(std::move(config), std::move(options));
}

}  // namespace anchorscope
