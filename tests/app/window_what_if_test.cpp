// What if, in the window: methods and options are asked about what is looked at, dragged, shown side by side,
// recorded and applied; of recorded frames the boxes answer alone.

#include <gtest/gtest.h>

#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QSlider>
#include <QTableView>
#include <QToolButton>

#include "core/evidence/difference.h"
#include "core/evidence/spec_forms.h"
#include "core/store/run_writer.h"
#include "core/trainer/variants.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/models/changes_model.h"

namespace anchorscope {
namespace {

using Frames = std::vector<std::shared_ptr<const ProbeFrame>>;

/// Nobody learns anything in the run itself.
std::shared_ptr<const ProbeFrame> ownFrame(std::int64_t step) {
  StageEvidence evidence = *testing::makeSyntheticEvidence({.step = step});
  for (const char* name : {"assigned_cls", "assigned_reg"}) {
    Channel channel;
    channel.spec = channelOf(name, name, "1", "d", "s");
    channel.values.assign(evidence.candidates->count(), -1);
    evidence.channels.push_back(std::move(channel));
  }
  return ProbeFrame::of(std::move(evidence));
}

/// An answer that assigns the first `added` background anchors to object 0.
std::shared_ptr<const ProbeFrame> answerOf(const ProbeFrame& own, const Variant& variant, int added) {
  StageEvidence evidence = *own.stages[0];
  evidence.variant = std::make_shared<const Variant>(variant);
  for (Channel& channel : evidence.channels)
    if (channel.spec.name == "assigned_cls")
      for (float& winner : channel.values)
        if (winner < 0 && added > 0) {
          winner = 0;
          --added;
        }
  return ProbeFrame::of(std::move(evidence));
}

class WindowWhatIfTest : public testing::WindowFixture {
 protected:
  ~WindowWhatIfTest() override { openSettings().clear(); }

  void beginPaused() {
    run();
    enter(TrainerState::kPaused);
    trainer.takeCommands();
    showPanel();
  }
  void showPanel() {
    window.page().docks().show("whatIf");
    QCoreApplication::sendPostedEvents();
  }
  /// Two steps of such a run, recorded.
  void openRecorded(const std::string& method, const std::string& model) {
    const std::string recorded = (folder / "run").string();
    auto config = makeRunConfig(method, model);
    ASSERT_TRUE(config);
    RunHeader header;
    header.configToml = toToml(*config);
    {
      auto writer = createRun(recorded, header, Overwrite::kYes);
      ASSERT_TRUE(writer) << writer.error().text();
      for (std::int64_t step = 0; step < 2; ++step)
        (*writer)->record({step, {}, {ownFrame(step)}});
    }
    window.runView().open(QString::fromStdString(recorded));
    ASSERT_TRUE(QTest::qWaitFor(
        [&] { return window.runView().recordedRun() && window.runView().recordedRun()->isRested(); }));
    showPanel();
  }
  template <typename Widget>
  Widget* find(const char* name) {
    auto* found = window.findChild<Widget*>(name);
    if (!found) ADD_FAILURE() << "no " << name;
    return found;
  }
  void askFor(const QString& method) {
    QAction* action = find<QToolButton>("whatIfAdd")->menu()->findChild<QAction*>("ask:" + method);
    if (!action) action = window.findChild<QAction*>("ask:" + method);
    ASSERT_NE(action, nullptr) << method.toStdString();
    action->trigger();
  }
  /// Plays the trainer: takes the newest question and answers it as a trainer would.
  QString answer(std::int64_t step = 5, int added = 3) {
    QString text;
    for (const Command& command : trainer.takeCommands(step))
      if (const auto* ask = std::get_if<AskCommand>(&command)) text = QString::fromStdString(ask->variants);
    const auto own = ownFrame(step);
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->sequence = ++sequence_;
    snapshot->status.step = step;
    snapshot->probes = {own};
    const auto asked = askedVariants(trainer.config, text.toStdString());
    if (!asked) ADD_FAILURE() << asked.error().text();
    Frames frames{own};
    for (const AskedVariant& variant : *asked)
      frames.push_back(answerOf(*own, *variant.variant, added++));
    frames = withDifferences(std::move(frames));
    snapshot->variants.assign(frames.begin() + 1, frames.end());
    trainer.publish(snapshot);
    return text;
  }
  bool shows(const QString& variant) {
    return QTest::qWaitFor([&] {
      const auto& frame = window.workspace().active().frame();
      return frame && (frame->variant ? QString::fromStdString(frame->variant->name) : QString()) == variant;
    });
  }
  QStringList questions() {
    QStringList texts;
    auto* list = find<QListWidget>("whatIfList");
    for (int row = 0; row < list->count(); ++row)
      texts << list->item(row)->text();
    return texts;
  }
  QString firstChange(int column) {
    return find<QTableView>("whatIfChanges")->model()->index(0, column).data().toString();
  }

