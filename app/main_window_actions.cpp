// Menus, what of them can be done at present, and the cheat sheet of the main window.
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDialog>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

#include "app/main_window.h"
#include "app/settings.h"
#include "widgets/bridge/session_bridge.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/parameters_panel.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/theme/icons.h"

namespace anchorscope {

namespace {

QString whyNoEvaluation(const ActionContext& at) {
  return at.hasValidation
             ? QString()
             : MainWindow::tr("This run has no validation images: they are named when a run is started.");
}

}  // namespace

void MainWindow::makeMenus() {
  const auto in = [](bool ActionContext::*fact) {
    return [fact](const ActionContext& context) { return context.*fact; };
  };
  const QString file = QStringLiteral("file"), view = QStringLiteral("view"),
                theme = QStringLiteral("view.theme"), training = QStringLiteral("training"),
                history = QStringLiteral("history"), figure = QStringLiteral("figure"),
                help = QStringLiteral("help");
  const auto add = [this](const QString& id, const QString& text, const QKeySequence& keys,
                          const QString& what, std::function<void()> run,
                          std::function<bool(const ActionContext&)> enabledWhen = {},
                          const QString& icon = {}) {
    return actions_->add({id, text, keys, what, std::move(run), std::move(enabledWhen), {}, icon});
  };

  actions_->addMenu(file, tr("&File"));
  add("file.demo", tr("&Demo"), Qt::CTRL | Qt::Key_D, tr("Train the demo from the start"),
      [this] { startDemo(); });
  add("file.new", tr("&New run…"), QKeySequence::New, tr("Choose data, method and detector"), [this] {
    if (run_->confirmEnding()) showStartPage();
  });
  add("file.openData", tr("Open &data…"), QKeySequence::Open,
      tr("A folder or file of a data set in one of the known formats"), [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a data set's folder"));
        if (!folder.isEmpty()) openPath(folder);
      });
  add("file.openRun", tr("&Open recorded run…"), Qt::CTRL | Qt::Key_R,
      tr("Look at what an earlier run recorded"), [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a recorded run"));
        if (!folder.isEmpty()) openRecordedRun(folder);
      });
  QMenu* recent = actions_->addMenu(QStringLiteral("file.recent"), tr("Open &recent"), file);
  connect(recent, &QMenu::aboutToShow, this, [this, recent] { fillRecent(*recent); });
  actions_->addSeparator(file);
  add(
      "file.keep", tr("&Keep recorded run…"), {},
      tr("Move the recording of a run that was given no folder to where it stays; when training has stopped"),
      [this] {
        if (const QString target = run_->questions().whereToKeep(); !target.isEmpty()) run_->keep(target);
      },
      in(&ActionContext::canKeep));
  actions_->addSeparator(file);
  add("file.quit", tr("&Quit"), QKeySequence::Quit, tr("Close the window; a running step is finished first"),
      [this] { close(); });

  actions_->addMenu(view, tr("&View"));
  for (QDockWidget* dock : docks_->all()) {
    QAction* toggle = dock->toggleViewAction();
    toggle->setToolTip(tr("Show or hide: %1").arg(dock->windowTitle()));
    toggle->setStatusTip(toggle->toolTip());
    actions_->adopt(QStringLiteral("view.") + dock->objectName(), toggle);
  }
  actions_->addSeparator(view);
  add("view.resetLayout", tr("&Reset layout"), {}, tr("Put every panel back where it was at first"),
      [this] { docks_->reset(); });
  // F and Ctrl+G are the canvas' own keys while it has the focus; from here they work everywhere.
  add(
      "view.fit", tr("&Fit image"), Qt::CTRL | Qt::Key_0, tr("Fit the image into the canvas"),
      [this] { canvas_->fit(); }, in(&ActionContext::picture), "fit");
  add(
      "view.goToAnchor", tr("&Go to anchor…"), Qt::CTRL | Qt::Key_G, tr("Select an anchor by its number"),
      [this] { canvas_->askForAnchor(); }, in(&ActionContext::picture));
  actions_->addSeparator(view);
  actions_->addMenu(theme, tr("&Theme"), view);
  auto* group = new QActionGroup(this);
  const ThemeChoice present = themeChoiceFromString(openSettings().value(QStringLiteral("theme")).toString());
  for (const auto& [choice, text, what] :
       {std::tuple{ThemeChoice::kSystem, tr("As the system"), tr("Dark or light as the desktop is")},
        {ThemeChoice::kDark, tr("Dark"), tr("Light text on a dark ground")},
        {ThemeChoice::kLight, tr("Light"), tr("Dark text on a light ground")}}) {
    ActionSpec spec{
        QStringLiteral("view.theme.") + toString(choice), text, {}, what, [this, choice = choice] {
          setTheme(choice);
        }};
    spec.group = group;
    actions_->add(std::move(spec))->setChecked(choice == present);
  }

  actions_->addMenu(training, tr("&Training"));
  actions_->adopt("training.run", transport_->runPauseAction());
  actions_->adopt("training.step", transport_->stepAction());
  actions_->adopt("training.stepMany", transport_->stepManyAction());
  actions_->adopt("training.until", transport_->untilAction());
  actions_->adopt("training.stop", transport_->stopAction());
  actions_->addSeparator(training);
  add(
      "training.parameters", tr("Change &parameters"), Qt::CTRL | Qt::Key_P,
      tr("Change learning rate, weights and the method's constants while training goes on"),
      [this] {
        docks_->show("parameters");
        parametersPanel_->focusSearch();
      },
      in(&ActionContext::live), "sliders");
  add(
      "training.checkpoint", tr("Save &checkpoint"), QKeySequence::Save,
      tr("Write model, optimizer and every random state into the run folder"),
      [this] { run_->bridge().post(SaveCheckpointCommand{}); }, in(&ActionContext::takesCheckpoint));
  ActionSpec evaluate{"training.evaluate", tr("&Evaluate now"), Qt::CTRL | Qt::Key_E,
                      tr("Average precision on the validation images"),
                      [this] { run_->bridge().post(EvaluateCommand{}); }};
  evaluate.enabledWhen = [](const ActionContext& at) { return at.takesCheckpoint && at.hasValidation; };
  evaluate.whyNot = [](const ActionContext& at) { return whyNoEvaluation(at); };
  actions_->add(std::move(evaluate));
  add(
      "training.cancelEvaluation", tr("&Cancel evaluation"), {},
      tr("End the evaluation that is going on; training goes on"),
      [this] {
        actions_->find("training.cancelEvaluation")->setEnabled(false);
        run_->bridge().post(CancelEvaluationCommand{});
      },
      in(&ActionContext::evaluating), "close");

  actions_->addMenu(history, tr("&History"));
  const auto steps = in(&ActionContext::recordedSteps);
  add(
      "history.previous", tr("&Previous recorded step"), Qt::ALT | Qt::Key_Left, tr("One recorded step back"),
      [this] { scrubber_->walk(-1); }, steps);
  add(
      "history.next", tr("&Next recorded step"), Qt::ALT | Qt::Key_Right, tr("One recorded step on"),
      [this] { scrubber_->walk(+1); }, steps);
  add(
      "history.tenBack", tr("Ten steps back"), Qt::ALT | Qt::SHIFT | Qt::Key_Left,
      tr("Ten recorded steps back"), [this] { scrubber_->walk(-10); }, steps);
  add(
      "history.tenOn", tr("Ten steps on"), Qt::ALT | Qt::SHIFT | Qt::Key_Right, tr("Ten recorded steps on"),
      [this] { scrubber_->walk(+10); }, steps);
  add("history.live", tr("Follow &live"), Qt::Key_L, tr("Show training as it goes on"),
      [this] { scrubber_->goLive(); });

  actions_->addMenu(figure, tr("F&igure"));
  add(
      "figure.view", tr("&Export view…"), Qt::CTRL | Qt::SHIFT | Qt::Key_E,
      tr("Image, layers and colour bar as PDF, SVG or PNG"), [this] { exportView(); },
      in(&ActionContext::picture), "export");
  add(
      "figure.curves", tr("Export &curves…"), Qt::CTRL | Qt::SHIFT | Qt::Key_C,
      tr("The curves as PDF, SVG or PNG, their values as CSV"), [this] { exportCurves(); },
      in(&ActionContext::workspace));

  actions_->addMenu(help, tr("&Help"));
  add("help.topic", tr("&Method and detector"), QKeySequence::HelpContents,
      tr("Read about the method in use: idea, formulas, what to look at"),
      [this] { showHelp(presentTopic()); });
  add("help.contents", tr("&Contents"), {}, tr("Every page of the help"),
      [this] { showHelp(QStringLiteral("index")); });
  add("help.window", tr("Reading the &window"), {}, tr("What is where in this window"),
      [this] { showHelp(QStringLiteral("window")); });
  actions_->addSeparator(help);
  add("help.keys", tr("&Keys"), Qt::Key_Question, tr("Every key on one sheet"), [this] { showCheatSheet(); });
  add("help.about", tr("&About"), {}, tr("Version and licences"), [this] { showAbout(); });
  connect(state_.get(), &ViewState::frameChanged, this, &MainWindow::refreshActions);
}

void MainWindow::fillRecent(QMenu& menu) {
  menu.clear();
  for (const QString& entry : recentEntries())
    menu.addAction(entry, this, [this, entry] {
      if (QFileInfo(entry).isDir()) {
        openRecordedRun(entry);
      } else if (run_->confirmEnding()) {
        showStartPage();
        start_->setDataSpec(entry);
      }
    });
  if (menu.isEmpty()) menu.addAction(tr("Nothing yet"))->setEnabled(false);
}

void MainWindow::showAbout() {
  QMessageBox::about(
      this, tr("Anchorscope"),
      tr("<b>Anchorscope %1</b><br>Train a detector and watch every anchor learn.<br><br>Source "
         "code under the MIT licence. This program is linked with QCustomPlot (GPL 3) and Qt "
         "(LGPL 3): the binary as a whole is under the GPL 3.")
          .arg(QCoreApplication::applicationVersion()));
}

ActionContext MainWindow::actionContext() const {
  const SessionBridge& bridge = run_->bridge();
  const EnabledActions enabled = run_->isLive() ? enabledActions(bridge.state()) : EnabledActions{};
  ActionContext at;
  at.workspace = !onStartPage();
  at.picture = at.workspace && state_->frame() != nullptr;
  at.live = at.workspace && run_->isLive();
  at.takesParameters = enabled.setParam;
  at.takesCheckpoint = enabled.checkpoint;
  at.hasValidation = !bridge.facts() || !bridge.facts()->validationImageNames.empty();
  at.evaluating = evaluating_;
  at.canKeep = at.workspace && run_->canKeep();
  at.recordedSteps = at.workspace && !scrubber_->steps().empty();
  return at;
}

void MainWindow::refreshActions() {
  const ActionContext at = actionContext();
  actions_->refresh(at);
  evaluation_->setCanEvaluate(at.takesCheckpoint && at.hasValidation, whyNoEvaluation(at));
  parametersPanel_->setCanChange(
      at.takesParameters,
      !run_->isLive() || at.takesParameters
          ? tr("A change takes effect at the next step and is marked in the curves.")
      : run_->isEnded()
          ? tr("This run has ended with these values. They can be changed again once it is continued.")
          : tr("They can be changed while training runs or pauses."));
}

void MainWindow::showCheatSheet() {
  auto* dialog = new QDialog(this);
  dialog->setObjectName(QStringLiteral("cheatSheet"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Keys"));
  dialog->resize(520, 640);
  auto* layout = new QVBoxLayout(dialog);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  auto* text = new QLabel(actions_->cheatSheet({{tr("Canvas"), CanvasView::gestures()}}));
  text->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  text->setContentsMargins(12, 0, 12, 12);
  scroll->setWidget(text);
  // The lines are read, not scrolled sideways.
  scroll->setMinimumWidth(text->sizeHint().width() + scroll->verticalScrollBar()->sizeHint().width());
  layout->addWidget(scroll);
  dialog->show();
}

void MainWindow::setTheme(ThemeChoice choice) {
  openSettings().setValue(QStringLiteral("theme"), toString(choice));
  applyTheme(*static_cast<QApplication*>(QCoreApplication::instance()), choice);
}

}  // namespace anchorscope
