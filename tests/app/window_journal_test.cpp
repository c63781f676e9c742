// Changes of a run that trains, as a person makes them: undone and redone, gone back to from a checkpoint, in
// place or as a fork, and the tree of runs that comes of it. With the real trainer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QCheckBox>
#include <QContextMenuEvent>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QRadioButton>
#include <QTest>
#include <QTreeWidget>
#include <cstdlib>

#include "app/main_window.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/trainer/presets.h"
#include "tests/app/training_window.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/actions/action_registry.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/docks/dock_manager.h"
#include "widgets/panels/history_scrubber.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::whenAsked;

constexpr int kPatienceMs = 30'000;

class WindowJournalTest : public testing::TrainingWindow<kPatienceMs> {
 protected:
  WindowJournalTest() { openSettings().clear(); }
  ~WindowJournalTest() override { openSettings().clear(); }

  /// The demo on small images, waiting at step 0, recorded into a folder of this name.
  void startPaused(const char* name) {
    auto config = presetConfig("demo");
    ASSERT_TRUE(config) << config.error().text();
    config->out = path(name).toStdString();
    for (const auto& [key, value] :
         {std::pair{"train.size", "64"}, {"train.record_every", "2"}, {"train.threads", "1"}})
      ASSERT_TRUE(applySetting(*config, key, value));
    SessionOptions options;
    options.startPaused = true;
    window.run().start(*config, options);
    ANCHORSCOPE_WAIT(window.workspace().active().frame() && state() == TrainerState::kPaused);
  }
  void step(std::int64_t count) {
    const std::int64_t goal = at() + count;
    window.run().bridge().post(StepCommand{count});
    ANCHORSCOPE_WAIT(at() == goal && state() == TrainerState::kPaused);
  }
  /// Types into the form, as somebody does who presses Return behind it.
  void change(const char* option, const char* value) {
    auto* edit = window.findChild<QLineEdit*>(QLatin1String(option));
    ASSERT_NE(edit, nullptr);
    edit->setText(value);
    emit edit->editingFinished();
    ANCHORSCOPE_WAIT(valueOf(option) == value && !journal().empty() && journal().back().after == value);
  }
  std::string valueOf(const std::string& key) const {
    const RunConfig& config = window.run().bridge().facts()->config;
    return toText(paramsOf(config, key.substr(0, key.find('.'))).get(key.substr(key.find('.') + 1)));
  }
  std::vector<ParameterChange> journal() const {
    const auto run = openRun(window.run().folder().toStdString());
    return run ? *(*run)->changes() : std::vector<ParameterChange>();
  }
  static std::vector<std::string> told(const std::vector<ParameterChange>& changes) {
    std::vector<std::string> out;
    for (const ParameterChange& change : changes)
      out.push_back(std::to_string(change.step) + " " + change.key + " " + change.after + " " + change.cause);
    return out;
  }
  QString path(const char* name) const { return QString::fromStdString((folder.path() / name).string()); }
  std::int64_t at() const {
    const auto& snapshot = window.run().bridge().snapshot();
    return snapshot ? snapshot->status.step : -1;
  }
  QAction& action(const char* id) { return *window.actions().find(QLatin1String(id)); }
  static void clickIn(QDialog& dialog, const char* button) {
    QTest::mouseClick(dialog.findChild<QAbstractButton*>(QLatin1String(button)), Qt::LeftButton);
  }
  static QPushButton* goAheadOf(QDialog& dialog) {
    for (QAbstractButton* button : dialog.findChild<QDialogButtonBox*>("goBackButtons")->buttons())
      if (dialog.findChild<QDialogButtonBox*>("goBackButtons")->buttonRole(button) ==
          QDialogButtonBox::AcceptRole)
        return qobject_cast<QPushButton*>(button);
    return nullptr;
  }
  static void shoot(QWidget& widget, const char* name) {
    if (const char* shots = std::getenv("ANCHORSCOPE_SHOTS"))
      widget.grab().save(QStringLiteral("%1/%2.png").arg(QLatin1String(shots), QLatin1String(name)));
  }

  const testing::TemporaryFolder folder;
};

