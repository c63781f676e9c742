#include "core/trainer/session.h"

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "core/base/check.h"
#include "core/trainer/session_port.h"
#include "core/trainer/training_loop.h"

namespace anchorscope {
namespace {

/// The one place where anything thrown on the trainer thread becomes an Error.
Error toError(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const c10::OutOfMemoryError& problem) {
    Error error = makeError(ErrorCode::kDevice, "The GPU's memory is full",
                            "Train with a smaller batch or input size, or close what else uses the GPU");
    error.details = problem.what();
    return error;
  } catch (const c10::Error& problem) {
    // A fault of the device arrives as LibTorch's general error; only its text tells.
    const std::string message = problem.what_without_backtrace();
    const bool device =
        message.find("CUDA error") != std::string::npos || message.find("CUDA driver") != std::string::npos;
    Error error = device ? makeError(ErrorCode::kDevice, message,
                                     "Check the GPU and its driver, or train with --device cpu")
                         : makeError(ErrorCode::kInternal, message, "Please report this with its details");
    error.details = problem.what();
    return error;
  } catch (const std::bad_alloc& problem) {
    Error error =
        makeError(ErrorCode::kDevice, "The memory is full", "Train with a smaller batch or input size");
    error.details = problem.what();
    return error;
  } catch (const std::exception& problem) {
    return makeError(ErrorCode::kInternal, problem.what(), "Please report this");
  } catch (...) {
    return makeError(ErrorCode::kInternal, "An unknown error ended training", "Please report this");
  }
}

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
  std::shared_ptr<const SessionFacts> facts() const override { return port_.facts(); }
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
      failure = toError(std::current_exception());
    }
    if (!failure) {
      port_.close(TrainerState::kStopped, loop.endReason(), loop.step());
      return;
    }
    try {
      loop.abandon(*failure);
    } catch (...) {
      failure->details += concat("\nWhile ending the run: ", toError(std::current_exception()).text());
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
