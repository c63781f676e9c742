#include "widgets/bridge/session_bridge.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <atomic>
#include <numeric>
#include <thread>

#include "tests/support/fake_session.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"

namespace anchorscope {
namespace {

using testing::FakeTrainer;

TEST(SessionBridgeTest, EverybodyGetsTheSameSnapshotInOneCall) {
  FakeTrainer trainer;
  SessionBridge bridge(nullptr, trainer.factory());
  std::vector<const Snapshot*> seen;
  for (int panel = 0; panel < 5; ++panel)
    QObject::connect(
        &bridge, &SessionBridge::snapshotArrived,
        [&](const std::shared_ptr<const Snapshot>& snapshot) { seen.push_back(snapshot.get()); });
  bridge.start({}, {});
  trainer.publish(1, {});
  const auto newest = trainer.publish(2, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !seen.empty(); }));
  // The first was replaced before the window got to look: the latest wins.
  EXPECT_EQ(seen, std::vector<const Snapshot*>(5, newest.get()));
  EXPECT_EQ(bridge.snapshot(), newest);
}

TEST(SessionBridgeTest, EventsArriveInOrderOnTheGuiThreadWhoeverSendsThem) {
  FakeTrainer trainer;
  SessionBridge bridge(nullptr, trainer.factory());
  std::vector<std::int64_t> steps;
  std::vector<TrainerState> states;
  QThread* const gui = QThread::currentThread();
  bool elsewhere = false;
  QObject::connect(&bridge, &SessionBridge::stepsArrived, [&](const std::vector<StepEvent>& arrived) {
    elsewhere = elsewhere || QThread::currentThread() != gui;
    for (const StepEvent& step : arrived)
      steps.push_back(step.step);
  });
  QObject::connect(&bridge, &SessionBridge::stateChanged, [&](TrainerState state) {
    states.push_back(state);
    if (state == TrainerState::kPaused) {
      EXPECT_EQ(steps.size(), 500u);  // nothing overtakes the steps before it
    }
  });
  bridge.start({}, {});
  std::thread other([&] {
    trainer.setState(TrainerState::kRunning);
    for (std::int64_t step = 1; step <= 500; ++step)
      trainer.send(StepEvent{step, {}});
    trainer.setState(TrainerState::kPaused);
  });
  ASSERT_TRUE(QTest::qWaitFor([&] { return bridge.state() == TrainerState::kPaused; }));
  other.join();
  EXPECT_FALSE(elsewhere);
  std::vector<std::int64_t> expected(500);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(steps, expected);
  EXPECT_EQ(states, (std::vector<TrainerState>{TrainerState::kRunning, TrainerState::kPaused}));
}

TEST(SessionBridgeTest, KnowsTheNewestFactsAndTellsOfTheFirst) {
  FakeTrainer trainer;
  SessionBridge bridge(nullptr, trainer.factory());
  const QSignalSpy told(&bridge, &SessionBridge::factsAvailable);
  bridge.start({}, {});
  trainer.publishFacts({"a"});
  trainer.setState(TrainerState::kRunning);
  ASSERT_TRUE(QTest::qWaitFor([&] { return bridge.state() == TrainerState::kRunning; }));
  trainer.publishFacts({"a", "b"});  // as after a changed option
  trainer.setState(TrainerState::kPaused);
  ASSERT_TRUE(QTest::qWaitFor([&] { return bridge.state() == TrainerState::kPaused; }));
  EXPECT_EQ(bridge.facts()->imageNames, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(told.count(), 1);
}

TEST(SessionBridgeTest, RetiringLetsTheSessionEndOnAnotherThread) {
  FakeTrainer trainer;
  std::atomic<bool> destroyed = false, elsewhere = false, afterwards = false;
  QThread* const gui = QThread::currentThread();
  trainer.destroyed = [&] {
    elsewhere = QThread::currentThread() != gui;
    destroyed = true;
  };
  {
    SessionBridge bridge(nullptr, trainer.factory());
    bridge.start({}, {});
    const QSignalSpy ended(&bridge, &SessionBridge::sessionEnded);
    bridge.retire([&] { afterwards = destroyed.load(); });
    EXPECT_FALSE(bridge.hasSession());
    EXPECT_EQ(ended.count(), 1);
    EXPECT_EQ(bridge.post(PauseCommand{}), 0u);
  }  // waits for it
  EXPECT_TRUE(destroyed);
  EXPECT_TRUE(elsewhere);
  EXPECT_TRUE(afterwards);
}

TEST(SessionBridgeTest, NothingOfAnEarlierRunArrivesAfterTheNextHasBegun) {
  FakeTrainer trainer;
  SessionBridge bridge(nullptr, trainer.factory());
  std::vector<std::int64_t> steps;
  QObject::connect(&bridge, &SessionBridge::stepsArrived, [&](const std::vector<StepEvent>& arrived) {
    for (const StepEvent& step : arrived)
      steps.push_back(step.step);
  });
  bridge.start({}, {});
  trainer.send(StepEvent{7, {}});  // its wake-up is queued, but not yet heard
  bridge.start({}, {});
  trainer.send(StepEvent{1, {}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !steps.empty(); }));
  EXPECT_EQ(steps, std::vector<std::int64_t>{1});
  EXPECT_EQ(trainer.started, 2);
}

TEST(SessionBridgeTest, ASlotMayEndTheRunInTheMiddleOfItsEvents) {
  FakeTrainer trainer;
  SessionBridge bridge(nullptr, trainer.factory());
  QStringList failures;
  QObject::connect(&bridge, &SessionBridge::failed, [&](const Error& error) {
    failures << QString::fromStdString(error.message);
    bridge.retire();
  });
  bridge.start({}, {});
  trainer.send(FailedEvent{makeError(ErrorCode::kBadData, "first"), ""});
  trainer.send(FailedEvent{makeError(ErrorCode::kBadData, "second"), ""});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !bridge.hasSession(); }));
  QCoreApplication::processEvents();
  EXPECT_EQ(failures, QStringList{"first"});
}

TEST(SessionBridgeTest, TellsWhatBecameOfEachCommand) {
  FakeTrainer trainer;
  SessionBridge bridge(nullptr, trainer.factory());
  std::vector<AcknowledgedEvent> told;
  QObject::connect(&bridge, &SessionBridge::commandAcknowledged,
                   [&](const AcknowledgedEvent& event) { told.push_back(event); });
  bridge.start({}, {});
  const CommandId replaced = bridge.post(SetParamCommand{"train.lr", "0.2"});
  const CommandId applied = bridge.post(SetParamCommand{"train.lr", "0.1"});
  trainer.takeCommands(/*step=*/12);
  trainer.close(TrainerState::kStopped);
  const CommandId refused = bridge.post(SetParamCommand{"train.lr", "0.3"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return told.size() == 3; }));
  EXPECT_EQ(told[0].id, replaced);
  EXPECT_TRUE(told[0].coalesced);
  EXPECT_EQ(told[1].id, applied);
  EXPECT_EQ(told[1].appliedAtStep, 12);
  EXPECT_FALSE(told[1].error);
  EXPECT_EQ(told[2].id, refused);
  EXPECT_TRUE(told[2].error);
}

}  // namespace
}  // namespace anchorscope
