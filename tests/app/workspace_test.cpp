// What is looked at, without a window: canvases that ask a source, what they have in common, undo, sessions.

#include "app/workspace/workspace.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "core/session/session.h"
#include "tests/app/held_source.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

using testing::HeldSource;
using testing::momentOf;

class WorkspaceTest : public ::testing::Test {
 protected:
  WorkspaceTest() {
    auto held = std::make_unique<HeldSource>();
    source = held.get();
    workspace.setSource(std::move(held));
  }
  void newest(std::int64_t step) {
    emit source->newestArrived({{momentOf("a", step), momentOf("b", step)}, {}});
  }
  /// "a 3", "b 4 atss", "-"
  QString shown(int index) {
    const auto& frame = workspace.canvas(index).frame();
    if (!frame) return QStringLiteral("-");
    return QStringLiteral("%1 %2%3")
        .arg(QString::fromStdString(frame->image->name))
        .arg(frame->step)
        .arg(frame->variant ? ' ' + QString::fromStdString(frame->variant->name) : QString());
  }
  /// As much as one deed of a person is, whatever it changes.
  void endDeed() { QCoreApplication::sendPostedEvents(); }

  Workspace workspace;
  HeldSource* source;
};

TEST_F(WorkspaceTest, CanvasesFollowWhatIsMeasuredAndGoBackTogether) {
  workspace.setCanvasCount(2);
  newest(5);
  workspace.canvas(1).setProbeName("b");
  EXPECT_EQ(shown(0), "a 5");
  EXPECT_EQ(shown(1), "b 5");
  workspace.active().time().pin(3);
  newest(6);
  ASSERT_EQ(source->asked.size(), 2u) << "each asks for its own";
  EXPECT_NE(source->asked[0].view, source->asked[1].view);
  EXPECT_EQ(shown(0), "a 5") << "what is shown stays until there is something else";
  source->answer();
  EXPECT_EQ(shown(0), "a 3");
  EXPECT_EQ(shown(1), "b 3");
  workspace.time().followLive();
  EXPECT_EQ(shown(0), "a 6");
  EXPECT_EQ(shown(1), "b 6");
  EXPECT_TRUE(source->asked.empty());
}

TEST_F(WorkspaceTest, APlaceIsGoneToWithItsImageStepObjectAndCandidate) {
  source->setSteps({0, 4, 8});
  newest(9);
  EXPECT_EQ(workspace.goTo({.step = 5, .probe = "b", .object = 1, .candidate = 7}), 4)
      << "the nearest with evidence";
  source->answer();
  EXPECT_EQ(shown(0), "b 4");
  EXPECT_EQ(workspace.active().selectedObject(), 1);
  EXPECT_EQ(workspace.active().selectedAnchor(), 7);
  workspace.time().followLive();
  EXPECT_EQ(workspace.goTo({.probe = "a", .object = 0}), -1);
  EXPECT_EQ(shown(0), "a 9") << "without a step the moment stays";
  EXPECT_EQ(workspace.active().selectedObject(), 0);
  EXPECT_EQ(workspace.active().selectedAnchor(), -1);
}

TEST_F(WorkspaceTest, ACanvasWithAStepOfItsOwnStaysThere) {
  workspace.setCanvasCount(2);
  workspace.time().pin(3);
  source->answer();
  workspace.canvas(1).setOwnTime(true);
  workspace.time().pin(4);
  ASSERT_EQ(source->asked.size(), 1u);
  source->answer();
  EXPECT_EQ(shown(0), "a 4");
  EXPECT_EQ(shown(1), "a 3");
  workspace.canvas(1).setOwnTime(false);
  source->answer();
  EXPECT_EQ(shown(1), "a 4");
}

TEST_F(WorkspaceTest, WhatIsMissingLeadsBackToWhatIsShown) {
  newest(5);
  workspace.time().pin(3);
  emit source->momentMissing(source->asked[0].view, 3);
  EXPECT_TRUE(workspace.time().followsLive()) << "nothing recorded was shown yet";
  workspace.time().pin(4);
  source->answer();
  workspace.time().pin(3);
  const int view = source->asked[0].view;
  workspace.time().pin(2);
  emit source->momentMissing(view, 3);
  EXPECT_EQ(workspace.time().step(), 2) << "it is not looked for any more";
  emit source->momentMissing(view, 2);
  EXPECT_EQ(workspace.time().step(), 4);
  EXPECT_EQ(shown(0), "a 4");
}

