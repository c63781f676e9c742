// Watching the real trainer from the window: a watchpoint that hits, the training batch, a step by phases and
// what can be waited for of what is selected.

#include <gtest/gtest.h>

#include <QAction>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "app/main_window.h"
#include "core/evidence/batch_name.h"
#include "tests/app/training_window.h"
#include "tests/app/window_fixture.h"
#include "tests/support/qt_application.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/panels/batch_list.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/step_view.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/panels/watch_panel.h"

namespace anchorscope {
namespace {

constexpr int kPatienceMs = 30'000;

class WindowWatchTest : public testing::TrainingWindow<kPatienceMs> {
 protected:
  /// The demo, waiting at step 0, with the keys on its canvas.
  void startPausedDemo() {
    TrainingWindow::startPausedDemo();
    if (!HasFatalFailure()) window.page().canvas().setFocus();
  }
  std::int64_t step() const { return window.run().bridge().snapshot()->status.step; }
  std::string phase() const {
    const auto& open = window.run().bridge().snapshot()->status.openStep;
    return open ? openStepText(*open).toStdString() : std::string();
  }
  void press(int key) { QTest::keyClick(&window.page().canvas(), static_cast<Qt::Key>(key)); }
  const std::string& shownImage() { return window.workspace().active().frame()->image->name; }
  QListWidget& batch() { return *window.page().probes().batch().list(); }
};

bool anyFinite(const Channel* channel) {
  return channel && std::any_of(channel->values.begin(), channel->values.end(),
                                [](float value) { return std::isfinite(value); });
}

TEST_F(WindowWatchTest, AHitPausesAndShowsWhatItWasAbout) {
  startPausedDemo();
  window.page().docks().show("watch");
  auto* panel = window.findChild<WatchPanel*>();
  ASSERT_NE(panel, nullptr);
  auto* add = panel->findChild<QToolButton*>("addWatch");
  add->menu()->findChild<QAction*>("addWatch.gradient_norm")->trigger();
  auto* list = panel->findChild<QListWidget*>("watchList");
  ASSERT_EQ(list->count(), 1);
  list->item(0)->setText("gradient_norm above=0");
  ANCHORSCOPE_WAIT(window.run().bridge().facts()->config.train.getText("watch") == "gradient_norm above=0");

  press(Qt::Key_Space);
  ANCHORSCOPE_WAIT(step() == 1 && state() == TrainerState::kPaused);
  ANCHORSCOPE_WAIT(!batchPlace(shownImage()).empty());
  const CanvasModel& canvas = window.workspace().active();
  ANCHORSCOPE_WAIT(canvas.selectedAnchor() >= 0);
  const auto& snapshot = *window.run().bridge().snapshot();
  const auto worst = std::max_element(snapshot.batch.begin(), snapshot.batch.end(),
                                      [](const auto& a, const auto& b) { return a.loss < b.loss; });
  EXPECT_EQ(shownImage(), worst->frame->image->name);
  ASSERT_EQ(batch().count(), static_cast<int>(snapshot.batch.size()));
  EXPECT_EQ(batch().currentRow(), static_cast<int>(worst - snapshot.batch.begin()));
  auto* hits = panel->findChild<QTableView*>("hitsTable");
  ASSERT_EQ(hits->model()->rowCount(), 1);
  EXPECT_EQ(window.notifier().pending().filter("gradient_norm above=0").size(), 1) << "why it pauses is told";
  testing::keepPicture(window.grab().toImage(), "watchpoint-hit");

  // Somewhere else, and back by a click on the hit.
  window.page().probes().list()->setCurrentRow(1);
  ANCHORSCOPE_WAIT(batchPlace(shownImage()).empty());
  QTest::mouseClick(hits->viewport(), Qt::LeftButton, {},
                    hits->visualRect(hits->model()->index(0, 1)).center());
  ANCHORSCOPE_WAIT(shownImage() == worst->frame->image->name);

  // The batch is gone with the next step; what is shown is a probe again.
  press(Qt::Key_Period);
  ANCHORSCOPE_WAIT(step() == 2 && state() == TrainerState::kPaused);
  ANCHORSCOPE_WAIT(batchPlace(shownImage()).empty());
  EXPECT_TRUE(batch().isHidden());
  EXPECT_TRUE(window.notifier().pending().filter("gradient_norm above=0").isEmpty());
}

TEST_F(WindowWatchTest, AStepIsDoneByPhasesWithEvidenceAfterEach) {
  startPausedDemo();
  press(Qt::Key_Comma);
  ANCHORSCOPE_WAIT(phase() == "step 1 after forward");
  ANCHORSCOPE_WAIT(batch().count() > 0);
  QTest::mouseClick(batch().viewport(), Qt::LeftButton, {}, batch().visualItemRect(batch().item(0)).center());
  ANCHORSCOPE_WAIT(!batchPlace(shownImage()).empty());
  const auto known = [this](const char* channel) {
    return anyFinite(window.workspace().active().evidence()->channel(channel));
  };
  EXPECT_TRUE(known("cls_score"));
  EXPECT_FALSE(known("assigned_cls"));
  press(Qt::Key_Comma);
  ANCHORSCOPE_WAIT(phase() == "step 1 after assign");
  ANCHORSCOPE_WAIT(known("assigned_cls"));
  EXPECT_FALSE(known("loss.cls"));
  window.page().docks().show("step");
  press(Qt::Key_Comma);
  ANCHORSCOPE_WAIT(phase() == "step 1 after loss");
  ANCHORSCOPE_WAIT(known("loss.cls"));
  press(Qt::Key_Comma);
  ANCHORSCOPE_WAIT(phase() == "step 1 after backward");
  auto* parts = window.findChild<QTableView*>("partsTable");
  ASSERT_GT(parts->model()->rowCount(), 1);
  EXPECT_NE(parts->model()->index(0, 2).data().toString(), "–") << "gradients are known";
  EXPECT_EQ(parts->model()->index(0, 3).data().toString(), "–") << "changes are not";
  testing::keepPicture(window.grab().toImage(), "step-after-backward");
  EXPECT_EQ(step(), 0);
  press(Qt::Key_Comma);
  ANCHORSCOPE_WAIT(step() == 1 && phase().empty() && state() == TrainerState::kPaused);
  EXPECT_NE(parts->model()->index(0, 3).data().toString(), "–");
}

TEST_F(WindowWatchTest, TheTrainingBatchIsShownOnDemand) {
  startPausedDemo();
  EXPECT_TRUE(batch().isHidden());
  QTest::mouseClick(window.findChild<QToolButton*>("showBatch"), Qt::LeftButton);
  ANCHORSCOPE_WAIT(window.run().bridge().snapshot()->batchShown);
  press(Qt::Key_Period);
  ANCHORSCOPE_WAIT(step() == 1 && batch().count() > 0);
  window.page().probes().batch().list()->setCurrentRow(1);
  ANCHORSCOPE_WAIT(batchPlace(shownImage()) == "batch 2: ");
  press(Qt::Key_Period);
  ANCHORSCOPE_WAIT(step() == 2 && state() == TrainerState::kPaused);
  ANCHORSCOPE_WAIT(window.workspace().active().frame()->step == 1);
  EXPECT_EQ(batchPlace(shownImage()), "batch 2: ") << "the place is followed from batch to batch";
  QTest::mouseClick(window.findChild<QToolButton*>("showBatch"), Qt::LeftButton);
  ANCHORSCOPE_WAIT(batch().isHidden() && batchPlace(shownImage()).empty());
}

TEST_F(WindowWatchTest, WhatIsSelectedCanBeWaitedFor) {
  startPausedDemo();
  QMenu* menu = window.page().transport().untilMenu();
  const auto entries = [&] {
    emit menu->aboutToShow();
    QStringList texts;
    for (const QAction* action : menu->actions())
      if (action->isEnabled() && !action->isSeparator()) texts << action->text();
    return texts;
  };
  EXPECT_EQ(entries().size(), 1) << "nothing is selected";
  window.workspace().active().selectPair(0, 5);
  const QStringList offered = entries();
  ASSERT_EQ(offered.size(), 5) << offered.join("; ").toStdString();
  EXPECT_TRUE(offered[1].startsWith("Object 0 is starved"));
  const bool chosen = window.workspace().active().evidence()->channel("assigned_cls")->values[5] >= 0;
  menu->actions()[chosen ? 4 : 5]->trigger();  // it is so already
  ANCHORSCOPE_WAIT(!window.notifier().pending().filter("so already").isEmpty());
  EXPECT_EQ(step(), 0);
}

}  // namespace
}  // namespace anchorscope
