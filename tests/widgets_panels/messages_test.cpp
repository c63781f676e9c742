// The message bar and the problem list.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "tests/support/qt_application.h"
#include "widgets/notify/message_bar.h"
#include "widgets/notify/problems_model.h"

namespace anchorscope {
namespace {

TEST(MessageBarTest, TheNewestIsShownAndStaysUntilDismissed) {
  MessageBar bar;
  EXPECT_FALSE(bar.isVisibleTo(nullptr));
  const Error error = makeError(ErrorCode::kBadData, "The data set has no images", "Check the folder");
  bar.show(MessageKind::kNote, "first");
  bar.show(error);
  bar.QWidget::show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&bar));
  const auto* text = bar.findChild<QLabel*>("messageText");
  auto* close = bar.findChild<QToolButton*>("messageClose");
  EXPECT_EQ(bar.pending().size(), 2);
  EXPECT_TRUE(text->text().contains("The data set has no images"));
  EXPECT_TRUE(text->text().contains("Check the folder"));
  EXPECT_EQ(bar.property("kind").toString(), "error");
  QTest::mouseClick(close, Qt::LeftButton);
  EXPECT_EQ(text->text(), "first");
  EXPECT_EQ(bar.property("kind").toString(), "note");
  QTest::mouseClick(close, Qt::LeftButton);
  EXPECT_TRUE(bar.pending().isEmpty());
  EXPECT_FALSE(bar.isVisible());
}

TEST(MessageBarTest, TheSameTroubleAgainComesToTheFrontAndIsOneMessage) {
  MessageBar bar;
  bar.show(MessageKind::kWarning, "the disk is full");
  bar.show(MessageKind::kNote, "checkpoint written");
  bar.show(MessageKind::kWarning, "the disk is full");
  EXPECT_EQ(bar.pending(), (QStringList{"the disk is full", "checkpoint written"}));
}

TEST(MessageBarTest, AllCanBeDismissedAtOnce) {
  MessageBar bar;
  bar.show(MessageKind::kNote, "first");
  bar.QWidget::show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&bar));
  auto* all = bar.findChild<QToolButton*>("messageCloseAll");
  EXPECT_FALSE(all->isVisible()) << "one message has its own button";
  bar.show(MessageKind::kNote, "second");
  QTest::mouseClick(all, Qt::LeftButton);
  EXPECT_TRUE(bar.pending().isEmpty());
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