TEST_F(WorkspaceTest, AnAnswerThatComesLateIsLeftOut) {
  workspace.time().pin(4);
  source->answer();
  workspace.time().pin(6);
  workspace.time().pin(4);
  source->answer();  // to 6, which is not looked at any more, though nothing else was asked
  EXPECT_EQ(shown(0), "a 4");
  workspace.canvas(0).setVariant("atss");
  workspace.canvas(0).setVariant({});
  source->answer();
  EXPECT_EQ(shown(0), "a 4");
}

TEST_F(WorkspaceTest, OfAVariantNothingIsShownWhileTrainingGoesOn) {
  newest(5);
  workspace.time().pin(4);
  source->answer();
  workspace.canvas(0).setVariant("atss");
  source->answer();
  workspace.time().followLive();
  EXPECT_EQ(shown(0), "-") << "the run's own would be taken for it";
  EXPECT_EQ(workspace.canvas(0).whyNothing(),
            "'atss' is not asked while training goes on: train.variants says what is");
  newest(6);
  EXPECT_EQ(shown(0), "-");
  emit source->newestArrived(
      {{momentOf("a", 7), momentOf("b", 7)},
       {momentOf("a", 7, "atss"), momentOf("a", 7, "fcos"), momentOf("b", 7, "atss")}});
  EXPECT_EQ(shown(0), "a 7 atss") << "unless it is asked then";
  EXPECT_EQ(workspace.canvas(0).variants().size(), 2u);
  workspace.canvas(0).setProbeName("b");
  EXPECT_EQ(shown(0), "b 7 atss");
  workspace.canvas(0).setVariant({});
  EXPECT_EQ(shown(0), "b 7");
  EXPECT_EQ(workspace.canvas(0).variants().size(), 1u);
}

TEST_F(WorkspaceTest, AnotherRunHasNothingOfTheOneBefore) {
  newest(5);
  workspace.setCanvasCount(2);
  workspace.canvas(1).setOwnTime(true);
  workspace.active().selectPair(2, 100);
  workspace.active().setHoveredAnchor(7);
  endDeed();
  EXPECT_TRUE(workspace.undoStack().canUndo());
  workspace.active().layers().setOpacity("objects", 0.5F);  // and before the deed has ended
  workspace.beginRun();
  endDeed();
  EXPECT_FALSE(workspace.undoStack().canUndo());
  newest(0);
  EXPECT_EQ(workspace.active().selectedObject(), -1);
  EXPECT_EQ(workspace.active().selectedAnchor(), -1);
  EXPECT_EQ(workspace.active().hoveredAnchor(), -1);
  workspace.pinAll(4);
  source->answer();
  EXPECT_EQ(shown(0), "a 4");
  EXPECT_EQ(shown(1), "a 4") << "also one with a step of its own";
}

TEST_F(WorkspaceTest, ACanvasThatIsPinnedWhileTrainingStaysAtItsStep) {
  newest(5);
  workspace.setCanvasCount(2);
  workspace.canvas(1).setOwnTime(true);
  newest(6);
  EXPECT_EQ(shown(0), "a 6");
  EXPECT_EQ(shown(1), "a 5");
  // What is not there of that step leads back to what is shown.
  workspace.canvas(1).setProbeName("b");
  ASSERT_EQ(source->asked.size(), 1u);
  emit source->momentMissing(source->asked[0].view, 5);
  EXPECT_EQ(shown(1), "a 5");
  EXPECT_EQ(workspace.canvas(1).probeName(), "a");
  EXPECT_FALSE(workspace.canvas(1).time().followsLive());
  // Alone it has nobody to stay apart from.
  workspace.setActive(workspace.canvas(1));
  workspace.setCanvasCount(1);
  EXPECT_FALSE(workspace.active().hasOwnTime());
  EXPECT_EQ(workspace.time().step(), 5);
  EXPECT_EQ(shown(0), "a 5");
}

TEST_F(WorkspaceTest, ADamagedMomentOfOneCanvasLeavesTheOthersWhereTheyAre) {
  workspace.setCanvasCount(2);
  workspace.time().pin(4);
  source->answer();
  workspace.canvas(1).setVariant("atss");
  source->answer();
  workspace.time().pin(5);
  source->answer();
  EXPECT_EQ(shown(1), "-");
  workspace.time().pin(6);
  const int view = source->asked[1].view;
  source->asked.clear();
  emit source->momentMissing(view, 6);
  EXPECT_EQ(workspace.time().step(), 5) << "where all of them were last";
}

