// A run that trains and a recorded one beside it: what is asked for, chosen and told on a canvas is of the
// run that the canvas shows, and what is changed is the run that trains.

#include <gtest/gtest.h>

#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>

#include "app/workspace/canvas_grid.h"
#include "core/watch/watch_list.h"
#include "tests/app/recorded_run.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/panels/findings_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/transport_bar.h"

namespace anchorscope {
namespace {

using testing::momentOf;

class WindowBesideTest : public testing::WindowFixture {
 protected:
  ~WindowBesideTest() override { openSettings().clear(); }

  /// One trains, at step 5, on the first canvas; the recorded one, with evidence at 0, 4 and 8, is on the
  /// second, which is the active one.
  void trainWithOneBeside() {
    const QString recorded = testing::recordRun(
        folder / "recorded",
        {.every = 4, .probes = {"a.jpg", "other.jpg"}, .events = {{4, "note", "of the recorded one"}}});
    start();
    trainer.publishFacts({"a.jpg", "b.jpg", "c.jpg"});
    trainer.setState(TrainerState::kRunning);
    measure(5);
    ASSERT_TRUE(QTest::qWaitFor([&] { return canvas(0).frame() != nullptr; }));
    window.runView().beside().open(recorded);
    ASSERT_TRUE(QTest::qWaitFor([&] {
      return window.workspace().canvasCount() == 2 && canvas(1).run() == "recorded" && canvas(1).frame();
    }));
    activate(1);
    trainer.takeCommands();
  }
  void measure(std::int64_t step) {
    trainer.publish(step, {momentOf("a.jpg", step), momentOf("b.jpg", step)});
  }
  CanvasModel& canvas(int index) { return window.workspace().canvas(index); }
  void activate(int index) {
    QTest::mouseClick(&window.page().canvases().canvas(index), Qt::LeftButton);
    ASSERT_EQ(window.workspace().activeIndex(), index);
  }
  /// A watchpoint has found an object of b.jpg and three of its anchors.
  void hit(std::int64_t step) {
    WatchReport report{"starved", {"object 1 is starved", {"b.jpg", stageName(), 1, {3, 7, 9}}}};
    trainer.send(NoteEvent{{step, kWatchEvent, watchEventText(report)}});
  }
  static std::string stageName() { return momentOf("a.jpg", 0)->stages[0]->stage.name; }
  std::vector<std::string> probesWanted() {
    std::vector<std::string> names;
    for (const Command& command : trainer.takeCommands())
      if (const auto* probes = std::get_if<SetProbesCommand>(&command)) names = probes->imageNames;
    return names;
  }
  QStringList marked() {
    QStringList texts;
    for (const RunEvent& event : window.page().scrubber().events().events())
      texts << QString::fromStdString(event.text);
    return texts;
  }

  const testing::TemporaryFolder folder;
};

TEST_F(WindowBesideTest, TheProbesThatAreChosenAreThoseOfTheRunThatTrains) {
  trainWithOneBeside();
  auto* pin = window.findChild<QToolButton*>("pinButton");
  EXPECT_FALSE(pin->isVisible());
  window.runView().showImage("c.jpg");
  EXPECT_TRUE(probesWanted().empty()) << "the recorded run's probes would become the other's";
  activate(0);
  EXPECT_TRUE(pin->isVisible());
  // What is shown may be an old step with other probes.
  canvas(0).showMoment(momentOf("former.jpg", 1), {momentOf("former.jpg", 1)});
  window.runView().showImage("c.jpg");
  EXPECT_EQ(probesWanted(), (std::vector<std::string>{"a.jpg", "b.jpg", "c.jpg"}));
}

TEST_F(WindowBesideTest, WhatIsWaitedForIsOfTheRunThatTrains) {
  trainWithOneBeside();
  enter(TrainerState::kPaused);
  QMenu* menu = window.page().transport().untilMenu();
  const auto offered = [&] {
    emit menu->aboutToShow();
    int count = 0;
    for (const QAction* action : menu->actions())
      count += action->isEnabled() && !action->isSeparator() ? 1 : 0;
    return count;
  };
  canvas(1).selectPair(0, 5);
  EXPECT_EQ(offered(), 1) << "a number of steps alone";
  activate(0);
  canvas(0).selectPair(0, 5);
  EXPECT_EQ(offered(), 5);
}

TEST_F(WindowBesideTest, AHitThatPausesIsShownOnACanvasOfTheRunThatTrains) {
  trainWithOneBeside();
  hit(6);
  trainer.setState(TrainerState::kPaused);
  measure(6);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().activeIndex() == 0; }));
  ASSERT_TRUE(QTest::qWaitFor([&] { return canvas(0).frame()->image->name == "b.jpg"; }));
  EXPECT_EQ(canvas(0).selectedAnchor(), 3);
  EXPECT_EQ(canvas(0).selectedObject(), 1);
  EXPECT_EQ(canvas(1).run(), "recorded");
  EXPECT_EQ(canvas(1).probeName(), "a.jpg") << "the other canvas stays with its image";
  // All that were found stand out, not the first alone.
  ASSERT_TRUE(canvas(0).subset());
  EXPECT_EQ(canvas(0).subset()->count, 3);
  EXPECT_FALSE(canvas(1).subset()) << "in that image";
  EXPECT_TRUE(window.page().canvases().canvas(0).hasFocus()) << "keys go where the panels tell of";
}

