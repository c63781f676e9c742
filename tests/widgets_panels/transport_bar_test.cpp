#include "widgets/panels/transport_bar.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QLabel>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>

#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

constexpr TrainerState kStates[] = {TrainerState::kIdle,   TrainerState::kPreparing, TrainerState::kRunning,
                                    TrainerState::kPaused, TrainerState::kStopping,  TrainerState::kStopped,
                                    TrainerState::kFailed};

class TransportBarTest : public ::testing::TestWithParam<TrainerState> {
 protected:
  TransportBarTest() {
    QObject::connect(&bar, &TransportBar::commanded,
                     [this](const Command& command) { commands.push_back(command); });
    bar.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&bar));
    bar.setState(GetParam(), {});
  }
  QToolButton* button(const char* name) { return bar.findChild<QToolButton*>(name); }

  TransportBar bar;
  std::vector<Command> commands;
};

TEST_P(TransportBarTest, ButtonsAreEnabledAsTheStateAllows) {
  const EnabledActions enabled = enabledActions(GetParam());
  EXPECT_EQ(button("runButton")->isEnabled(), enabled.resume || enabled.pause);
  EXPECT_EQ(button("stepButton")->isEnabled(), enabled.step);
  EXPECT_EQ(button("stepManyButton")->isEnabled(), enabled.step);
  EXPECT_EQ(button("untilButton")->isEnabled(), enabled.step);
  EXPECT_EQ(button("stopButton")->isEnabled(), enabled.stop);
  EXPECT_EQ(bar.findChild<QSpinBox*>("stepCount")->isEnabled(), enabled.step);
  EXPECT_EQ(button("runButton")->text(), enabled.pause ? "Pause" : "Run");
  const auto* pill = bar.findChild<QLabel*>("statePill");
  EXPECT_TRUE(pill->text().endsWith(QString::fromLatin1(toString(GetParam())), Qt::CaseInsensitive));
}

TEST_P(TransportBarTest, EveryButtonCommandsWhatItSaysOrNothing) {
  const EnabledActions enabled = enabledActions(GetParam());
  bar.findChild<QSpinBox*>("stepCount")->setValue(7);
  for (const char* name : {"runButton", "stepButton", "stepManyButton", "stopButton"})
    QTest::mouseClick(button(name), Qt::LeftButton);
  std::size_t expected = 0;
  if (enabled.resume) {
    ASSERT_GT(commands.size(), expected);
    EXPECT_TRUE(std::holds_alternative<ResumeCommand>(commands[expected++]));
  }
  if (enabled.pause) {
    ASSERT_GT(commands.size(), expected);
    EXPECT_TRUE(std::holds_alternative<PauseCommand>(commands[expected++]));
  }
  if (enabled.step) {
    ASSERT_GT(commands.size(), expected + 1);
    EXPECT_EQ(std::get<StepCommand>(commands[expected++]).count, 1);
    EXPECT_EQ(std::get<StepCommand>(commands[expected++]).count, 7);
  }
  if (enabled.stop) {
    ASSERT_GT(commands.size(), expected);
    EXPECT_TRUE(std::holds_alternative<StopCommand>(commands[expected++]));
  }
  EXPECT_EQ(commands.size(), expected);
}

TEST_P(TransportBarTest, EveryButtonSaysWhatItDoesAndByWhichKey) {
  for (const char* name : {"runButton", "stepButton", "stepManyButton", "untilButton", "stopButton"}) {
    const QAction* action = button(name)->defaultAction();
    EXPECT_FALSE(action->shortcut().isEmpty()) << name;
    EXPECT_TRUE(action->toolTip().contains(action->shortcut().toString(QKeySequence::NativeText))) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(States, TransportBarTest, ::testing::ValuesIn(kStates),
                         [](const auto& state) { return toString(state.param); });

}  // namespace
}  // namespace anchorscope