TEST_F(WorkspaceTest, ANewCanvasHasWhatStandsInForLayersOfAnotherMethod) {
  workspace.active().layers().adopt(*testing::makeSyntheticEvidence());
  workspace.active().layers().showOnly("channel:musu.w_cls");
  endDeed();
  StageEvidence other = *testing::makeSyntheticEvidence();
  std::erase_if(other.channels,
                [](const Channel& channel) { return channel.spec.name.starts_with("musu."); });
  other.decisions.clear();
  emit source->newestArrived({{ProbeFrame::of(other)}, {}});
  ASSERT_TRUE(workspace.active().layers().standIn());
  workspace.setCanvasCount(2);
  EXPECT_TRUE(workspace.canvas(1).layers().standIn());
  endDeed();
  workspace.active().layers().setOpacity("objects", 0.5F);
  endDeed();
  workspace.undoStack().undo();
  EXPECT_TRUE(workspace.active().layers().standIn()) << "the picture is not bare";
}

TEST_F(WorkspaceTest, AVariantIsShownWhereThereIsOneAndNothingInItsPlace) {
  workspace.setCanvasCount(2);
  workspace.time().pin(4);
  source->answer();
  workspace.canvas(1).setVariant("atss");
  source->answer();
  EXPECT_EQ(shown(0), "a 4");
  EXPECT_EQ(shown(1), "a 4 atss");
  workspace.time().pin(5);
  source->answer();
  EXPECT_EQ(shown(0), "a 5");
  EXPECT_EQ(shown(1), "-");
  EXPECT_EQ(workspace.canvas(1).whyNothing(), "Nothing of 'atss' was recorded at step 5");
  EXPECT_EQ(workspace.canvas(1).probes().size(), 2u) << "what there is can be chosen";
  workspace.time().pin(6);
  source->answer();
  EXPECT_EQ(shown(1), "a 6 atss");
  workspace.beginRun();
  EXPECT_EQ(shown(0), "-");
  EXPECT_TRUE(workspace.canvas(1).variant().isEmpty());
  EXPECT_TRUE(workspace.time().followsLive());
}

TEST_F(WorkspaceTest, TheActiveCanvasStaysWhenOthersGo) {
  newest(5);
  workspace.setCanvasCount(4);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(shown(i), "a 5") << "new ones begin like the active one";
  CanvasModel& third = workspace.canvas(2);
  third.layers().setOpacity("objects", 0.25F);
  workspace.setActive(third);
  QSignalSpy active(&workspace, &Workspace::activeChanged);
  workspace.setCanvasCount(2);
  EXPECT_EQ(&workspace.active(), &third);
  EXPECT_EQ(workspace.activeIndex(), 1);
  workspace.setCanvasCount(1);
  EXPECT_EQ(&workspace.canvas(0), &third);
  EXPECT_EQ(active.count(), 0);
  workspace.setCanvasCount(0);
  EXPECT_EQ(workspace.canvasCount(), 1);
  workspace.setCanvasCount(9);
  EXPECT_EQ(workspace.canvasCount(), Workspace::kMostCanvases);
}

TEST_F(WorkspaceTest, WhatArrivesForACanvasThatIsGoneIsLeftOut) {
  workspace.setCanvasCount(2);
  workspace.time().pin(4);
  workspace.setCanvasCount(1);
  source->answer();
  EXPECT_EQ(shown(0), "a 4");
}

TEST_F(WorkspaceTest, ADeedIsUndoneAndRedoneAsAWhole) {
  newest(5);
  QUndoStack& undo = workspace.undoStack();
  EXPECT_FALSE(undo.canUndo()) << "what frames bring is nobody's choice";
  LayerStack& layers = workspace.active().layers();
  const QJsonArray before = layers.save();
  layers.showOnly("channel:iou");  // hides others, shows one, makes it active
  endDeed();
  const QJsonArray after = layers.save();
  ASSERT_NE(after, before);
  EXPECT_EQ(undo.count(), 1);
  newest(6);
  EXPECT_EQ(undo.count(), 1);
  undo.undo();
  EXPECT_EQ(layers.save(), before);
  undo.redo();
  EXPECT_EQ(layers.save(), after);
  undo.undo();
  endDeed();
  EXPECT_FALSE(undo.canUndo()) << "taking back is no deed of its own";
}

TEST_F(WorkspaceTest, ASliderThatIsDraggedIsOneChange) {
  newest(5);
  LayerStack& layers = workspace.active().layers();
  const float before = layers.find("objects")->opacity;
  for (const float opacity : {0.9F, 0.7F, 0.4F}) {
    layers.setOpacity("objects", opacity);
    endDeed();
  }
  layers.setVisible("objects", false);
  endDeed();
  layers.setVisible("objects", true);
  endDeed();
  EXPECT_EQ(workspace.undoStack().count(), 3) << "what is switched is switched each time";
  EXPECT_EQ(workspace.undoStack().undoText(), "layer Objects");
  for (int i = 0; i < 3; ++i)
    workspace.undoStack().undo();
  EXPECT_EQ(layers.find("objects")->opacity, before);
  layers.setOpacity("objects", 0.3F);
  endDeed();
  layers.setOpacity("objects", before);
  endDeed();
  EXPECT_FALSE(workspace.undoStack().canUndo()) << "nothing is changed after all";
}