TEST_F(WindowBesideTest, HitsStayWhileCanvasesChangeAndAreToldOnce) {
  trainWithOneBeside();
  window.page().docks().show("watch");
  const QAbstractItemModel* hits = window.findChild<QTableView*>("hitsTable")->model();
  hit(6);
  ASSERT_TRUE(QTest::qWaitFor([&] { return hits->rowCount() == 1; })) << "whichever canvas is worked on";
  for (int i = 0; i < 2; ++i) {
    activate(0);
    activate(1);
  }
  EXPECT_EQ(hits->rowCount(), 1);
  hit(7);
  ASSERT_TRUE(QTest::qWaitFor([&] { return hits->rowCount() > 1; }));
  EXPECT_EQ(hits->rowCount(), 2);
}

TEST_F(WindowBesideTest, TheScrubberTellsOfOneRun) {
  trainWithOneBeside();
  HistoryScrubber& scrubber = window.page().scrubber();
  trainer.send(NoteEvent{{5, "note", "of the one that trains"}});
  measure(6);
  ASSERT_TRUE(QTest::qWaitFor([&] { return canvas(0).frame()->step == 6; }));
  ASSERT_TRUE(QTest::qWaitFor([&] { return !marked().isEmpty(); }));
  EXPECT_EQ(marked(), QStringList{"of the recorded one"});
  EXPECT_TRUE(scrubber.note().contains("recorded")) << scrubber.note().toStdString();
  EXPECT_TRUE(scrubber.note().contains("evidence of 3 of")) << scrubber.note().toStdString();
  const auto canGoBack = [&] {
    emit scrubber.menuWanted(4, scrubber.mapToGlobal(QPoint(0, 0)));
    auto* menu = scrubber.findChild<QMenu*>("historyMenu");
    const bool can = menu->actions().last()->isEnabled();
    delete menu;
    return can;
  };
  EXPECT_FALSE(canGoBack());
  activate(0);
  EXPECT_EQ(marked(), QStringList{"of the one that trains"});
  EXPECT_FALSE(scrubber.note().contains("evidence of")) << scrubber.note().toStdString();
  EXPECT_TRUE(canGoBack());
}

TEST_F(WindowBesideTest, AQuestionOfTheRecordedRunChangesNothingOfTheOneThatTrains) {
  trainWithOneBeside();
  window.page().docks().show("whatIf");
  QCoreApplication::processEvents();
  auto* add = window.findChild<QToolButton*>("whatIfAdd");
  ASSERT_TRUE(add->isEnabled());
  window.findChild<QAction*>("ask:atss")->trigger();
  QCoreApplication::processEvents();
  auto* list = window.findChild<QListWidget*>("whatIfList");
  ASSERT_EQ(list->count(), 2);
  for (const char* button : {"whatIfRecord", "whatIfApply"})
    EXPECT_FALSE(window.findChild<QPushButton*>(button)->isEnabled()) << button;
  activate(0);
  EXPECT_EQ(list->count(), 1) << "another run's question";
  activate(1);
  EXPECT_EQ(list->count(), 2);
}

TEST_F(WindowBesideTest, TheRecordedRunIsLookedThroughByItselfAndItsReportIsKept) {
  trainWithOneBeside();
  auto& panel = *window.findChild<FindingsPanel*>();
  window.page().docks().show("findings");
  ASSERT_TRUE(QTest::qWaitFor([&] { return panel.hasReport(); }));
  activate(0);
  EXPECT_FALSE(panel.hasReport()) << "the one that trains is looked through when that is asked for";
  activate(1);
  EXPECT_TRUE(panel.hasReport());
}

}  // namespace
}  // namespace anchorscope
