// What shows a run, in a window of no other kind: everything that the main window is not needed for.

#include "app/workspace/run_view.h"

#include <gtest/gtest.h>

#include <QDockWidget>
#include <QMainWindow>
#include <QPointer>
#include <QSignalSpy>
#include <QTest>

#include "app/run/leftover_list.h"
#include "app/run/run_controller.h"
#include "app/workspace/workspace.h"
#include "app/workspace/workspace_page.h"
#include "core/trainer/run_config.h"
#include "tests/support/fake_session.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/transport_bar.h"

namespace anchorscope {
namespace {

class RunViewTest : public ::testing::Test {
 protected:
  RunViewTest() {
    page->docks().fixDefault();
    host.setCentralWidget(page);
    host.resize(1280, 800);
    host.show();
  }
  ~RunViewTest() override {
    view.reset();
    delete page;
  }
  void start() {
    auto config = makeRunConfig("musu", "retina-small");
    ASSERT_TRUE(config);
    config->data = "voc:/data/cells#train";
    ASSERT_TRUE(run.start(*config));
  }

  testing::FakeTrainer trainer;
  QMainWindow host;
  Workspace workspace;
  Notifier notifier;
  LeftoverList leftovers;
  RunController run{trainer.factory(),
                    notifier,
                    leftovers,
                    {[](const Question&) { return Answer::kGoAhead; }, [] { return QString(); },
                     [](std::int64_t, std::int64_t) { return std::nullopt; }}};
  QPointer<WorkspacePage> page = new WorkspacePage(host, workspace, run, notifier);
  std::unique_ptr<RunView> view = std::make_unique<RunView>(*page, workspace, run, notifier);
};

TEST_F(RunViewTest, ARunIsPreparedShownAndNamed) {
  QSignalSpy data(view.get(), &RunView::dataOpened);
  EXPECT_TRUE(view->title().isEmpty());
  EXPECT_FALSE(page->docks().find("inspector")->isVisible());
  start();
  EXPECT_TRUE(page->preparing().isVisible());
  EXPECT_TRUE(page->docks().find("inspector")->isVisible());
  trainer.publishFacts({"a.jpg"});
  trainer.setState(TrainerState::kRunning);
  trainer.publish(5, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return workspace.active().frame() != nullptr; }));
  EXPECT_TRUE(page->canvas().isVisible());
  EXPECT_EQ(view->title(), "cells#train · musu · retina-small");
  EXPECT_EQ(view->topic(), "musu");
  ASSERT_EQ(data.count(), 1);
  EXPECT_EQ(data[0][0], "voc:/data/cells#train");
  run.end();
  EXPECT_TRUE(view->title().isEmpty());
  EXPECT_FALSE(page->transport().stopAction()->isEnabled());
}

TEST_F(RunViewTest, WhatFailsBeforeAnythingIsShownIsHandedOn) {
  std::vector<std::string> failures;
  QObject::connect(view.get(), &RunView::neverBegan,
                   [&](const Error& error) { failures.push_back(error.message); });
  start();
  trainer.send(FailedEvent{makeError(ErrorCode::kBadData, "There is no folder '/data/cells'"), ""});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !failures.empty(); }));
  EXPECT_EQ(failures, std::vector<std::string>{"There is no folder '/data/cells'"});
  EXPECT_TRUE(notifier.pending().isEmpty()) << "who shows the first page tells it there";
}

TEST_F(RunViewTest, AnEvaluationThatGoesOnIsKnown) {
  QSignalSpy changed(view.get(), &RunView::changed);
  start();
  trainer.publishFacts({"a.jpg"});
  trainer.setState(TrainerState::kRunning);
  trainer.publish(5, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return workspace.active().frame() != nullptr; }));
  EXPECT_FALSE(view->isEvaluating());
  changed.clear();
  trainer.send(ProgressEvent{"Evaluating", 0.25});
  ASSERT_TRUE(QTest::qWaitFor([&] { return view->isEvaluating(); }));
  EXPECT_GT(changed.count(), 0);
  trainer.send(ProgressEvent{});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !view->isEvaluating(); }));
}

TEST_F(RunViewTest, EveryViewGoesWithThePage) {
  const QPointer<QWidget> canvas = &page->canvas(), transport = &page->transport(),
                          inspector = page->docks().find("inspector");
  start();
  view.reset();
  delete page;
  EXPECT_TRUE(canvas.isNull());
  EXPECT_TRUE(transport.isNull());
  EXPECT_TRUE(inspector.isNull());
  EXPECT_TRUE(host.findChildren<QDockWidget*>().isEmpty());
  EXPECT_TRUE(run.isLive()) << "what is shown does not end with what shows it";
}

}  // namespace
}  // namespace anchorscope
