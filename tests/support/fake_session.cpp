#include "tests/support/fake_session.h"

#include <utility>

#include "core/session/session_port.h"

namespace anchorscope::testing {
namespace {

/// Forwards to the port; destroying it says so.
class FakeSession final : public TrainingSession {
 public:
  FakeSession(std::shared_ptr<SessionPort> port, std::function<void()> destroyed)
      : port_(std::move(port)), destroyed_(std::move(destroyed)) {}
  ~FakeSession() override {
    if (destroyed_) destroyed_();
  }
  CommandId post(Command command) override { return port_->post(std::move(command)); }
  std::vector<Event> drainEvents() override { return port_->drainEvents(); }
  std::shared_ptr<const Snapshot> latestSnapshot() const override { return port_->latestSnapshot(); }
  std::shared_ptr<const RunFacts> facts() const override { return port_->facts(); }
  TrainerState state() const override { return port_->state(); }
  void setWake(std::function<void()> wake) override { port_->setWake(std::move(wake)); }
  void wait() override { port_->waitForEnd(); }

 private:
  std::shared_ptr<SessionPort> port_;
  std::function<void()> destroyed_;
};

}  // namespace

std::function<std::unique_ptr<TrainingSession>(RunConfig, SessionOptions)> FakeTrainer::factory() {
  return [this](RunConfig asked, SessionOptions how) {
    port_ = std::make_shared<SessionPort>();
    config = std::move(asked);
    options = std::move(how);
    ++started;
    return std::make_unique<FakeSession>(port_, destroyed);
  };
}

void FakeTrainer::setState(TrainerState state, const std::string& reason) {
  port_->setState(state, reason);
}

void FakeTrainer::send(Event event) {
  port_->emit(std::move(event));
}

void FakeTrainer::publishFacts(std::vector<std::string> imageNames, EvidenceDeclaration declaration) {
  auto facts = std::make_shared<RunFacts>();
  facts->config = config;
  facts->declaration = RunDeclaration(std::move(declaration));
  facts->imageNames = std::move(imageNames);
  facts->validationImageNames = validationImageNames;
  port_->publishFacts(std::move(facts));
}

std::shared_ptr<const Snapshot> FakeTrainer::publish(std::int64_t step,
                                                     std::vector<std::shared_ptr<const ProbeFrame>> probes) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->sequence = ++sequence_;
  snapshot->status.step = step;
  snapshot->status.plannedSteps = 5000;
  snapshot->status.stepsPerSecond = 41.8;
  snapshot->status.captureMsPerStep = 0.4;
  snapshot->status.captureShare = 0.016;
  snapshot->status.captureEvery = 1;
  snapshot->status.device = "CPU · 1 thread";
  snapshot->status.memoryBytes = 934'000'000;
  snapshot->probes = std::move(probes);
  port_->publish(snapshot);
  return snapshot;
}

void FakeTrainer::publish(std::shared_ptr<const Snapshot> snapshot) {
  port_->publish(std::move(snapshot));
}

void FakeTrainer::close(TrainerState lastState) {
  port_->close(lastState, "", 0);
}

std::vector<Command> FakeTrainer::takeCommands(std::int64_t step, const std::optional<Error>& refusal) {
  std::vector<Command> commands;
  for (QueuedCommand& queued : port_->commands().take()) {
    port_->acknowledge(queued.id, refusal, step);
    commands.push_back(std::move(queued.command));
  }
  return commands;
}

}  // namespace anchorscope::testing
