#pragma once
// A training session without training, for tests of the window: the test plays the trainer's side.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/session/session.h"

namespace anchorscope {
class SessionPort;  // its header has a function `emit`, which Qt's macro of that name breaks
}

namespace anchorscope::testing {

/// Makes sessions that do nothing by themselves and remembers what they were asked for.
class FakeTrainer {
 public:
  /// The sessions it makes share this object's state; it must outlive them.
  std::function<std::unique_ptr<TrainingSession>(RunConfig, SessionOptions)> factory();

  // ---- the trainer's side of the newest session
  void setState(TrainerState state, const std::string& reason = {});
  void send(Event event);
  void publishFacts(std::vector<std::string> imageNames, EvidenceDeclaration declaration = {});
  /// A snapshot of these probes with a plausible status; also returned, to compare pointers.
  std::shared_ptr<const Snapshot> publish(std::int64_t step,
                                          std::vector<std::shared_ptr<const ProbeFrame>> probes);
  void publish(std::shared_ptr<const Snapshot> snapshot);
  /// Refuses every waiting command and ends.
  void close(TrainerState lastState);
  /// What the window has asked for since the last call; each is acknowledged as applied with so many steps
  /// done, or refused.
  std::vector<Command> takeCommands(std::int64_t step = 0, const std::optional<Error>& refusal = {});

  std::vector<std::string> validationImageNames{"validation.jpg"};  ///< Of the facts.
  RunConfig config;
  SessionOptions options;
  int started = 0;
  std::function<void()> destroyed;  ///< Called on whatever thread destroys a session.

 private:
  std::shared_ptr<SessionPort> port_;
  std::uint64_t sequence_ = 0;
};

}  // namespace anchorscope::testing
