// Several runs on the canvases, without a window: which asks which, steps that one of them lacks, what they
// decide otherwise.
#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "app/workspace/workspace.h"
#include "core/evidence/frame_comparison.h"
#include "tests/app/held_source.h"
#include "tests/support/qt_application.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

using testing::HeldSource;
using testing::momentOf;

class WorkspaceRunsTest : public ::testing::Test {
 protected:
  WorkspaceRunsTest() {
    auto held = std::make_unique<HeldSource>();
    first = held.get();
    first->setSteps({0, 10, 20, 30});
    workspace.setSource(std::move(held));
    workspace.pinAll(30);
    first->answer();
  }
  /// A run with evidence at 0, 15 and 30, on the second canvas.
  void addBeside() {
    auto held = std::make_unique<HeldSource>("/runs/other");
    beside = held.get();
    beside->setSteps({0, 15, 30});
    id = workspace.addBeside("other", std::move(held));
    workspace.setCanvasCount(2);
    workspace.canvas(1).setRun(id);
    beside->answer();
  }
  std::int64_t step(int index) {
    const auto& frame = workspace.canvas(index).frame();
    return frame ? frame->step : -1;
  }

  Workspace workspace;
  HeldSource *first, *beside = nullptr;
  QString id;
};

TEST_F(WorkspaceRunsTest, EachCanvasAsksItsRun) {
  addBeside();
  ASSERT_EQ(workspace.runs().size(), 2u);
  EXPECT_EQ(workspace.runs()[0].title, "one");
  EXPECT_EQ(workspace.runs()[1].id, "other");
  EXPECT_EQ(workspace.sourceOf(workspace.canvas(0)), first);
  EXPECT_EQ(workspace.sourceOf(workspace.canvas(1)), beside);
  EXPECT_EQ(workspace.source(), first) << "the active canvas'";
  workspace.time().pin(0);
  ASSERT_EQ(first->asked.size(), 1u);
  ASSERT_EQ(beside->asked.size(), 1u);
  first->answer();
  EXPECT_EQ(step(0), 0);
  EXPECT_EQ(step(1), 30) << "not answered yet";
  beside->answer();
  EXPECT_EQ(step(1), 0);
}

TEST_F(WorkspaceRunsTest, AStepThatARunLacksIsStoodInForByItsLastBeforeAndThatIsSaid) {
  addBeside();
  workspace.time().pin(20);
  first->answer();
  beside->answer();
  EXPECT_EQ(step(0), 20);
  EXPECT_EQ(workspace.canvas(0).standsFor(), -1);
  EXPECT_EQ(step(1), 15);
  EXPECT_EQ(workspace.canvas(1).standsFor(), 20);
  // The other way round: what the second one has and the first lacks.
  workspace.time().pin(15);
  first->answer();
  beside->answer();
  EXPECT_EQ(step(0), 10);
  EXPECT_EQ(workspace.canvas(0).standsFor(), 15);
  EXPECT_EQ(step(1), 15);
  EXPECT_EQ(workspace.canvas(1).standsFor(), -1);
}

TEST_F(WorkspaceRunsTest, BeforeTheFirstStepOfARunItShowsNothingAndSaysWhy) {
  addBeside();
  beside->setSteps({15, 30});
  workspace.time().pin(10);
  first->answer();
  EXPECT_EQ(step(0), 10);
  EXPECT_EQ(step(1), -1);
  EXPECT_TRUE(workspace.canvas(1).whyNothing().contains("other"));
  EXPECT_TRUE(workspace.canvas(1).whyNothing().contains("10"));
  EXPECT_TRUE(beside->asked.empty());
}

TEST_F(WorkspaceRunsTest, WhatAnotherRunAnswersLateIsNotTakenForThisOnes) {
  addBeside();
  workspace.time().pin(0);
  workspace.canvas(1).setRun({});
  beside->answer();
  EXPECT_EQ(step(1), 30);
  first->answer();
  EXPECT_EQ(step(1), 0);
}

TEST_F(WorkspaceRunsTest, TheActiveCanvasSaysWhichRunPanelsTellOf) {
  addBeside();
  QSignalSpy changed(&workspace, &Workspace::sourceChanged);
  workspace.setActive(workspace.canvas(1));
  EXPECT_EQ(changed.count(), 1);
  EXPECT_EQ(workspace.source(), beside);
  workspace.canvas(1).setRun({});
  EXPECT_EQ(changed.count(), 2);
  workspace.setActive(workspace.canvas(0));
  EXPECT_EQ(changed.count(), 2) << "the same run";
}

