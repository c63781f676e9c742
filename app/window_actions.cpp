#include "app/window_actions.h"

#include <QAction>
#include <QActionGroup>
#include <QCoreApplication>
#include <QDialog>
#include <QDockWidget>
#include <QFileDialog>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QScrollArea>
#include <QScrollBar>
#include <QUndoStack>
#include <QVBoxLayout>
#include <tuple>

#include "app/main_window.h"
#include "app/settings.h"
#include "app/workspace/canvas_grid.h"
#include "app/workspace/panel.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/parameters_panel.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/transport_bar.h"

namespace anchorscope {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("WindowActions", text);
}

void fillRecent(QMenu& menu, MainWindow& window) {
  menu.clear();
  for (const QString& entry : recentEntries())
    menu.addAction(entry, &window, [&window, entry] { window.start().openRecent(entry); });
  if (menu.isEmpty()) menu.addAction(tr("Nothing yet"))->setEnabled(false);
}

void showAbout(MainWindow& window) {
  QMessageBox::about(
      &window, tr("Anchorscope"),
      tr("<b>Anchorscope %1</b><br>Train a detector and watch every anchor learn.<br><br>Source "
         "code under the MIT licence. This program is linked with QCustomPlot (GPL 3) and Qt "
         "(LGPL 3): the binary as a whole is under the GPL 3.")
          .arg(QCoreApplication::applicationVersion()));
}

