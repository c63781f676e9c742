#pragma once
// Small real trainings for the tests of core/trainer.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/trainer/run_config.h"
#include "core/trainer/session.h"
#include "core/trainer/trainer.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {

/// The demo at 64 px on a tiny detector, batches of 2, one thread, deterministic: some 100 steps per second.
RunConfig smallConfig(const std::string& method = "musu", const std::string& model = "retina-small");

/// Sets "KEY", "VALUE"; fails the test on an error.
void set(RunConfig& config, const std::string& key, const std::string& value);

/// Null, with a failed test, when it cannot be prepared.
std::unique_ptr<Trainer> prepareOrFail(const RunConfig& config, const std::string& checkpoint = {});

/// So many steps; every scalar of every step, in order.
std::vector<StepReport> train(Trainer& trainer, int steps);

/// Makes a weight of the detector NaN and trains one step, which must change nothing; its report.
StepReport trainPoisoned(Trainer& trainer);

/// A COCO set of grey images with the given boxes (xywh) per image; returns its spec.
std::string writeCocoSet(const TemporaryFolder& folder,
                         const std::vector<std::vector<std::array<int, 4>>>& boxesPerImage);

double valueOf(const std::vector<ScalarValue>& scalars, const std::string& name);

/// Waits for a session's events on the test's thread.
class SessionWatch {
 public:
  explicit SessionWatch(TrainingSession& session);
  ~SessionWatch();
  SessionWatch(const SessionWatch&) = delete;
  SessionWatch& operator=(const SessionWatch&) = delete;

  /// Returns when the session has entered this state (or a final one).
  void waitForState(TrainerState state);
  /// Returns when this command is acknowledged; its event.
  AcknowledgedEvent waitForAcknowledgement(CommandId id);
  /// Waits for the end and gives all events of the session.
  const std::vector<Event>& finish();

  /// Every event so far, in order.
  const std::vector<Event>& events();
  std::vector<TrainerState> states();
  template <typename E>
  std::vector<E> all() {
    std::vector<E> out;
    for (const Event& event : events())
      if (const auto* found = std::get_if<E>(&event)) out.push_back(*found);
    return out;
  }

 private:
  template <typename Condition>
  void waitUntil(const Condition& condition);

  TrainingSession& session_;
  std::mutex mutex_;
  std::condition_variable ready_;
  bool awake_ = false;
  std::vector<Event> events_;
};

}  // namespace anchorscope::testing