  const testing::TemporaryFolder folder;

 private:
  std::uint64_t sequence_ = 1000;
};

TEST_F(WindowWhatIfTest, AnOptionIsDraggedAndTheCanvasFollowsWithoutTouchingTheRun) {
  beginPaused();
  EXPECT_EQ(questions(), QStringList{"as trained"});
  askFor("musu");
  EXPECT_EQ(answer(), "musu");
  ASSERT_TRUE(shows("musu"));
  EXPECT_EQ(questions(), (QStringList{"as trained", "musu"}));
  EXPECT_EQ(firstChange(ChangesModel::kCls), "+3");
  auto* slider = find<QSlider>("slider:t");
  const int undoSteps = window.workspace().undoStack().count();
  QTest::keyClick(slider, Qt::Key_Right);
  const QString first = answer(5, 7);
  EXPECT_TRUE(first.startsWith("t=")) << first.toStdString();
  const QString name = QString(first).replace("=", " = ");
  ASSERT_TRUE(shows(name)) << "the canvas follows what is dragged";
  EXPECT_EQ(firstChange(ChangesModel::kCls), "+7");
  EXPECT_EQ(find<QSlider>("slider:t"), slider) << "what is dragged stays under the hand";
  EXPECT_EQ(window.workspace().undoStack().count(), undoSteps) << "that was nobody's choice";
  testing::keepPicture(window.grab().toImage(), "what_if");
  for (const Command& command : trainer.takeCommands())
    EXPECT_FALSE(std::holds_alternative<SetParamCommand>(command)) << "the run has been touched";
  // Back to what the run did, and away with it.
  auto* list = find<QListWidget>("whatIfList");
  QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->item(0)).center());
  ASSERT_TRUE(shows({}));
  QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->item(1)).center());
  ASSERT_TRUE(shows(name));
  QTest::mouseClick(find<QToolButton>("whatIfRemove"), Qt::LeftButton);
  EXPECT_EQ(answer(), "");
  ASSERT_TRUE(shows({}));
  EXPECT_EQ(questions(), QStringList{"as trained"});
}

TEST_F(WindowWhatIfTest, QuestionsStandSideBySideWithTheRun) {
  beginPaused();
  askFor("musu");
  answer();
  askFor("max_iou");
  EXPECT_EQ(answer(), "musu; max_iou");
  ASSERT_TRUE(shows("max_iou"));
  QTest::mouseClick(find<QPushButton>("whatIfSideBySide"), Qt::LeftButton);
  ASSERT_EQ(window.workspace().canvasCount(), 4);
  const auto variantAt = [&](int canvas) {
    const auto& frame = window.workspace().canvas(canvas).frame();
    return frame && frame->variant ? QString::fromStdString(frame->variant->name) : QString();
  };
  EXPECT_EQ(variantAt(0), "");
  EXPECT_EQ(variantAt(1), "musu");
  EXPECT_EQ(variantAt(2), "max_iou");
  askFor("atss");
  EXPECT_EQ(answer(), "musu; max_iou; atss");
  QCoreApplication::processEvents();
  EXPECT_FALSE(find<QToolButton>("whatIfAdd")->isEnabled()) << "with the run's own, four";
}

TEST_F(WindowWhatIfTest, ItIsAppliedAndRecordedOnlyWhenThatIsAskedFor) {
  beginPaused();
  askFor("musu");
  answer();
  ASSERT_TRUE(shows("musu"));
  EXPECT_FALSE(find<QPushButton>("whatIfApply")->isEnabled()) << "the run does that already";
  QTest::keyClick(find<QSlider>("slider:t"), Qt::Key_Right);
  const QString text = answer();
  ASSERT_TRUE(shows(QString(text).replace("=", " = ")));
  const auto parametersAfter = [&](const char* button) {
    QTest::mouseClick(find<QPushButton>(button), Qt::LeftButton);
    QStringList set;
    for (const Command& command : trainer.takeCommands())
      if (const auto* parameter = std::get_if<SetParamCommand>(&command))
        set << QString::fromStdString(parameter->key + "=" + parameter->value);
    return set;
  };
  EXPECT_EQ(parametersAfter("whatIfRecord"), QStringList{"train.variants=" + text});
  EXPECT_EQ(parametersAfter("whatIfApply"), QStringList{"method." + text});
  // Another method's options are no options of this run.
  askFor("max_iou");
  answer();
  ASSERT_TRUE(shows("max_iou"));
  auto* apply = find<QPushButton>("whatIfApply");
  EXPECT_FALSE(apply->isEnabled());
  EXPECT_TRUE(apply->toolTip().contains("A run keeps its method")) << apply->toolTip().toStdString();
}

