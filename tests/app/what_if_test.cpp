// What is asked of several open runs, without a window: each has its questions, its answers and its weights.

#include "app/workspace/what_if.h"

#include <gtest/gtest.h>

#include <QTest>

#include "app/workspace/workspace.h"
#include "tests/app/held_source.h"
#include "tests/support/fake_session.h"
#include "tests/support/qt_application.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/bridge/session_bridge.h"

namespace anchorscope {
namespace {

using testing::HeldSource;
using testing::momentOf;

class WhatIfTest : public ::testing::Test {
 protected:
  WhatIfTest() {
    auto held = std::make_unique<HeldSource>("/runs/first");
    first = held.get();
    prepare(*first);
    workspace.setSource(std::move(held));
    held = std::make_unique<HeldSource>("/runs/second");
    second = held.get();
    prepare(*second);
    workspace.setCanvasCount(2);
    workspace.canvas(1).setRun(workspace.addBeside("second", std::move(held)));
    workspace.pinAll(20);
    answer();
  }
  static void prepare(HeldSource& source) {
    source.its = *makeRunConfig("max_iou", "retina-small");
    source.setSteps({0, 10, 20});
    source.saved = {10, 20};
  }
  void answer() {
    first->answer();
    second->answer();
  }
  void activate(int canvas) { workspace.setActive(workspace.canvas(canvas)); }
  QStringList names() {
    QStringList out;
    for (const WhatIf::Question& question : whatIf.questions())
      out << question.name;
    return out;
  }

  testing::FakeTrainer trainer;
  SessionBridge bridge{nullptr, trainer.factory()};
  LiveParameters parameters{bridge};
  Workspace workspace;
  HeldSource *first, *second;
  WhatIf whatIf{workspace, parameters};
};

TEST_F(WhatIfTest, EachRunHasItsQuestionsAndTheyStay) {
  whatIf.add("atss");
  EXPECT_EQ(first->questions, QStringList{"atss"});
  activate(1);
  EXPECT_TRUE(names().isEmpty());
  whatIf.add("fcos");
  whatIf.add("simota");
  EXPECT_EQ(second->questions.last(), "fcos; simota");
  activate(0);
  EXPECT_EQ(names(), QStringList{"atss"});
  whatIf.remove(0);
  EXPECT_EQ(first->questions.last(), "") << "it is not asked for ever";
  activate(1);
  EXPECT_EQ(names(), (QStringList{"fcos", "simota"}));
}

TEST_F(WhatIfTest, AnAnswerIsOfTheRunThatGaveIt) {
  whatIf.hold();
  EXPECT_EQ(first->heldStep, 20);
  EXPECT_TRUE(whatIf.isLoading());
  activate(1);
  EXPECT_FALSE(whatIf.isLoading());
  emit first->held(20, std::nullopt);
  emit static_cast<EvidenceSource*>(first)->asked({.heldStep = 20});
  EXPECT_EQ(whatIf.heldStep(), -1) << "the second run's weights are not at hand";
  EXPECT_EQ(whatIf.holdable(), 20);
  emit static_cast<EvidenceSource*>(second)->asked({.error = makeError(ErrorCode::kUsage, "That cannot be")});
  EXPECT_TRUE(whatIf.error().contains("That cannot be"));
  activate(0);
  EXPECT_TRUE(whatIf.error().isEmpty());
  EXPECT_EQ(whatIf.heldStep(), 20);
  EXPECT_FALSE(whatIf.isLoading());
}

TEST_F(WhatIfTest, ThoseOfARunGoWithIt) {
  whatIf.add("atss");
  activate(1);
  whatIf.add("fcos");
  workspace.removeBeside("second");
  EXPECT_EQ(names(), QStringList{"atss"});
  auto next = std::make_unique<HeldSource>("/runs/next");
  prepare(*next);
  workspace.setSource(std::move(next));
  EXPECT_TRUE(names().isEmpty());
  EXPECT_TRUE(whatIf.run()) << "of the next one";
}

TEST_F(WhatIfTest, WhatARunBesideIsAskedChangesNothing) {
  RunConfig config = *makeRunConfig("max_iou", "retina-small");
  bridge.start(config, {});
  trainer.publishFacts({"a"});
  trainer.setState(TrainerState::kPaused);
  ASSERT_TRUE(QTest::qWaitFor([&] { return bridge.state() == TrainerState::kPaused && bridge.facts(); }));
  trainer.takeCommands();
  activate(1);
  whatIf.add("max_iou");
  whatIf.change(0, "pos_iou_thr", "0.625");
  EXPECT_FALSE(whatIf.whyNotApplied(0).isEmpty());
  whatIf.record(0);
  whatIf.apply(0);
  for (const Command& command : trainer.takeCommands())
    EXPECT_FALSE(std::holds_alternative<SetParamCommand>(command));
}

TEST_F(WhatIfTest, WhatARunDoesOtherwiseNowIsNotAskedForAnyMore) {
  whatIf.add("max_iou");
  whatIf.change(0, "pos_iou_thr", "0.625");
  EXPECT_EQ(first->questions.last(), "pos_iou_thr=0.625");
  ASSERT_TRUE(first->its->methodParams.set("pos_iou_thr", "0.625"));
  activate(1);  // whichever is looked at
  emit first->described();
  EXPECT_EQ(first->questions.last(), "max_iou");
  activate(0);
  EXPECT_EQ(names(), QStringList{"max_iou"});
}

TEST_F(WhatIfTest, SideBySideIsOfOneRun) {
  activate(1);
  whatIf.add("atss");
  whatIf.add("fcos");
  whatIf.showAll();
  ASSERT_EQ(workspace.canvasCount(), 4);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(workspace.canvas(i).run(), "second") << i;
  EXPECT_EQ(workspace.canvas(1).variant(), "atss");
  // Another run's of the same name stay where they are.
  workspace.canvas(0).setRun({});
  workspace.canvas(0).setVariant("atss");
  activate(1);
  whatIf.remove(0);
  EXPECT_EQ(workspace.canvas(0).variant(), "atss");
  EXPECT_EQ(workspace.canvas(1).variant(), "");
}

}  // namespace
}  // namespace anchorscope