void showKeys(const ActionRegistry& actions, MainWindow& window) {
  auto* dialog = new QDialog(&window);
  dialog->setObjectName(QStringLiteral("cheatSheet"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Keys"));
  dialog->resize(520, 640);
  auto* layout = new QVBoxLayout(dialog);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  auto* text = new QLabel(actions.cheatSheet(
      {{tr("Canvas"), CanvasView::gestures()}, {tr("History scrubber"), HistoryScrubber::gestures()}}));
  text->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  text->setContentsMargins(12, 0, 12, 12);
  scroll->setWidget(text);
  // The lines are read, not scrolled sideways.
  scroll->setMinimumWidth(text->sizeHint().width() + scroll->verticalScrollBar()->sizeHint().width());
  layout->addWidget(scroll);
  dialog->show();
}

/// Going through what was recorded.
void addHistoryActions(ActionRegistry& actions, MainWindow& window) {
  const QString menu = QStringLiteral("history");
  actions.addMenu(menu, tr("&History"));
  const auto add = [&](const QString& word, const QString& text, const QKeySequence& keys,
                       const QString& help, std::function<void(HistoryScrubber&)> run) {
    ActionSpec spec{menu + QLatin1Char('.') + word, text, keys, help,
                    [&window, run = std::move(run)] { run(window.page().scrubber()); }};
    spec.enabledWhen = [](const ActionContext& at) { return at.recordedSteps; };
    actions.add(std::move(spec));
  };
  add("previous", tr("&Previous recorded step"), Qt::ALT | Qt::Key_Left, tr("One recorded step back"),
      [](HistoryScrubber& scrubber) { scrubber.walk(-1); });
  add("next", tr("&Next recorded step"), Qt::ALT | Qt::Key_Right, tr("One recorded step on"),
      [](HistoryScrubber& scrubber) { scrubber.walk(+1); });
  add("tenBack", tr("Ten steps back"), Qt::ALT | Qt::SHIFT | Qt::Key_Left, tr("Ten recorded steps back"),
      [](HistoryScrubber& scrubber) { scrubber.walk(-10); });
  add("tenOn", tr("Ten steps on"), Qt::ALT | Qt::SHIFT | Qt::Key_Right, tr("Ten recorded steps on"),
      [](HistoryScrubber& scrubber) { scrubber.walk(+10); });
  add("goTo", tr("&Go to step…"), Qt::CTRL | Qt::Key_J, tr("Show the recorded step nearest to a number"),
      [&window](HistoryScrubber& scrubber) {
        window.page().docks().show("curves");
        scrubber.askForStep();
      });
  actions.addSeparator(menu);
  add("mark", tr("&Bookmark the step…"), Qt::Key_B,
      tr("Mark the shown step to find it again; where it is marked, write a note"),
      [](HistoryScrubber& scrubber) { scrubber.markStep(); });
  actions.addSeparator(menu);
  add("play", tr("Pla&y or pause"), Qt::Key_P, tr("Show the recorded steps one after the other"),
      [](HistoryScrubber& scrubber) { scrubber.setPlaying(!scrubber.player().isPlaying()); });
  add("faster", tr("&Faster"), Qt::ALT | Qt::Key_Up, tr("Play four times as fast"),
      [](HistoryScrubber& scrubber) { scrubber.player().setSpeed(scrubber.player().speed() + 1); });
  add("slower", tr("&Slower"), Qt::ALT | Qt::Key_Down, tr("Play four times as slowly"),
      [](HistoryScrubber& scrubber) { scrubber.player().setSpeed(scrubber.player().speed() - 1); });
  actions.addSeparator(menu);
  actions.add({"history.live", tr("Follow &live"), Qt::Key_L, tr("Show training as it goes on"),
               [&window] { window.page().scrubber().goLive(); },
               [](const ActionContext& at) { return at.live; }});
}

/// What shows and hides the docks: those that are always there in View, panels in a submenu by subject.
void addDockActions(ActionRegistry& actions, MainWindow& window) {
  const auto adopt = [&](const QString& menu, QDockWidget* dock) {
    QAction* toggle = dock->toggleViewAction();
    toggle->setToolTip(tr("Show or hide: %1").arg(dock->windowTitle()));
    toggle->setStatusTip(toggle->toolTip());
    actions.adopt(menu + QLatin1Char('.') + dock->objectName(), toggle);
  };
  QList<QDockWidget*> docks = window.page().docks().all();
  std::vector<std::pair<PanelSpec::Subject, QDockWidget*>> panels;
  for (const PanelSpec& spec : panelSpecs()) {
    QDockWidget* dock = window.page().docks().find(QString::fromLatin1(spec.id));
    docks.removeOne(dock);
    panels.emplace_back(spec.subject, dock);
  }
  for (QDockWidget* dock : docks)
    adopt(QStringLiteral("view"), dock);
  for (const auto subject :
       {PanelSpec::Subject::kImage, PanelSpec::Subject::kTraining, PanelSpec::Subject::kRuns}) {
    actions.addMenu(panelMenu(subject), panelMenuTitle(subject), QStringLiteral("view"));
    for (const auto& [of, dock] : panels)
      if (of == subject) adopt(panelMenu(subject), dock);
  }
}

/// What is read off the canvases.
void addReadOutActions(ActionRegistry& actions, MainWindow& window) {
  ReadOut& readOut = window.workspace().readOut();
  const auto inWorkspace = [](const ActionContext& at) { return at.workspace; };
  const auto addMark = [&](const QString& id, const QString& text, Qt::Key key, const QString& help,
                           std::function<void()> run, bool ActionContext::*on) {
    ActionSpec spec{id, text, key, help, std::move(run), inWorkspace};
    spec.checkedWhen = [on](const ActionContext& at) { return at.*on; };
    actions.add(std::move(spec));
  };
  addMark(
      QStringLiteral("view.magnifier"), tr("&Magnifier"), Qt::Key_M,
      tr("Show what is under the cursor pixel by pixel, with its candidate and cell"),
      [&readOut] { readOut.setMagnifies(!readOut.magnifies()); }, &ActionContext::magnifies);
  addMark(
      QStringLiteral("view.allValues"), tr("&Every value at the cursor"), Qt::Key_I,
      tr("Tell all that is known beside the cursor and of the current pin, not only the first three"),
      [&readOut] { readOut.setTellsAll(!readOut.tellsAll()); }, &ActionContext::tellsAll);
  actions.add({QStringLiteral("view.removePins"),
               tr("Remove all &pins"),
               {},
               tr("Take the pinned cards off the canvases; a right-click pins what is under the cursor"),
               [&readOut] { readOut.removeAll(); },
               [](const ActionContext& at) { return at.pins; }});
}

/// How many canvases there are, and what they have in common.
void addCanvasActions(ActionRegistry& actions, MainWindow& window) {
  const QString menu = QStringLiteral("view.canvases");
  actions.addMenu(menu, tr("&Canvases"), QStringLiteral("view"));
  const auto inWorkspace = [](const ActionContext& at) { return at.workspace; };
  const auto several = [](const ActionContext& at) { return at.workspace && at.canvases > 1; };
  const auto add = [&](const QString& word, const QString& text, const QKeySequence& keys,
                       const QString& help, std::function<void()> run,
                       std::function<bool(const ActionContext&)> enabledWhen,
                       std::function<bool(const ActionContext&)> checkedWhen = {}) {
    ActionSpec spec{menu + QLatin1Char('.') + word, text, keys, help, std::move(run), std::move(enabledWhen)};
    spec.checkedWhen = std::move(checkedWhen);
    return actions.add(std::move(spec));
  };
  auto* counts = new QActionGroup(&actions);
  for (const auto& [count, word, text, key] : {std::tuple{1, "one", tr("&One"), Qt::Key_1},
                                               {2, "two", tr("&Two side by side"), Qt::Key_2},
                                               {4, "four", tr("&Four"), Qt::Key_4}}) {
    ActionSpec spec{menu + QLatin1Char('.') + QLatin1String(word),
                    text,
                    Qt::CTRL | Qt::ALT | key,
                    tr("Images, steps, variants or layers beside each other"),
                    [&window, count = count] { window.workspace().setCanvasCount(count); },
                    inWorkspace};
    spec.group = counts;
    spec.checkedWhen = [count = count](const ActionContext& at) { return at.canvases == count; };
    actions.add(std::move(spec));
  }
  actions.addSeparator(menu);
  add(
      "link", tr("&Link zoom and pan"), {}, tr("All canvases show the same part of their images"),
      [&window] { window.workspace().setViewportsLinked(!window.workspace().viewportsLinked()); }, several,
      [](const ActionContext& at) { return at.linkedViewports; });
  add(
      "ownStep", tr("&Step of its own"), {},
      tr("The active canvas stays at its step while the others go through time"),
      [&window] {
        CanvasModel& active = window.workspace().active();
        active.setOwnTime(!active.hasOwnTime());
      },
      several, [](const ActionContext& at) { return at.ownStep; });
  add(
      "flicker", tr("&Flicker"), Qt::Key_X,
      tr("The active canvas and the next one change places: what differs between them jumps to the eye"),
      [&window] { window.page().canvases().setSwapped(!window.page().canvases().isSwapped()); }, several,
      [](const ActionContext& at) { return at.swapped; });
  add(
      "wipe", tr("&Wipe"), Qt::Key_W,
      tr("Right of a line that can be dragged the active canvas shows what the next one does"),
      [&window] { window.page().canvases().toggleWipe(); }, several,
      [](const ActionContext& at) { return at.wipes; });
  add(
      "difference", tr("&Differences to the first canvas"), Qt::Key_D,
      tr("The other canvases show what they decide otherwise: candidates added, removed or given to another "
         "object, weights that rise or fall"),
      [&window] { window.workspace().setComparing(!window.workspace().isComparing()); }, several,
      [](const ActionContext& at) { return at.compares; });
  add(
      "next", tr("&Next canvas"), Qt::Key_F6, tr("Make the next canvas the active one"),
      [&window] {
        Workspace& workspace = window.workspace();
        const int next = (workspace.activeIndex() + 1) % workspace.canvasCount();
        window.page().canvases().canvas(next).setFocus();
        workspace.setActive(workspace.canvas(next));
      },
      several);
}

}  // namespace

void addWindowActions(ActionRegistry& actions, MainWindow& window) {
  const auto in = [](bool ActionContext::*fact) {
    return [fact](const ActionContext& context) { return context.*fact; };
  };
  const QString file = QStringLiteral("file"), view = QStringLiteral("view"),
                theme = QStringLiteral("view.theme"), training = QStringLiteral("training"),
                figure = QStringLiteral("figure"), help = QStringLiteral("help"),
                edit = QStringLiteral("edit");
  const auto add = [&actions](const QString& id, const QString& text, const QKeySequence& keys,
                              const QString& what, std::function<void()> run,
                              std::function<bool(const ActionContext&)> enabledWhen = {},
                              const QString& icon = {}) {
    return actions.add({id, text, keys, what, std::move(run), std::move(enabledWhen), {}, icon});
  };

  actions.addMenu(file, tr("&File"));
  add("file.demo", tr("&Demo"), Qt::CTRL | Qt::Key_D, tr("Train the demo from the start"),
      [&window] { window.start().demo(); });
  add("file.new", tr("&New run…"), QKeySequence::New, tr("Choose data, method and detector"), [&window] {
    if (window.run().confirmEnding()) window.showStartPage();
  });
  add("file.openData", tr("Open &data…"), QKeySequence::Open,
      tr("A folder or file of a data set in one of the known formats"), [&window] {
        const QString folder = QFileDialog::getExistingDirectory(&window, tr("Open a data set's folder"));
        if (!folder.isEmpty()) window.start().open(folder);
      });
  add("file.openRun", tr("&Open recorded run…"), Qt::CTRL | Qt::Key_R,
      tr("Look at what an earlier run recorded"), [&window] {
        const QString folder = QFileDialog::getExistingDirectory(&window, tr("Open a recorded run"));
        if (!folder.isEmpty()) window.runView().open(folder);
      });
  add(
      "file.openBeside", tr("Open &beside…"), Qt::CTRL | Qt::SHIFT | Qt::Key_R,
      tr("Look at another recorded run beside this one; dropping its folder with Shift does so, too"),
      [&window] {
        const QString folder =
            QFileDialog::getExistingDirectory(&window, tr("Open a recorded run beside this one"));
        if (!folder.isEmpty()) window.runView().beside().open(folder);
      },
      in(&ActionContext::workspace));
  add(
      "file.closeBeside", tr("C&lose the run beside"), {},
      tr("Close the run that the active canvas shows beside the first; nothing of it is changed"),
      [&window] { window.runView().beside().close(window.runView().beside().active()); },
      in(&ActionContext::besideRun));
  QMenu* recent = actions.addMenu(QStringLiteral("file.recent"), tr("Open &recent"), file);
  QObject::connect(recent, &QMenu::aboutToShow, &window, [&window, recent] { fillRecent(*recent, window); });
  actions.addSeparator(file);
  const QString sessions = tr("Sessions (*.json)");
  add("file.openSession", tr("Open &session…"), {},
      tr("Go on where a session was saved: run, images, step, canvases, layers, selection and pins"),
      [&window, sessions] {
        const QString path = QFileDialog::getOpenFileName(&window, tr("Open a session"), {}, sessions);
        if (!path.isEmpty()) window.sessions().open(path);
      });
  add(
      "file.saveSession", tr("Sa&ve session…"), {},
      tr("Write what is looked at, and in which run, into a file to come back to"),
      [&window, sessions] {
        QString path = QFileDialog::getSaveFileName(&window, tr("Save the session"),
                                                    QStringLiteral("session.json"), sessions);
        if (!path.isEmpty()) window.sessions().save(path);
      },
      in(&ActionContext::recordedSteps));
  actions.addSeparator(file);
  add(
      "file.keep", tr("&Keep recorded run…"), {},
      tr("Move the recording of a run that was given no folder to where it stays; when training has stopped"),
      [&window] {
        if (const QString target = window.run().questions().whereToKeep(); !target.isEmpty())
          window.run().keep(target);
      },
      in(&ActionContext::canKeep));
  actions.addSeparator(file);
  add("file.quit", tr("&Quit"), QKeySequence::Quit, tr("Close the window; a running step is finished first"),
      [&window] { window.close(); });

  actions.addMenu(edit, tr("&Edit"));
  QUndoStack& undo = window.workspace().undoStack();
  const auto adoptUndo = [&](const QString& id, QAction* action, const QList<QKeySequence>& keys,
                             const QString& what) {
    action->setShortcuts(keys);
    action->setStatusTip(what);
    actions.adopt(id, action);
  };
  adoptUndo("edit.undo", undo.createUndoAction(&actions, tr("&Undo")), {Qt::CTRL | Qt::Key_Z},
            tr("Take back the last change of layers, variants, canvases or live parameters"));
  adoptUndo("edit.redo", undo.createRedoAction(&actions, tr("&Redo")),
            {Qt::CTRL | Qt::SHIFT | Qt::Key_Z, Qt::CTRL | Qt::Key_Y},
            tr("Make the change again that was taken back"));

  actions.addMenu(view, tr("&View"));
  add("view.palette", tr("&Command palette…"), Qt::CTRL | Qt::SHIFT | Qt::Key_P,
      tr("Search everything that can be done or gone to: commands, options, images, layers, panels"),
      [&window] { window.showPalette(); });
  actions.addSeparator(view);
  addDockActions(actions, window);
  actions.addSeparator(view);
  add("view.resetLayout", tr("&Reset layout"), {}, tr("Put every panel back where it was at first"),
      [&window] { window.page().docks().reset(); });
  // F and Ctrl+G are the canvas' own keys while it has the focus; from here they work everywhere.
  add(
      "view.fit", tr("&Fit image"), Qt::CTRL | Qt::Key_0, tr("Fit the image into the canvas"),
      [&window] { window.page().canvas().fit(); }, in(&ActionContext::picture), "fit");
  add(
      "view.goToAnchor", tr("&Go to anchor…"), Qt::CTRL | Qt::Key_G, tr("Select an anchor by its number"),
      [&window] { window.page().canvas().askForAnchor(); }, in(&ActionContext::picture));
  add(
      "view.search", tr("&Search images…"), QKeySequence::Find,
      tr("Find probes by name, class, state of objects or loss, and other images by name"),
      [&window] {
        window.page().docks().show("probesAndLayers");
        window.page().probes().focusSearch();
      },
      in(&ActionContext::workspace));
  addReadOutActions(actions, window);
  actions.addSeparator(view);
  addCanvasActions(actions, window);
  actions.addMenu(theme, tr("&Theme"), view);
  auto* group = new QActionGroup(&actions);
  const ThemeChoice present = themeChoiceFromString(openSettings().value(QStringLiteral("theme")).toString());
  for (const auto& [choice, text, what] :
       {std::tuple{ThemeChoice::kSystem, tr("As the system"), tr("Dark or light as the desktop is")},
        {ThemeChoice::kDark, tr("Dark"), tr("Light text on a dark ground")},
        {ThemeChoice::kLight, tr("Light"), tr("Dark text on a light ground")}}) {
    ActionSpec spec{
        QStringLiteral("view.theme.") + toString(choice), text, {}, what, [&window, choice = choice] {
          window.setTheme(choice);
        }};
    spec.group = group;
    actions.add(std::move(spec))->setChecked(choice == present);
  }

  actions.addMenu(training, tr("&Training"));
  actions.adopt("training.run", window.page().transport().runPauseAction());
  actions.adopt("training.step", window.page().transport().stepAction());
  actions.adopt("training.phase", window.page().transport().phaseAction());
  actions.adopt("training.stepMany", window.page().transport().stepManyAction());
  actions.adopt("training.until", window.page().transport().untilAction());
  actions.adopt("training.stop", window.page().transport().stopAction());
  actions.addSeparator(training);
  add(
      "training.parameters", tr("Change &parameters"), Qt::CTRL | Qt::Key_P,
      tr("Change learning rate, weights and the method's constants while training goes on"),
      [&window] {
        window.page().docks().show("parameters");
        window.page().parameters().focusSearch();
      },
      in(&ActionContext::live), "sliders");
  add(
      "training.checkpoint", tr("Save &checkpoint"), QKeySequence::Save,
      tr("Write model, optimizer and every random state into the run folder"),
      [&window] { window.run().bridge().post(SaveCheckpointCommand{}); },
      in(&ActionContext::takesCheckpoint));
  // Of the run that is gone back in.
  const auto shownStep = [&window] {
    const CanvasModel& active = window.workspace().active();
    return active.time().followsLive() || !active.run().isEmpty() ? std::int64_t{-1} : active.time().step();
  };
  add(
      "training.rewind", tr("Re&wind…"), {},
      tr("Go back to an earlier checkpoint of this run; what it recorded later is removed"),
      [&window, shownStep] { window.run().askBack(shownStep(), /*fork=*/false); },
      in(&ActionContext::canGoBack));
  add(
      "training.fork", tr("&Fork…"), Qt::CTRL | Qt::SHIFT | Qt::Key_F,
      tr("Go on from an earlier checkpoint as a new run, with other options if wanted; this run stays"),
      [&window, shownStep] { window.run().askBack(shownStep(), /*fork=*/true); },
      in(&ActionContext::canGoBack));
  ActionSpec evaluate{"training.evaluate", tr("&Evaluate now"), Qt::CTRL | Qt::Key_E,
                      tr("Average precision on the validation images"),
                      [&window] { window.run().bridge().post(EvaluateCommand{}); }};
  evaluate.enabledWhen = [](const ActionContext& at) { return at.takesCheckpoint && at.hasValidation; };
  evaluate.whyNot = &WorkspacePage::whyNoEvaluation;
  actions.add(std::move(evaluate));
  add(
      "training.cancelEvaluation", tr("&Cancel evaluation"), {},
      tr("End the evaluation that is going on; training goes on"),
      [&actions, &window] {
        actions.find("training.cancelEvaluation")->setEnabled(false);
        window.run().bridge().post(CancelEvaluationCommand{});
      },
      in(&ActionContext::evaluating), "close");

  addHistoryActions(actions, window);

  actions.addMenu(figure, tr("F&igure"));
  add(
      "figure.view", tr("&Export view…"), Qt::CTRL | Qt::SHIFT | Qt::Key_E,
      tr("Image, layers and colour bar as PDF, SVG or PNG"),
      [&window] { window.page().exports().askForView(); }, in(&ActionContext::anyPicture), "export");
  add(
      "figure.curves", tr("Export &curves…"), Qt::CTRL | Qt::SHIFT | Qt::Key_C,
      tr("The curves as PDF, SVG or PNG, their values as CSV"),
      [&window] { window.page().exports().askForCurves(); }, in(&ActionContext::workspace));

  actions.addMenu(help, tr("&Help"));
  add("help.topic", tr("&Method and detector"), QKeySequence::HelpContents,
      tr("Read about the method in use: idea, formulas, what to look at"),
      [&window] { window.showHelp({}); });
  add("help.contents", tr("&Contents"), {}, tr("Every page of the help"),
      [&window] { window.showHelp(QStringLiteral("index")); });
  add("help.window", tr("Reading the &window"), {}, tr("What is where in this window"),
      [&window] { window.showHelp(QStringLiteral("window")); });
  actions.addSeparator(help);
  add("help.keys", tr("&Keys"), Qt::Key_Question, tr("Every key on one sheet"),
      [&actions, &window] { showKeys(actions, window); });
  add("help.about", tr("&About"), {}, tr("Version and licences"), [&window] { showAbout(window); });
}

ActionContext actionContextOf(MainWindow& window) {
  const RunController& run = window.run();
  const SessionBridge& bridge = run.bridge();
  const EnabledActions enabled = run.isLive() ? enabledActions(bridge.state()) : EnabledActions{};
  ActionContext at;
  at.workspace = !window.onStartPage();
  at.picture = at.workspace && window.workspace().active().frame() != nullptr;
  at.anyPicture = at.workspace && window.workspace().shown() != nullptr;
  at.live = at.workspace && run.isLive();
  at.takesParameters = enabled.setParam;
  at.takesCheckpoint = enabled.checkpoint;
  at.hasValidation = !bridge.facts() || !bridge.facts()->validationImageNames.empty();
  at.evaluating = window.runView().isEvaluating();
  at.canGoBack = at.workspace && run.canGoBack();
  at.canKeep = at.workspace && run.canKeep();
  at.recordedSteps = at.workspace && !window.page().scrubber().steps().empty();
  at.canvases = window.workspace().canvasCount();
  at.linkedViewports = window.workspace().viewportsLinked();
  at.compares = window.workspace().isComparing();
  at.besideRun = !window.workspace().active().run().isEmpty();
  at.swapped = window.page().canvases().isSwapped();
  at.wipes = window.page().canvases().isWiped();
  ReadOut& readOut = window.workspace().readOut();
  at.magnifies = readOut.magnifies();
  at.tellsAll = readOut.tellsAll();
  at.pins = !readOut.pins().isEmpty();
  at.ownStep = window.workspace().active().hasOwnTime();
  return at;
}

}  // namespace anchorscope