TEST_F(WorkspaceRunsTest, ClosingOneBringsItsCanvasesBackAndAnotherRunClosesAll) {
  addBeside();
  workspace.setActive(workspace.canvas(1));
  workspace.removeBeside(id);
  EXPECT_EQ(workspace.canvas(1).run(), "");
  EXPECT_EQ(workspace.source(), first);
  EXPECT_EQ(workspace.runs().size(), 1u);
  addBeside();
  workspace.beginRun();
  EXPECT_EQ(workspace.runs().size(), 1u);
  EXPECT_EQ(workspace.canvas(1).run(), "");
}

TEST_F(WorkspaceRunsTest, TwoOfOneNameAreToldApart) {
  addBeside();
  const QString again = workspace.addBeside("other", std::make_unique<HeldSource>("/elsewhere/other"));
  EXPECT_NE(again, "other");
  EXPECT_TRUE(again.startsWith("other"));
}

TEST_F(WorkspaceRunsTest, ASessionKeepsWhichRunEachCanvasShows) {
  addBeside();
  const QJsonObject saved = workspace.save();
  ASSERT_EQ(saved["sources"].toArray().size(), 2);
  EXPECT_EQ(saved["sources"].toArray()[1].toObject()["folder"].toString(), "/runs/other");
  Workspace again;
  ASSERT_TRUE(again.restore(saved));
  EXPECT_EQ(again.canvas(1).run(), "other");
  EXPECT_TRUE(again.canvas(1).whyNothing().contains("not open"));
  auto held = std::make_unique<HeldSource>("/runs/other");
  HeldSource* source = held.get();
  source->setSteps({0, 15, 30});
  EXPECT_EQ(again.addBeside("other", std::move(held)), "other");
  ASSERT_FALSE(source->asked.empty()) << "who waited for it asks it";
  source->answer();
  EXPECT_EQ(again.canvas(1).frame()->step, 30);
}

TEST_F(WorkspaceRunsTest, WhichRunIsLookedAtCanBeUndone) {
  addBeside();
  QCoreApplication::sendPostedEvents();
  workspace.canvas(1).setRun({});
  QCoreApplication::sendPostedEvents();
  workspace.undoStack().undo();
  EXPECT_EQ(workspace.canvas(1).run(), id);
}

TEST_F(WorkspaceRunsTest, CanvasesShowWhatTheyDecideOtherwiseThanTheFirst) {
  addBeside();
  workspace.setComparing(true);
  const StageEvidence* shown = workspace.canvas(1).evidence().get();
  ASSERT_NE(shown->channel("difference.cls"), nullptr);
  EXPECT_EQ(workspace.canvas(0).evidence()->channel("difference.cls"), nullptr) << "the first is as it is";
  EXPECT_TRUE(workspace.canvas(1).note().isEmpty());
  const auto compared = comparedWith(*workspace.canvas(0).frame(), *momentOf("a", 30));
  ASSERT_TRUE(compared);
  // It goes through time with them, without the layers going away in between.
  const Layer* layer = nullptr;
  for (const Layer& each : workspace.canvas(1).layers().layers())
    if (each.channel == "difference.cls") layer = &each;
  ASSERT_NE(layer, nullptr);
  EXPECT_TRUE(layer->visible);
  const auto channels = [&] {
    int visible = 0;
    for (const Layer& each : workspace.canvas(1).layers().layers())
      visible += each.visible && each.hasChannel() ? 1 : 0;
    return visible;
  };
  EXPECT_EQ(channels(), 1) << "it is seen alone";
  workspace.time().pin(0);
  first->answer();
  beside->answer();
  EXPECT_NE(workspace.canvas(1).evidence()->channel("difference.cls"), nullptr);
  workspace.setComparing(false);
  EXPECT_EQ(workspace.canvas(1).evidence()->channel("difference.cls"), nullptr);
  EXPECT_EQ(step(1), 0);
  EXPECT_GT(channels(), 0) << "what was shown before is shown again";
}

