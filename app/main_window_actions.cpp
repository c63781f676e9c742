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

void MainWindow::makeMenus() {
  const auto add = [this](QMenu* menu, const QString& text, const QKeySequence& keys, const QString& help,
                          auto slot) {
    QAction* action = menu->addAction(text);
    action->setShortcut(keys);
    action->setToolTip(
        keys.isEmpty() ? help : QStringLiteral("%1 (%2)").arg(help, keys.toString(QKeySequence::NativeText)));
    action->setStatusTip(help);
    connect(action, &QAction::triggered, this, slot);
    return action;
  };

  QMenu* file = menus_->addMenu(tr("&File"));
  add(file, tr("&Demo"), QKeySequence(Qt::CTRL | Qt::Key_D), tr("Train the demo from the start"),
      [this] { startDemo(); });
  add(file, tr("&New run…"), QKeySequence::New, tr("Choose data, method and detector"), [this] {
    if (confirmEndingRun()) showStartPage();
  });
  add(file, tr("Open &data…"), QKeySequence::Open,
      tr("A folder or file of a data set in one of the known formats"), [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a data set's folder"));
        if (!folder.isEmpty()) openPath(folder);
      });
  add(file, tr("&Open recorded run…"), QKeySequence(Qt::CTRL | Qt::Key_R),
      tr("Look at what an earlier run recorded"), [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a recorded run"));
        if (!folder.isEmpty()) openRecordedRun(folder);
      });
  QMenu* recent = file->addMenu(tr("Open &recent"));
  connect(recent, &QMenu::aboutToShow, this, [this, recent] {
    recent->clear();
    for (const QString& entry : recentEntries())
      recent->addAction(entry, this, [this, entry] {
        if (QFileInfo(entry).isDir()) {
          openRecordedRun(entry);
        } else if (confirmEndingRun()) {
          showStartPage();
          start_->setDataSpec(entry);
        }
      });
    if (recent->isEmpty()) recent->addAction(tr("Nothing yet"))->setEnabled(false);
  });
  file->addSeparator();
  keep_ = add(
      file, tr("&Keep recorded run…"), {},
      tr("Move the recording of a run that was given no folder to where it stays; when training has stopped"),
      [this] {
        if (const QString target = askWhereToKeep(); !target.isEmpty()) keepRecordedRun(target);
      });
  file->addSeparator();
  add(file, tr("&Quit"), QKeySequence::Quit, tr("Close the window; a running step is finished first"),
      [this] { close(); });

  QMenu* view = menus_->addMenu(tr("&View"));
  for (QDockWidget* dock : docks_) {
    QAction* toggle = dock->toggleViewAction();
    toggle->setToolTip(tr("Show or hide: %1").arg(dock->windowTitle()));
    view->addAction(toggle);
  }
  view->addSeparator();
  add(view, tr("&Reset layout"), {}, tr("Put every panel back where it was at first"),
      [this] { resetLayout(); });
  // F and Ctrl+G are the canvas' own keys while it has the focus; from here they work everywhere.
  fit_ = add(view, tr("&Fit image"), QKeySequence(Qt::CTRL | Qt::Key_0), tr("Fit the image into the canvas"),
             [this] { canvas_->fit(); });
  fit_->setIcon(themedIcon(QStringLiteral("fit"), &Theme::secondaryText));
  goToAnchor_ = add(view, tr("&Go to anchor…"), QKeySequence(Qt::CTRL | Qt::Key_G),
                    tr("Select an anchor by its number"), [this] { canvas_->askForAnchor(); });
  view->addSeparator();
  QMenu* themes = view->addMenu(tr("&Theme"));
  auto* group = new QActionGroup(this);
  const ThemeChoice present = themeChoiceFromString(openSettings().value(QStringLiteral("theme")).toString());
  for (const auto& [choice, text] : {std::pair{ThemeChoice::kSystem, tr("As the system")},
                                     {ThemeChoice::kDark, tr("Dark")},
                                     {ThemeChoice::kLight, tr("Light")}}) {
    QAction* action = themes->addAction(text);
    action->setCheckable(true);
    action->setChecked(choice == present);
    group->addAction(action);
    connect(action, &QAction::triggered, this, [this, choice = choice] { setTheme(choice); });
  }

  QMenu* training = menus_->addMenu(tr("&Training"));
  for (QAction* action : {transport_->runPauseAction(), transport_->stepAction(),
                          transport_->stepManyAction(), transport_->untilAction(), transport_->stopAction()})
    training->addAction(action);
  training->addSeparator();
  showParameters_ =
      add(training, tr("Change &parameters"), QKeySequence(Qt::CTRL | Qt::Key_P),
          tr("Change learning rate, weights and the method's constants while training goes on"), [this] {
            showDock(parametersDock_);
            parametersPanel_->focusSearch();
          });
  showParameters_->setIcon(themedIcon(QStringLiteral("sliders"), &Theme::secondaryText));
  checkpoint_ = add(training, tr("Save &checkpoint"), QKeySequence::Save,
                    tr("Write model, optimizer and every random state into the run folder"),
                    [this] { bridge_->post(SaveCheckpointCommand{}); });
  evaluate_ =
      add(training, tr("&Evaluate now"), QKeySequence(Qt::CTRL | Qt::Key_E),
          tr("Average precision on the validation images"), [this] { bridge_->post(EvaluateCommand{}); });
  cancelEvaluation_ = add(training, tr("&Cancel evaluation"), {},
                          tr("End the evaluation that is going on; training goes on"), [this] {
                            cancelEvaluation_->setEnabled(false);
                            bridge_->post(CancelEvaluationCommand{});
                          });
  cancelEvaluation_->setIcon(themedIcon(QStringLiteral("close"), &Theme::secondaryText));
  cancelEvaluation_->setEnabled(false);

  QMenu* history = menus_->addMenu(tr("&History"));
  historyActions_ << add(history, tr("&Previous recorded step"), QKeySequence(Qt::ALT | Qt::Key_Left),
                         tr("One recorded step back"), [this] { scrubber_->walk(-1); });
  historyActions_ << add(history, tr("&Next recorded step"), QKeySequence(Qt::ALT | Qt::Key_Right),
                         tr("One recorded step on"), [this] { scrubber_->walk(+1); });
  historyActions_ << add(history, tr("Ten steps back"), QKeySequence(Qt::ALT | Qt::SHIFT | Qt::Key_Left),
                         tr("Ten recorded steps back"), [this] { scrubber_->walk(-10); });
  historyActions_ << add(history, tr("Ten steps on"), QKeySequence(Qt::ALT | Qt::SHIFT | Qt::Key_Right),
                         tr("Ten recorded steps on"), [this] { scrubber_->walk(+10); });
  add(history, tr("Follow &live"), QKeySequence(Qt::Key_L), tr("Show training as it goes on"),
      [this] { scrubber_->goLive(); });

  QMenu* figure = menus_->addMenu(tr("F&igure"));
  exportView_ = add(figure, tr("&Export view…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E),
                    tr("Image, layers and colour bar as PDF, SVG or PNG"), [this] { exportView(); });
  exportView_->setIcon(themedIcon(QStringLiteral("export"), &Theme::secondaryText));
  exportCurves_ = add(figure, tr("Export &curves…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C),
                      tr("The curves as PDF, SVG or PNG, their values as CSV"), [this] { exportCurves(); });

  QMenu* help = menus_->addMenu(tr("&Help"));
  add(help, tr("&Method and detector"), QKeySequence::HelpContents,
      tr("Read about the method in use: idea, formulas, what to look at"),
      [this] { showHelp(presentTopic()); });
  add(help, tr("&Contents"), {}, tr("Every page of the help"), [this] { showHelp(QStringLiteral("index")); });
  add(help, tr("Reading the &window"), {}, tr("What is where in this window"),
      [this] { showHelp(QStringLiteral("window")); });
  help->addSeparator();
  add(help, tr("&Keys"), QKeySequence(Qt::Key_Question), tr("Every key on one sheet"),
      [this] { showCheatSheet(); });
  add(help, tr("&About"), {}, tr("Version and licences"), [this] {
    QMessageBox::about(this, tr("Anchorscope"),
                       tr("<b>Anchorscope %1</b><br>Train a detector and watch every anchor "
                          "learn.<br><br>Source code under the MIT licence. "
                          "This program is linked with QCustomPlot (GPL 3) and Qt (LGPL 3): the binary as a "
                          "whole is under the GPL 3.")
                           .arg(QCoreApplication::applicationVersion()));
  });
  for (QMenu* menu : {file, view, training, history, figure, help})
    menu->setToolTipsVisible(true);
  connect(state_.get(), &ViewState::frameChanged, this, &MainWindow::refreshActions);
}

void MainWindow::refreshActions() {
  const bool workspace = !onStartPage();
  const bool picture = workspace && state_->frame() != nullptr;
  const EnabledActions enabled = bridge_->hasSession() ? enabledActions(bridge_->state()) : EnabledActions{};
  keep_->setEnabled(workspace && temporary_ && isEnded());
  checkpoint_->setEnabled(enabled.checkpoint);
  const auto& facts = bridge_->facts();
  const QString whyNot = facts && facts->validationImageNames.empty()
                             ? tr("This run has no validation images: they are named when a run is started.")
                             : QString();
  evaluate_->setEnabled(enabled.checkpoint && whyNot.isEmpty());
  evaluate_->setToolTip(whyNot.isEmpty() ? evaluate_->statusTip() : whyNot);
  evaluation_->setCanEvaluate(enabled.checkpoint && whyNot.isEmpty(), whyNot);
  const bool live = bridge_->hasSession();
  parametersPanel_->setCanChange(
      enabled.setParam,
      !live || enabled.setParam ? tr("A change takes effect at the next step and is marked in the curves.")
      : isEnded()
          ? tr("This run has ended with these values. They can be changed again once it is continued.")
          : tr("They can be changed while training runs or pauses."));
  showParameters_->setEnabled(workspace && live);
  for (QAction* action : {fit_, goToAnchor_, exportView_})
    action->setEnabled(picture);
  exportCurves_->setEnabled(workspace);
  for (QAction* action : historyActions_)
    action->setEnabled(workspace && !scrubber_->steps().empty());
}

void MainWindow::showCheatSheet() {
  QString html = QStringLiteral("<table cellspacing='0' cellpadding='4'>");
  const auto row = [&](const QString& keys, const QString& what) {
    html += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                .arg(keys.toHtmlEscaped(), what.toHtmlEscaped());
  };
  for (const QAction* menuAction : menus_->actions()) {
    if (!menuAction->menu()) continue;
    QString title = menuAction->text();
    html += QStringLiteral("<tr><td colspan='2'><br><i>%1</i></td></tr>")
                .arg(title.remove(QLatin1Char('&')).toHtmlEscaped());
    for (const QAction* action : menuAction->menu()->actions())
      if (!action->shortcut().isEmpty())
        row(action->shortcut().toString(QKeySequence::NativeText), action->statusTip());
  }
  html += QStringLiteral("<tr><td colspan='2'><br><i>%1</i></td></tr>").arg(tr("Canvas"));
  for (const auto& [keys, what] : CanvasView::gestures())
    row(keys, what);
  html += QStringLiteral("</table>");
  auto* dialog = new QDialog(this);
  dialog->setObjectName(QStringLiteral("cheatSheet"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Keys"));
  dialog->resize(520, 640);
  auto* layout = new QVBoxLayout(dialog);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  auto* text = new QLabel(html);
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