TEST_F(WorkspaceTest, WhatIsUndoneIsThatChangeAlone) {
  const auto measure = [&](std::int64_t step, const char* variant) {
    emit source->newestArrived(
        {{momentOf("a", step), momentOf("b", step)}, {momentOf("a", step, variant)}});
  };
  measure(5, "atss");
  workspace.active().setVariant("atss");
  endDeed();
  LayerStack& layers = workspace.active().layers();
  const float before = layers.find("objects")->opacity;
  layers.setOpacity("objects", 0.25F);
  endDeed();
  // An option of what is asked is dragged meanwhile, which is nobody's change.
  workspace.followVariant({}, "atss", "atss, 5");
  measure(6, "atss, 5");
  ASSERT_EQ(shown(0), "a 6 atss, 5");
  layers.setOpacity("objects", 0.5F);
  endDeed();
  ASSERT_EQ(workspace.undoStack().count(), 2) << "both moves of the slider are one";
  workspace.undoStack().undo();
  EXPECT_EQ(layers.find("objects")->opacity, before);
  EXPECT_EQ(shown(0), "a 6 atss, 5") << "nobody asks the one before any more";
  workspace.undoStack().redo();
  EXPECT_EQ(layers.find("objects")->opacity, 0.5F);
  EXPECT_EQ(shown(0), "a 6 atss, 5");
  EXPECT_EQ(workspace.active().variant(), "atss, 5");
}

TEST_F(WorkspaceTest, AnOrderThatIsTakenBackLeavesLayersThatCameSince) {
  newest(5);
  LayerStack& layers = workspace.active().layers();
  const auto order = [&] {
    QStringList ids;
    for (const Layer& layer : layers.layers())
      ids << QString::fromStdString(layer.id);
    return ids;
  };
  const QStringList before = order();
  layers.move("objects", 1);
  endDeed();
  StageEvidence more = *momentOf("a", 6)->stages[0];
  Channel channel = more.channels.front();
  channel.spec.name = "another";
  more.channels.push_back(channel);
  emit source->newestArrived({{ProbeFrame::of(more)}, {}});
  ASSERT_NE(layers.find("channel:another"), nullptr);
  layers.update("channel:another", [](Layer& layer) { layer.opacity = 0.5F; });
  endDeed();
  workspace.undoStack().undo();
  EXPECT_EQ(layers.find("channel:another")->opacity, 1.F);
  workspace.undoStack().redo();
  workspace.undoStack().undo();
  workspace.undoStack().undo();
  QStringList after = order();
  EXPECT_TRUE(after.removeOne("channel:another"));
  EXPECT_EQ(after, before);
}

TEST_F(WorkspaceTest, CanvasesThatWentComeBackAsTheyWere) {
  workspace.setCanvasCount(2);
  endDeed();
  workspace.time().pin(4);
  source->answer();
  workspace.canvas(1).setVariant("atss");
  workspace.canvas(1).layers().showOnly("channel:iou");
  endDeed();
  source->answer();
  const QJsonArray layers = workspace.canvas(1).layers().save();
  workspace.setCanvasCount(1);
  endDeed();
  EXPECT_EQ(workspace.undoStack().undoText(), "number of canvases");
  workspace.undoStack().undo();
  source->answer();
  ASSERT_EQ(workspace.canvasCount(), 2);
  EXPECT_EQ(shown(1), "a 4 atss");
  EXPECT_EQ(workspace.canvas(1).layers().save(), layers);
  // Where one has gone meanwhile stays.
  workspace.time().pin(6);
  source->answer();
  workspace.undoStack().undo();
  source->answer();
  EXPECT_EQ(shown(0), "a 6");
  EXPECT_EQ(shown(1), "a 6");
}