TEST_F(WorkspaceRunsTest, DifferencesComeAndGoAndLeaveTheLayersAsTheyWere) {
  addBeside();
  workspace.canvas(1).layers().showOnly("channel:iou");
  const auto visible = [](CanvasModel& canvas) {
    QStringList ids;
    for (const Layer& layer : canvas.layers().layers())
      if (layer.visible) ids << QString::fromStdString(layer.id);
    return ids;
  };
  const QStringList before = visible(workspace.canvas(1));
  for (int i = 0; i < 2; ++i) {
    workspace.setComparing(true);
    EXPECT_TRUE(visible(workspace.canvas(1)).contains("channel:difference.cls"));
    workspace.setComparing(false);
    EXPECT_EQ(visible(workspace.canvas(1)), before);
    EXPECT_FALSE(workspace.canvas(1).layers().standIn());
  }
  // Canvases that come meanwhile show them, too.
  workspace.setComparing(true);
  workspace.setCanvasCount(4);
  for (int i = 1; i < 4; ++i) {
    QStringList channels = visible(workspace.canvas(i)).filter("channel:");
    EXPECT_EQ(channels, i == 1 ? QStringList{"channel:difference.cls"} : channels) << i;
  }
  workspace.canvas(2).setRun(id);
  beside->answer();
  EXPECT_EQ(visible(workspace.canvas(2)).filter("channel:"), QStringList{"channel:difference.cls"});
  // So do those of a session, and what was seen before is known in it.
  const QJsonObject saved = workspace.save();
  Workspace again;
  ASSERT_TRUE(again.restore(saved));
  auto held = std::make_unique<HeldSource>();
  HeldSource& source = *held;
  source.setSteps({0, 10, 20, 30});
  again.setSource(std::move(held));
  source.answer();
  held = std::make_unique<HeldSource>("/runs/other");
  HeldSource& other = *held;
  other.setSteps({0, 15, 30});
  again.addBeside("other", std::move(held));
  other.answer();
  ASSERT_TRUE(again.isComparing());
  EXPECT_EQ(visible(again.canvas(1)).filter("channel:"), QStringList{"channel:difference.cls"});
  again.setComparing(false);
  EXPECT_EQ(visible(again.canvas(1)), before);
  // One canvas has none to differ from.
  workspace.setCanvasCount(1);
  EXPECT_FALSE(workspace.isComparing());
  workspace.undoStack().clear();
}

TEST_F(WorkspaceRunsTest, CanvasesThatWentWhileTheyWereComparedComeBackWithTheirOwnLayers) {
  addBeside();
  QCoreApplication::sendPostedEvents();
  workspace.canvas(1).layers().showOnly("channel:iou");
  QCoreApplication::sendPostedEvents();
  const auto channels = [&](int index) {
    QStringList ids;
    for (const Layer& layer : workspace.canvas(index).layers().layers())
      if (layer.visible && layer.hasChannel()) ids << QString::fromStdString(layer.id);
    return ids;
  };
  workspace.setComparing(true);
  workspace.setCanvasCount(1);
  QCoreApplication::sendPostedEvents();
  workspace.undoStack().undo();
  beside->answer();
  ASSERT_EQ(workspace.canvasCount(), 2);
  EXPECT_FALSE(workspace.isComparing());
  EXPECT_EQ(channels(1), QStringList{"channel:iou"});
}

TEST_F(WorkspaceRunsTest, WithEachMeasurementACanvasIsComparedOnce) {
  workspace.setCanvasCount(2);
  workspace.time().followLive();
  const auto measure = [&](std::int64_t step) {
    emit first->newestArrived({{momentOf("a", step)}, {momentOf("a", step, "atss")}});
  };
  measure(31);
  workspace.canvas(1).setVariant("atss");
  workspace.setComparing(true);
  QSignalSpy shown(&workspace.canvas(1), &CanvasModel::frameChanged);
  measure(32);
  EXPECT_EQ(shown.count(), 1);
  EXPECT_EQ(step(1), 32);
  EXPECT_NE(workspace.canvas(1).evidence()->channel("difference.cls"), nullptr);
}

TEST_F(WorkspaceRunsTest, TheFirstRunIsGoneToWhereACanvasShowsItElseOnTheActiveOne) {
  addBeside();
  workspace.setActive(workspace.canvas(1));
  workspace.activateFirstRun();
  EXPECT_EQ(workspace.activeIndex(), 0);
  EXPECT_EQ(workspace.canvas(1).run(), id);
  workspace.canvas(0).setRun(id);
  workspace.setActive(workspace.canvas(1));
  workspace.activateFirstRun();
  EXPECT_EQ(workspace.activeIndex(), 1);
  EXPECT_EQ(workspace.canvas(1).run(), "");
}

TEST_F(WorkspaceRunsTest, WhatCannotBeComparedSaysWhy) {
  addBeside();
  workspace.canvas(1).setProbeName("b");
  beside->answer();
  workspace.setComparing(true);
  EXPECT_TRUE(workspace.canvas(1).note().contains("two images")) << workspace.canvas(1).note().toStdString();
  EXPECT_EQ(workspace.canvas(1).evidence()->channel("difference.cls"), nullptr);
  workspace.canvas(1).setProbeName("a");
  beside->answer();
  EXPECT_TRUE(workspace.canvas(1).note().isEmpty());
  EXPECT_NE(workspace.canvas(1).evidence()->channel("difference.cls"), nullptr);
}

}  // namespace
}  // namespace anchorscope