TEST_F(WindowWhatIfTest, WhatIsRecordedIsRecordedBesideWhatWas) {
  beginPaused();
  const auto recorded = [&] {
    QTest::mouseClick(find<QPushButton>("whatIfRecord"), Qt::LeftButton);
    QString value;
    for (const Command& command : trainer.takeCommands())
      if (const auto* parameter = std::get_if<SetParamCommand>(&command))
        value = QString::fromStdString(parameter->value);
    return value;
  };
  askFor("max_iou");
  answer();
  ASSERT_TRUE(shows("max_iou"));
  EXPECT_EQ(recorded(), "max_iou");
  askFor("atss");
  answer();
  ASSERT_TRUE(shows("atss"));
  EXPECT_EQ(recorded(), "max_iou; atss");
}

TEST_F(WindowWhatIfTest, WhatTheRunHasTakenOverIsNoDifferenceAnyMore) {
  beginPaused();
  askFor("musu");
  answer();
  ASSERT_TRUE(shows("musu"));
  QTest::keyClick(find<QSlider>("slider:t"), Qt::Key_Right);
  const QString text = answer();
  ASSERT_TRUE(shows(QString(text).replace("=", " = ")));
  QTest::mouseClick(find<QPushButton>("whatIfApply"), Qt::LeftButton);
  ASSERT_TRUE(trainer.config.methodParams.set("t", text.section('=', 1).toStdString()));
  trainer.publishFacts({"a.jpg", "b.jpg"});
  trainer.takeCommands(5);
  QString asked;
  ASSERT_TRUE(QTest::qWaitFor([&] {
    for (const Command& command : trainer.takeCommands(5))
      if (const auto* ask = std::get_if<AskCommand>(&command)) asked = QString::fromStdString(ask->variants);
    return !asked.isEmpty();
  }));
  EXPECT_EQ(asked, "musu");
  EXPECT_TRUE(questions().contains("musu")) << questions().join(", ").toStdString();
}

TEST_F(WindowWhatIfTest, AnotherRunOfTheSameKindCanBeAskedAsWell) {
  beginPaused();
  EXPECT_TRUE(find<QToolButton>("whatIfAdd")->isEnabled());
  window.showStartPage();
  beginPaused();
  EXPECT_TRUE(find<QToolButton>("whatIfAdd")->isEnabled());
}

TEST_F(WindowWhatIfTest, WhatCannotBeAskedIsTold) {
  beginPaused();
  askFor("musu");
  for (const Command& command : trainer.takeCommands(5, makeError(ErrorCode::kUsage, "That cannot be")))
    EXPECT_TRUE(std::holds_alternative<AskCommand>(command));
  ASSERT_TRUE(QTest::qWaitFor([&] {
    for (const QLabel* label : find<QWidget>("whatIfError")->findChildren<QLabel*>())
      if (label->text().contains("That cannot be")) return true;
    return false;
  }));
}

TEST_F(WindowWhatIfTest, OfARecordedRunTheBoxesAnswerAlone) {
  ASSERT_NO_FATAL_FAILURE(openRecorded("max_iou", "retina-small"));
  askFor("atss");
  ASSERT_TRUE(shows("atss"));
  EXPECT_EQ(find<QTableView>("whatIfChanges")->model()->index(0, 0).data().toString(), "All");
  EXPECT_NE(window.workspace().active().evidence()->pairTable("atss.pairs"), nullptr);
  // At another step it is asked again.
  window.workspace().pinAll(0);
  ASSERT_TRUE(QTest::qWaitFor([&] {
    const auto& frame = window.workspace().active().frame();
    return frame && frame->step == 0 && frame->variant && frame->variant->name == "atss";
  }));
  testing::keepPicture(window.grab().toImage(), "what_if_recorded");
  // What looks at the heads is refused with the reason, and the other goes on being answered.
  askFor("musu");
  ASSERT_TRUE(QTest::qWaitFor([&] { return questions().contains("musu (no answer)"); }));
  EXPECT_TRUE(shows("atss"));
  EXPECT_FALSE(find<QPushButton>("whatIfApply")->isEnabled());
}

TEST_F(WindowWhatIfTest, HeadsThatAMethodDoesNotFitAreToldBeforeItIsAsked) {
  ASSERT_NO_FATAL_FAILURE(openRecorded("fcos", "fcos-small"));
  auto* menu = find<QToolButton>("whatIfAdd")->menu();
  QStringList closed;
  for (QAction* action : menu->actions())
    if (!action->isSeparator() && !action->isEnabled()) {
      closed << action->objectName();
      EXPECT_FALSE(action->toolTip().isEmpty());
    }
  EXPECT_TRUE(closed.contains("ask:max_iou")) << closed.join(' ').toStdString();
}

}  // namespace
}  // namespace anchorscope