TEST_F(WindowJournalTest, AChangeIsTakenBackAndMadeAgainByFurtherChanges) {
  startPaused("run");
  step(2);
  change("train.lr", "0.002");
  QAction& undo = action("edit.undo");
  ANCHORSCOPE_WAIT(undo.text() == "&Undo train.lr = 0.002");
  step(1);
  QTest::keyClick(&window.page().canvas(), Qt::Key_Z, Qt::ControlModifier);
  ANCHORSCOPE_WAIT(valueOf("train.lr") != "0.002");
  EXPECT_EQ(window.findChild<QLineEdit*>("train.lr")->text().toStdString(), valueOf("train.lr"));
  ANCHORSCOPE_WAIT(action("edit.redo").isEnabled());
  action("edit.redo").trigger();
  ANCHORSCOPE_WAIT(valueOf("train.lr") == "0.002" && journal().size() >= 3);
  const std::string before = journal().front().before;
  EXPECT_THAT(told(journal()), ElementsAre("2 train.lr 0.002 ", "3 train.lr " + before + " undone",
                                           "3 train.lr 0.002 redone"));
  EXPECT_EQ(journal()[0].checkpoint, "step-00000002.ckpt");

  window.run().bridge().post(StopCommand{});
  ANCHORSCOPE_WAIT(state() == TrainerState::kStopped);
  undo.trigger();
  EXPECT_EQ(valueOf("train.lr"), "0.002");
  EXPECT_FALSE(undo.isEnabled()) << "what cannot be taken back any more is gone";
  const QStringList pending = window.notifier().pending();
  EXPECT_FALSE(pending.filter("train.lr stays as it is: this run has ended").isEmpty())
      << pending.join("|").toStdString();
}

TEST_F(WindowJournalTest, ARunIsForkedBeforeAChangeWithOtherOptionsAndStandsBelowItsParent) {
  startPaused("run");
  step(2);
  change("train.lr", "0.002");
  const std::string before = journal().front().before;
  step(2);
  QStringList rows;
  QString forkNote;
  whenAsked<QDialog>([&](QDialog& dialog) {
    auto* table = dialog.findChild<QTreeWidget*>("checkpoints");
    for (int i = 0; i < table->topLevelItemCount(); ++i)
      rows << table->topLevelItem(i)->text(0) + ": " + table->topLevelItem(i)->text(3);
    EXPECT_TRUE(dialog.findChild<QRadioButton*>("forkIt")->isChecked());
    table->setCurrentItem(table->topLevelItem(table->topLevelItemCount() - 1));
    forkNote = dialog.findChild<QLabel*>("forkNote")->text();
    clickIn(dialog, "otherOptions");
    auto* decay = dialog.findChild<QLineEdit*>("train.weight_decay");
    EXPECT_EQ(dialog.findChild<QLineEdit*>("train.lr")->text().toStdString(), before)
        << "as before the change";
    decay->setText("0.25");
    emit decay->editingFinished();
    dialog.findChild<QLineEdit*>("forkFolder")->setText(path("fork"));
    shoot(dialog, "fork-dialog");
    EXPECT_EQ(goAheadOf(dialog)->text(), "Fork from step 2");
    QTest::mouseClick(goAheadOf(dialog), Qt::LeftButton);
    if (dialog.isVisible()) dialog.reject();
  });
  action("training.fork").trigger();
  ANCHORSCOPE_WAIT(window.run().folder() == path("fork") && window.run().bridge().facts() && at() >= 2);
  window.run().bridge().post(PauseCommand{});
  ANCHORSCOPE_WAIT(state() == TrainerState::kPaused);
  EXPECT_THAT(rows, ElementsAre(QString("2: with train.lr = 0.002 (was %1)").arg(before.c_str()),
                                QString("2: before train.lr = 0.002 (was %1)").arg(before.c_str())));
  EXPECT_EQ(forkNote, "The run that trains is stopped at its present step, with a checkpoint, and stays.");
  EXPECT_EQ(valueOf("train.lr"), before);
  EXPECT_EQ(valueOf("train.weight_decay"), "0.25");
  const auto fork = *openRun(path("fork").toStdString());
  EXPECT_EQ(fork->header().parent.step, 2);
  EXPECT_THAT(told(journal()), ElementsAre("2 train.lr 0.002 ", "2 train.lr " + before + " forked",
                                           "2 train.weight_decay 0.25 forked"));
  EXPECT_EQ(listCheckpoints(path("run").toStdString()).size(), 2u) << "and that of its end";

  window.page().docks().show("runs");
  auto* runs = window.findChild<QTreeWidget*>("runs");
  ANCHORSCOPE_WAIT(runs->topLevelItemCount() == 1 && runs->topLevelItem(0)->childCount() == 1);
  EXPECT_EQ(runs->topLevelItem(0)->text(0), "run");
  QTreeWidgetItem* child = runs->topLevelItem(0)->child(0);
  EXPECT_TRUE(child->font(0).bold()) << "that one is shown";
  EXPECT_THAT(child->text(3).toStdString(), HasSubstr("from step 2; train.lr = "));
  shoot(window, "runs-panel");
  QTest::qWait(0);
  const QRect row = runs->visualItemRect(runs->topLevelItem(0));
  QTest::mouseClick(runs->viewport(), Qt::LeftButton, {}, row.center());
  QTest::mouseDClick(runs->viewport(), Qt::LeftButton, {}, row.center());
  ANCHORSCOPE_WAIT(window.run().isRecorded() && window.run().folder() == path("run"));
}