TEST_F(WorkspaceTest, EveryCanvasThatWentComesBackToItsPlaceImageAndStep) {
  workspace.time().pin(4);
  source->answer();
  workspace.setCanvasCount(4);
  workspace.canvas(1).setProbeName("b");
  workspace.canvas(2).setOwnTime(true);
  workspace.canvas(2).time().pin(2);
  workspace.setActive(workspace.canvas(3));
  workspace.active().setVariant("atss");
  source->answer();
  endDeed();
  const std::vector<QString> before{shown(0), shown(1), shown(2), shown(3)};
  ASSERT_EQ(before, (std::vector<QString>{"a 4", "b 4", "a 2", "a 4 atss"}));
  workspace.setCanvasCount(1);
  endDeed();
  EXPECT_EQ(shown(0), "a 4 atss");
  workspace.undoStack().undo();
  source->answer();
  ASSERT_EQ(workspace.canvasCount(), 4);
  EXPECT_EQ((std::vector<QString>{shown(0), shown(1), shown(2), shown(3)}), before);
  EXPECT_EQ(workspace.activeIndex(), 3);
  workspace.undoStack().redo();
  ASSERT_EQ(workspace.canvasCount(), 1);
  EXPECT_EQ(shown(0), "a 4 atss");
}

TEST_F(WorkspaceTest, UnlinkedCanvasesZoomEachForItself) {
  workspace.setCanvasCount(2);
  workspace.viewport().set({"a", false, 2, {0.5, 0.5}});
  workspace.setViewportsLinked(false);
  workspace.canvas(0).viewport().set({"a", false, 3, {0.5, 0.5}});
  EXPECT_EQ(workspace.canvas(1).viewport().position().zoom, 2);
  workspace.setCanvasCount(4);
  workspace.canvas(3).viewport().set({"a", false, 5, {0.5, 0.5}});
  EXPECT_EQ(workspace.canvas(0).viewport().position().zoom, 3);
  workspace.setViewportsLinked(true);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(workspace.canvas(i).viewport().position().zoom, 3) << "as the active one";
}

TEST_F(WorkspaceTest, ASessionComesBackWhole) {
  workspace.setCanvasCount(4);
  workspace.time().pin(4);
  source->answer();
  workspace.setActive(workspace.canvas(2));
  workspace.active().setProbeName("b");
  workspace.canvas(1).setVariant("atss");
  workspace.canvas(3).setOwnTime(true);
  workspace.canvas(3).time().pin(2);
  source->answer();
  workspace.active().selectPair(2, 100);
  workspace.viewport().set({"a", false, 2, {0.25, 0.5}});
  const QJsonObject saved = workspace.save();
  EXPECT_EQ(saved["sources"].toArray()[0].toObject()["folder"], "/runs/one");

  Workspace read;
  ASSERT_TRUE(read.restore(saved));
  auto held = std::make_unique<HeldSource>();
  HeldSource& again = *held;
  read.setSource(std::move(held));
  again.answer();
  EXPECT_EQ(read.save(), saved);
  EXPECT_EQ(read.canvas(1).frame()->variant->name, "atss");
  EXPECT_EQ(read.canvas(3).frame()->step, 2);
  EXPECT_EQ(read.active().selectedAnchor(), 100);
  EXPECT_FALSE(read.undoStack().canUndo());
}

TEST_F(WorkspaceTest, ValuesThatAreNoneDoNoHarm) {
  newest(5);
  QJsonObject odd = workspace.save();
  odd["selection"] = QJsonObject{{"image", "a"}, {"stage", "dense"}, {"object", -7}, {"candidate", -1e18}};
  odd["viewport"] = QJsonObject{{"image", "a"}, {"fitted", false}, {"zoom", 1e-300}, {"x", 1e300}};
  odd["linked"] = true;
  odd["active"] = 1e9;
  odd["time"] = "never";
  odd["canvases"] = QJsonArray{QJsonObject{{"stage", 1e9}, {"viewport", QJsonObject{{"zoom", "much"}}}},
                               QJsonObject{{"time", QJsonArray()}, {"layers", 7}}, QJsonObject()};
  ASSERT_TRUE(workspace.restore(odd));
  EXPECT_EQ(workspace.canvasCount(), 3);
  newest(6);
  EXPECT_EQ(workspace.active().selectedObject(), -1);
  EXPECT_EQ(workspace.active().selectedAnchor(), -1);
  EXPECT_FALSE(workspace.canvas(0).hasOwnViewport()) << "linked is linked";
}

TEST_F(WorkspaceTest, WhatAnotherVersionWroteIsToldAndLeft) {
  const QJsonObject before = workspace.save();
  QJsonObject other = before;
  other["version"] = 99;
  other["active"] = 3;
  for (const QJsonObject& wrong : {other, QJsonObject(), QJsonObject{{"version", 1}, {"canvases", "two"}}}) {
    const Status status = workspace.restore(wrong);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kBadData);
    EXPECT_EQ(workspace.save(), before);
  }
}

}  // namespace
}  // namespace anchorscope
