// What is told, the message bar and the problem list.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "tests/support/qt_application.h"
#include "widgets/notify/message_bar.h"
#include "widgets/notify/notifier.h"
#include "widgets/notify/problems_model.h"

namespace anchorscope {
namespace {

Message note(const char* text, MessageScope scope = MessageScope::kProgram) {
  return {MessageKind::kNote, text, {}, scope, {}};
}

TEST(NotifierTest, TheSameTroubleAgainComesToTheFrontAndIsOneMessage) {
  Notifier notifier;
  notifier.tell({MessageKind::kWarning, "the disk is full"});
  notifier.tell(note("checkpoint written"));
  notifier.tell({MessageKind::kWarning, "the disk is full"});
  EXPECT_EQ(notifier.pending(), (QStringList{"the disk is full", "checkpoint written"}));
}

TEST(NotifierTest, OneMessagePerKeyWhateverItsWords) {
  Notifier notifier;
  const QSignalSpy changed(&notifier, &Notifier::changed);
  notifier.tell({MessageKind::kNote, "1 of 2", {}, MessageScope::kProgram, "copying"});
  notifier.tell(note("other"));
  notifier.tell({MessageKind::kNote, "2 of 2", {}, MessageScope::kProgram, "copying"});
  EXPECT_EQ(notifier.pending(), (QStringList{"2 of 2", "other"}));
  notifier.withdraw("copying");
  EXPECT_EQ(notifier.pending(), QStringList{"other"});
  EXPECT_EQ(changed.count(), 4);
  notifier.withdraw("copying");
  EXPECT_EQ(changed.count(), 4) << "nothing has changed";
}

TEST(NotifierTest, ARunsMessagesGoWithItAndTheProgramsStay) {
  Notifier notifier;
  notifier.tell(note("The run is kept in /runs/a"));
  notifier.tell(note("beta was refused", MessageScope::kRun));
  notifier.beginRun();
  EXPECT_EQ(notifier.pending(), QStringList{"The run is kept in /runs/a"});
}

TEST(NotifierTest, ARunSaysAThingOnce) {
  Notifier notifier;
  const RunEvent full{6, "error", "The disk is full"};
  EXPECT_TRUE(notifier.tellEntry(full));
  notifier.tell(note("newer"));
  EXPECT_TRUE(notifier.tellEntry(full));
  EXPECT_EQ(notifier.pending(), (QStringList{"The disk is full", "newer"})) << "still waiting: to the front";
  EXPECT_EQ(notifier.problems().rowCount(), 1);
  notifier.dismissAll();
  EXPECT_TRUE(notifier.tellEntry(full));
  EXPECT_TRUE(notifier.pending().isEmpty()) << "dismissed is dismissed";
  EXPECT_EQ(notifier.problems().rowCount(), 1);
  EXPECT_FALSE(notifier.tellEntry({7, "checkpoint", "step-7.ckpt"})) << "told in passing, by others";
  EXPECT_TRUE(notifier.pending().isEmpty());
  notifier.beginRun();
  EXPECT_TRUE(notifier.tellEntry(full));
  EXPECT_EQ(notifier.pending(), QStringList{"The disk is full"}) << "another run says it again";
  EXPECT_EQ(notifier.problems().presentCount(), 1);
}

TEST(NotifierTest, AFailureThatTheJournalHasToldIsOneMessageAndOneProblem) {
  Notifier notifier;
  const Error error = makeError(ErrorCode::kNumeric, "The loss of step 6 is not finite", "Lower train.lr");
  notifier.tellEntry({6, "error", error.text()});
  notifier.tellFailure(error, "b.jpg");
  ASSERT_EQ(notifier.messages().size(), 1);
  EXPECT_EQ(notifier.messages().first().kind, MessageKind::kError);
  ASSERT_EQ(notifier.problems().rowCount(), 1);
  EXPECT_EQ(notifier.problems().index(0, 2).data().toString(), "b.jpg");
}

TEST(NotifierTest, DamagedRecordsAreCountedInOneMessageThatComesBackForANewKindOnly) {
  Notifier notifier;
  const auto find = [&](const char* file, const char* kind, RecordAction action = RecordAction::kSkipped) {
    Diagnostics diagnostics;
    diagnostics.add({file, "", kind, "it ends early", action});
    notifier.tellRecords(diagnostics);
  };
  find("good.jpg", "crowd", RecordAction::kKept);
  EXPECT_TRUE(notifier.pending().isEmpty());
  EXPECT_EQ(notifier.problems().rowCount(), 1) << "noted in the list alone";
  find("a.jpg", "truncated image");
  find("b.jpg", "truncated image");
  ASSERT_EQ(notifier.pending().size(), 1);
  EXPECT_TRUE(notifier.pending().first().contains("2 × truncated image"));
  notifier.dismiss();
  find("c.jpg", "truncated image");
  EXPECT_TRUE(notifier.pending().isEmpty());
  find("d.xml", "box without area");
  ASSERT_EQ(notifier.pending().size(), 1);
  EXPECT_TRUE(notifier.pending().first().contains("3 × truncated image"));
  EXPECT_TRUE(notifier.pending().first().contains("1 × box without area"));
  notifier.beginRun();
  find("e.jpg", "truncated image");
  ASSERT_EQ(notifier.pending().size(), 1);
  EXPECT_TRUE(notifier.pending().first().contains("1 × truncated image")) << "counted from the start";
}

TEST(MessageBarTest, TheNewestIsShownAndStaysUntilDismissed) {
  Notifier notifier;
  MessageBar bar(notifier);
  EXPECT_FALSE(bar.isVisibleTo(nullptr));
  const Error error = makeError(ErrorCode::kBadData, "The data set has no images", "Check the folder");
  notifier.tell(note("first"));
  notifier.tell(messageOf(error));
  bar.QWidget::show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&bar));
  const auto* text = bar.findChild<QLabel*>("messageText");
  auto* close = bar.findChild<QToolButton*>("messageClose");
  EXPECT_EQ(notifier.pending().size(), 2);
  EXPECT_TRUE(text->text().contains("The data set has no images"));
  EXPECT_TRUE(text->text().contains("Check the folder"));
  EXPECT_EQ(bar.property("kind").toString(), "error");
  QTest::mouseClick(close, Qt::LeftButton);
  EXPECT_EQ(text->text(), "first");
  EXPECT_EQ(bar.property("kind").toString(), "note");
  QTest::mouseClick(close, Qt::LeftButton);
  EXPECT_TRUE(notifier.pending().isEmpty());
  EXPECT_FALSE(bar.isVisible());
}

