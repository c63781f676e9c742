#pragma once
// The window with the real trainer behind it.

#include <gtest/gtest.h>

#include <QTest>

#include "app/main_window.h"
#include "app/run/run_controller.h"

/// Within a test, with kPatienceMs in sight.
#define ANCHORSCOPE_WAIT(condition_) \
  ASSERT_TRUE(QTest::qWaitFor([&] { return condition_; }, kPatienceMs)) << #condition_

namespace anchorscope::testing {

/// 1280 × 800, active; goes ahead without asking.
template <int kPatienceMs>
class TrainingWindow : public ::testing::Test {
 protected:
  TrainingWindow() {
    window.run().setAsk([](const Question&) { return Answer::kGoAhead; });
    window.page().docks().reset();
    window.resize(1280, 800);
    window.show();
    window.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&window));
  }

  TrainerState state() const { return window.run().bridge().state(); }

  /// The demo, waiting at step 0.
  void startPausedDemo() {
    SessionOptions options;
    options.startPaused = true;
    window.start().demo(options);
    ANCHORSCOPE_WAIT(window.workspace().active().frame() && state() == TrainerState::kPaused);
  }

  mutable MainWindow window;
};

}  // namespace anchorscope::testing
