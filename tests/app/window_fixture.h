#pragma once
// The main window beside a trainer that the test plays, and dialogs answered as people do.

#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QStandardPaths>
#include <QTest>
#include <QTimer>
#include <functional>

#include "app/main_window.h"
#include "app/settings.h"
#include "tests/support/fake_session.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"

namespace anchorscope::testing {

/// Where recordings are that were given no folder.
inline QString unkeptRuns() {
  return QStandardPaths::writableLocation(QStandardPaths::CacheLocation) + "/unkept-runs";
}

inline void removeUnkeptRuns() {
  EXPECT_TRUE(QDir(unkeptRuns()).removeRecursively());
}

/// Calls `act` once a modal dialog of this kind is open; for what opens one and waits for its end. A dialog
/// of another kind that nobody answers is closed after a while, so that a test fails instead of hanging.
template <typename Dialog>
void whenAsked(const std::function<void(Dialog&)>& act) {
  constexpr int kIntervalMs = 5, kPatience = 2000;
  auto* timer = new QTimer(qApp);
  QObject::connect(timer, &QTimer::timeout, [timer, act, waited = 0]() mutable {
    auto* dialog = qobject_cast<Dialog*>(QApplication::activeModalWidget());
    const bool open = dialog && dialog->isVisible();
    if (!open && ++waited < kPatience) return;
    timer->stop();
    timer->deleteLater();
    if (open) {
      act(*dialog);
      return;
    }
    ADD_FAILURE() << "what was to be answered was never asked";
    if (auto* other = qobject_cast<QDialog*>(QApplication::activeModalWidget())) other->reject();
  });
  timer->start(kIntervalMs);
}

/// Clicks the button of this text in the next question.
inline void answerWith(const QString& button) {
  whenAsked<QMessageBox>([button](QMessageBox& box) {
    for (QAbstractButton* found : box.buttons())
      if (QString(found->text()).remove('&') == button) {
        QTest::mouseClick(found, Qt::LeftButton);
        return;
      }
    ADD_FAILURE() << "no button " << button.toStdString() << " in: " << box.text().toStdString();
    box.reject();
  });
}

/// Puts this path into the next file dialog and clicks Save.
inline void nameFile(const QString& path) {
  whenAsked<QFileDialog>([path](QFileDialog& dialog) {
    dialog.findChild<QLineEdit*>("fileNameEdit")->setText(path);
    QTest::mouseClick(dialog.findChild<QDialogButtonBox*>("buttonBox")->button(QDialogButtonBox::Save),
                      Qt::LeftButton);
    if (dialog.isVisible()) {
      ADD_FAILURE() << "not accepted: " << path.toStdString();
      dialog.reject();
    }
  });
}

/// A window that an earlier test has left is not to be offered.
inline void forgetSession() {
  QFile::remove(SessionKeeper::filePath());
}

/// Of a recorded run whose frames are synthetic.
inline RunHeader cellsHeader() {
  RunHeader header;
  header.dataSpec = "voc:/data/cells#train";
  header.methodName = "musu";
  header.modelName = "retina-small";
  header.classNames = {"rbc", "platelet", "wbc"};
  return header;
}

/// Starts MuSu on the data, as far as a trainer that prepares it.
inline void startRun(MainWindow& window, FakeTrainer& trainer, const std::string& data) {
  auto config = makeRunConfig("musu", "retina-small");
  ASSERT_TRUE(config);
  config->data = data;
  window.run().start(*config);
  trainer.setState(TrainerState::kPreparing);
}

/// A window that remembers nothing of earlier ones and goes ahead without asking.
struct FreshWindow {
  /// `remember` may write settings that it shall find.
  explicit FreshWindow(const std::function<void()>& remember = {}, const QSize& size = {1280, 800})
      : window((openSettings().clear(), forgetSession(), remember ? remember() : void(), trainer.factory())) {
    window.run().setAsk([](const Question&) { return Answer::kGoAhead; });
    window.page().docks().reset();
    window.resize(size);
    window.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&window));
  }
  ~FreshWindow() { openSettings().clear(); }

  void start() { startRun(window, trainer, "voc:/data/bccd#train"); }
  void startPaused(std::vector<std::string> imageNames) {
    start();
    trainer.publishFacts(std::move(imageNames));
    trainer.setState(TrainerState::kPaused);
  }

  FakeTrainer trainer;
  MainWindow window;
};

/// A window of 1280 × 800, on its first page. It asks with real dialogs.
class WindowFixture : public ::testing::Test {
 protected:
  WindowFixture() : window((removeUnkeptRuns(), forgetSession(), trainer.factory())) {
    window.page().docks().reset();
    window.resize(1280, 800);
    window.show();
    window.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&window));
  }

  void start() { startRun(window, trainer, "voc:/data/cells#train"); }

  void run(std::int64_t step = 5) {
    start();
    trainer.publishFacts({"a.jpg", "b.jpg"});
    trainer.setState(TrainerState::kRunning);
    trainer.publish(step, {makeSyntheticFrame()});
    ASSERT_TRUE(QTest::qWaitFor([&] {
      return window.run().bridge().state() == TrainerState::kRunning && window.workspace().active().frame();
    }));
  }

  void enter(TrainerState state, const std::string& reason = {}) {
    trainer.setState(state, reason);
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().state() == state; }));
  }

  QAction* action(const QString& text) {
    for (QAction* found : window.findChildren<QAction*>())
      if (QString(found->text()).remove('&') == text) return found;
    ADD_FAILURE() << "no action " << text.toStdString();
    return nullptr;
  }

  /// Whether one of the waiting commands is of this kind; takes all of them.
  template <typename Wanted>
  bool commanded() {
    bool found = false;
    for (const Command& command : trainer.takeCommands())
      found = found || std::holds_alternative<Wanted>(command);
    return found;
  }

  FakeTrainer trainer;
  MainWindow window;
};

}  // namespace anchorscope::testing
