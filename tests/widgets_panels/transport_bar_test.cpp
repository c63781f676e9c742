#include "widgets/panels/transport_bar.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>
#include <QTest>
#include <QTimer>
#include <QToolButton>
#include <functional>

#include "tests/support/qt_application.h"
#include "widgets/theme/app_theme.h"

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
  EXPECT_EQ(button("untilButton")->isEnabled(), enabled.step || enabled.pause);
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

TEST_P(TransportBarTest, AnEndedRunIsContinuedWithTheRunButton) {
  int wanted = 0;
  QObject::connect(&bar, &TransportBar::continueWanted, [&] { ++wanted; });
  bar.setContinuable(true);
  const bool offers = enabledActions(GetParam()).start;
  EXPECT_EQ(button("runButton")->text() == "Continue", offers);
  QTest::mouseClick(button("runButton"), Qt::LeftButton);
  EXPECT_EQ(wanted, offers ? 1 : 0);
  if (offers) {
    EXPECT_TRUE(commands.empty());
  }
  bar.clear();
  EXPECT_FALSE(button("runButton")->isEnabled()) << "another run";
}

class TransportGoalTest : public ::testing::Test {
 protected:
  TransportGoalTest() {
    QObject::connect(&bar, &TransportBar::commanded,
                     [this](const Command& command) { commands.push_back(command); });
    bar.resize(1280, bar.sizeHint().height());
    bar.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&bar));
    bar.setState(TrainerState::kRunning, {});
    bar.setStatus(status);
  }

  /// Presses “Until…” and answers its dialog.
  void until(const std::function<void(QDialog&)>& answer) {
    QTimer::singleShot(0, &bar, [answer] {
      auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
      ASSERT_NE(dialog, nullptr);
      answer(*dialog);
      QTest::mouseClick(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok), Qt::LeftButton);
    });
    QTest::mouseClick(bar.findChild<QToolButton*>("untilButton"), Qt::LeftButton);
  }
  QStringList texts() {
    QStringList shown;
    for (const QLabel* label : bar.findChildren<QLabel*>())
      shown << label->text();
    return shown;
  }

  TransportBar bar;
  TrainingStatus status;
  std::vector<Command> commands;
};

TEST_F(TransportGoalTest, AGoalIsSetWhileTrainingRunsAndShown) {
  until([](QDialog& dialog) {
    auto* step = dialog.findChild<QSpinBox*>("untilStep");
    step->selectAll();
    QTest::keyClicks(step, "500");
  });
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<RunUntilStepCommand>(commands[0]).step, 500);
  EXPECT_FALSE(texts().contains("until step 500")) << "it is the trainer that has it";
  status.goal = "step 500";
  bar.setStatus(status);
  EXPECT_TRUE(texts().contains("until step 500"));
  bar.setState(TrainerState::kPaused, "step 500 reached");
  EXPECT_FALSE(texts().contains("until step 500"));
}

/// The darkest and the lightest that an icon's lines are drawn with.
std::pair<int, int> lightness(const QImage& picture) {
  int darkest = 255, lightest = 0;
  for (int y = 0; y < picture.height(); ++y)
    for (int x = 0; x < picture.width(); ++x)
      if (const QColor color = picture.pixelColor(x, y); color.alpha() == 255) {
        darkest = std::min(darkest, color.lightness());
        lightest = std::max(lightest, color.lightness());
      }
  return {darkest, lightest};
}

TEST_F(TransportGoalTest, TheRunIconIsLegibleOnTheButtonAndInAMenu) {
  const ThemeChoice choices[] = {ThemeChoice::kDark, ThemeChoice::kLight};
  for (const ThemeChoice choice : choices) {
    applyTheme(*qApp, choice);
    bar.setState(TrainerState::kPaused, {});
    const QImage inMenu = bar.runPauseAction()->icon().pixmap(16, 16).toImage();
    const QImage other = bar.stepAction()->icon().pixmap(16, 16).toImage();
    EXPECT_EQ(lightness(inMenu), lightness(other)) << "as the icons beside it";
    auto* button = bar.findChild<QToolButton*>("runButton");
    const QImage onButton = button->grab(QRect(8, 8, 20, button->height() - 16)).toImage();
    EXPECT_LT(lightness(onButton).first, 60) << "dark on green";
  }
}

TEST_F(TransportGoalTest, HowOftenEvidenceIsTakenStandsOverWhatItCosts) {
  status.captureMsPerStep = 25;
  status.captureShare = 0.041;
  status.captureEvery = 15;
  bar.setStatus(status);
  EXPECT_TRUE(texts().contains("+25.0 ms · 4.1 %"));
  EXPECT_TRUE(texts().contains("capture every 15 steps"));
  status.captureEvery = 1;
  bar.setStatus(status);
  EXPECT_TRUE(texts().contains("capture"));
}

TEST_F(TransportGoalTest, AConditionIsCheckedBeforeItIsSet) {
  bar.setScalarNames({"loss.cls", "train.grad_norm"});
  until([](QDialog& dialog) {
    auto* condition = dialog.findChild<QLineEdit*>("untilCondition");
    auto* told = dialog.findChild<QLabel*>("untilComplaint");
    auto* run = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    QTest::keyClicks(condition, "loss.clss < 0.3");
    EXPECT_FALSE(run->isEnabled());
    EXPECT_TRUE(told->text().contains("loss.cls")) << told->text().toStdString();
    condition->clear();
    QTest::keyClicks(condition, "loss.cls < 0.3 && train.grad_norm > 5 ");
    EXPECT_TRUE(run->isEnabled()) << told->text().toStdString();
  });
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<RunUntilConditionCommand>(commands[0]).condition,
            "loss.cls < 0.3 && train.grad_norm > 5 ");
}

TEST_F(TransportGoalTest, AStepIsDoneByPhasesAndTheOpenOneIsTold) {
  bar.setState(TrainerState::kPaused, {});
  QTest::mouseClick(bar.findChild<QToolButton*>("phaseButton"), Qt::LeftButton);
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<StepPhaseCommand>(commands[0]));
  status.openStep = OpenStep{12, StepPhase::kLoss, {}, 0, 1};
  bar.setStatus(status);
  EXPECT_TRUE(texts().contains("step 12 after loss"));
  bar.setState(TrainerState::kRunning, {});
  EXPECT_FALSE(texts().contains("step 12 after loss"));
  EXPECT_FALSE(bar.phaseAction()->isEnabled()) << "it is a step from a pause";
}

TEST_F(TransportGoalTest, AGoalCanBeTakenBack) {
  until([](QDialog& dialog) {
    QTest::mouseClick(dialog.findChild<QRadioButton*>("untilEnd"), Qt::LeftButton, {}, QPoint(8, 8));
  });
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<ResumeCommand>(commands[0]));
}

INSTANTIATE_TEST_SUITE_P(States, TransportBarTest, ::testing::ValuesIn(kStates),
                         [](const auto& state) { return toString(state.param); });

}  // namespace
}  // namespace anchorscope