TEST_F(WindowJournalTest, ARunIsRewoundInPlaceAfterItIsToldWhatGoes) {
  startPaused("run");
  step(2);
  window.run().bridge().post(SaveCheckpointCommand{});
  step(4);
  ANCHORSCOPE_WAIT(window.page().scrubber().steps().size() >= 3);
  QString note;
  const auto answer = [&](bool accept) {
    whenAsked<QDialog>([&note, accept](QDialog& dialog) {
      note = dialog.findChild<QLabel*>("rewindNote")->text();
      EXPECT_TRUE(dialog.findChild<QRadioButton*>("rewindHere")->isChecked());
      shoot(dialog, "rewind-dialog");
      if (accept)
        QTest::mouseClick(goAheadOf(dialog), Qt::LeftButton);
      else
        dialog.reject();
    });
  };
  answer(false);
  action("training.rewind").trigger();
  ANCHORSCOPE_WAIT(!note.isEmpty());
  EXPECT_EQ(note.toStdString(), "Removes for good what was recorded after step 2: 4 steps, up to step 6.");
  EXPECT_EQ(state(), TrainerState::kPaused);
  EXPECT_EQ(at(), 6) << "given up: all is as it was";

  note.clear();
  answer(true);
  // From the scrubber: where it is right-clicked, between steps 2 and 4.
  HistoryScrubber& scrubber = window.page().scrubber();
  QMenu* menu = nullptr;
  for (int x = scrubber.width() - 2; x > 0 && !menu; x -= 3) {
    QContextMenuEvent event(QContextMenuEvent::Mouse, {x, scrubber.height() / 2},
                            scrubber.mapToGlobal(QPoint(x, 0)));
    QApplication::sendEvent(&scrubber, &event);
    menu = scrubber.findChild<QMenu*>("historyMenu");
  }
  ASSERT_NE(menu, nullptr);
  QAction* rewind = menu->actions().at(2);
  EXPECT_EQ(rewind->text(), "&Rewind to a checkpoint up to here…");
  ASSERT_TRUE(rewind->isEnabled());
  rewind->trigger();
  menu->close();
  ANCHORSCOPE_WAIT(!note.isEmpty());
  ANCHORSCOPE_WAIT(window.run().isContinued() && at() >= 2 && state() == TrainerState::kRunning);
  window.run().bridge().post(PauseCommand{});
  ANCHORSCOPE_WAIT(state() == TrainerState::kPaused);
  const auto events = *(*openRun(path("run").toStdString()))->events();
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const RunEvent& event) {
    return event.text.find("up to step 6, was removed") != std::string::npos;
  }));
}

}  // namespace
}  // namespace anchorscope