TEST(MessageBarTest, AllCanBeDismissedAtOnce) {
  Notifier notifier;
  MessageBar bar(notifier);
  notifier.tell(note("first"));
  bar.QWidget::show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&bar));
  auto* all = bar.findChild<QToolButton*>("messageCloseAll");
  EXPECT_FALSE(all->isVisible()) << "one message has its own button";
  notifier.tell(note("second"));
  QTest::mouseClick(all, Qt::LeftButton);
  EXPECT_TRUE(notifier.pending().isEmpty());
  EXPECT_FALSE(bar.isVisible());
}

TEST(ProblemsModelTest, ListsEveryProblemWithFileRecordAndWhatWasDone) {
  ProblemsModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  Diagnostics diagnostics;
  diagnostics.add({"a.xml", "object 3", "box outside image", "x2 647 lies outside", RecordAction::kClipped});
  diagnostics.add({"b.jpg", "", "truncated image", "ends early", RecordAction::kSkipped});
  model.add(diagnostics);
  model.add(Problem{"step 12", "error", "Loss is not finite", "Lower the learning rate"});
  ASSERT_EQ(model.rowCount(), 3);
  const auto row = [&](int index) {
    QStringList cells;
    for (int column = 0; column < model.columnCount(); ++column)
      cells << model.index(index, column).data().toString();
    return cells;
  };
  EXPECT_EQ(row(0), (QStringList{"box outside image", "x2 647 lies outside", "a.xml · object 3", "clipped"}));
  EXPECT_EQ(row(1), (QStringList{"truncated image", "ends early", "b.jpg", "skipped"}));
  EXPECT_EQ(row(2), (QStringList{"error", "Loss is not finite", "step 12", "Lower the learning rate"}));
  model.add(Diagnostics());
  EXPECT_EQ(model.rowCount(), 3);
  // The run's journal and the failure itself are one problem.
  model.amend("Loss is not finite", {"b.jpg", "numeric", "Loss of step 12 is not finite", "Lower it"});
  ASSERT_EQ(model.rowCount(), 3);
  EXPECT_EQ(row(2), (QStringList{"numeric", "Loss of step 12 is not finite", "b.jpg", "Lower it"}));
}

TEST(ProblemsModelTest, AnotherRunKeepsWhatWentWrongAndLeavesTheOldDataOut) {
  ProblemsModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  Diagnostics diagnostics;
  diagnostics.add({"a.xml", "object 3", "box outside image", "x2 647 lies outside", RecordAction::kClipped});
  model.add(diagnostics);
  model.add(Problem{"step 12", "error", "Loss is not finite", ""});
  EXPECT_EQ(model.presentCount(), 2);
  model.beginRun();
  ASSERT_EQ(model.rowCount(), 1);
  EXPECT_EQ(model.presentCount(), 0);
  EXPECT_EQ(model.index(0, 2).data().toString(), "earlier run · step 12");
  model.add(Problem{"step 3", "error", "The disk is full", ""});
  EXPECT_EQ(model.presentCount(), 1);
  EXPECT_EQ(model.index(1, 2).data().toString(), "step 3");
}

}  // namespace
}  // namespace anchorscope
