// Menus, keys, export and the cheat sheet of the main window.
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDir>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QStackedWidget>
#include <QStatusBar>

#include "app/main_window.h"
#include "app/settings.h"
#include "widgets/bridge/session_bridge.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/figure/figure.h"
#include "widgets/notify/message_bar.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

/// Keys that the canvas takes by itself; listed in the cheat sheet beside the actions.
const std::pair<const char*, const char*> kCanvasKeys[] = {
    {"Wheel", "Zoom at the cursor"},
    {"Drag", "Pan"},
    {"Double-click, F, Home", "Fit the image"},
    {"1", "100 %"},
    {"Click", "Select the anchor or object under the cursor"},
    {"Ctrl+click", "Select the object"},
    {"Alt+click", "Next anchor under the cursor"},
    {"Arrow keys", "Walk the selected anchor one cell"},
    {"PgUp, PgDn", "One pyramid level finer or coarser"},
    {"[, ]", "Previous or next anchor of the cell"},
    {"Ctrl+G", "Go to an anchor by number"},
    {"Esc", "Clear the selection"},
};

}  // namespace

void MainWindow::makeMenus() {
  const auto add = [this](QMenu* menu, const QString& text, const QKeySequence& keys, const QString& help,
                          auto slot) {
    QAction* action = menu->addAction(text);
    action->setShortcut(keys);
    action->setToolTip(help);
    action->setStatusTip(help);
    connect(action, &QAction::triggered, this, slot);
    return action;
  };

  QMenu* file = menuBar()->addMenu(tr("&File"));
  add(file, tr("&Demo"), QKeySequence(Qt::CTRL | Qt::Key_D), tr("Train the demo from the start"),
      [this] { startDemo(); });
  add(file, tr("&New run…"), QKeySequence::New, tr("Choose data, method and detector"), [this] {
    if (!confirmEndingRun()) return;
    bridge_->retire();
    state_->setProbes({});
    showStartPage();
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
          bridge_->retire();
          showStartPage();
          start_->setDataSpec(entry);
        }
      });
    if (recent->isEmpty()) recent->addAction(tr("Nothing yet"))->setEnabled(false);
  });
  file->addSeparator();
  add(file, tr("&Quit"), QKeySequence::Quit, tr("Close the window; a running step is finished first"),
      [this] { close(); });

  QMenu* view = menuBar()->addMenu(tr("&View"));
  for (QDockWidget* dock : docks_) {
    QAction* toggle = dock->toggleViewAction();
    toggle->setToolTip(tr("Show or hide: %1").arg(dock->windowTitle()));
    view->addAction(toggle);
  }
  view->addSeparator();
  add(view, tr("&Reset layout"), {}, tr("Put every panel back where it was at first"),
      [this] { resetLayout(); });
  add(view, tr("&Fit image"), {}, tr("Fit the image into the canvas (F)"), [this] { canvas_->fit(); });
  add(view, tr("&Go to anchor…"), {}, tr("Select an anchor by its number (Ctrl+G)"),
      [this] { canvas_->askForAnchor(); });
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

  QMenu* training = menuBar()->addMenu(tr("&Training"));
  for (QAction* action : {transport_->runPauseAction(), transport_->stepAction(),
                          transport_->stepManyAction(), transport_->untilAction(), transport_->stopAction()})
    training->addAction(action);
  training->addSeparator();
  add(training, tr("Save &checkpoint"), QKeySequence::Save,
      tr("Write model, optimizer and every random state into the run folder"),
      [this] { bridge_->post(SaveCheckpointCommand{}); });
  add(training, tr("&Evaluate now"), QKeySequence(Qt::CTRL | Qt::Key_E),
      tr("Average precision on the validation images"), [this] { bridge_->post(EvaluateCommand{}); });

  QMenu* history = menuBar()->addMenu(tr("&History"));
  add(history, tr("&Previous recorded step"), QKeySequence(Qt::ALT | Qt::Key_Left),
      tr("One recorded step back"), [this] { scrubber_->walk(-1); });
  add(history, tr("&Next recorded step"), QKeySequence(Qt::ALT | Qt::Key_Right), tr("One recorded step on"),
      [this] { scrubber_->walk(+1); });
  add(history, tr("Ten steps back"), QKeySequence(Qt::ALT | Qt::SHIFT | Qt::Key_Left),
      tr("Ten recorded steps back"), [this] { scrubber_->walk(-10); });
  add(history, tr("Ten steps on"), QKeySequence(Qt::ALT | Qt::SHIFT | Qt::Key_Right),
      tr("Ten recorded steps on"), [this] { scrubber_->walk(+10); });
  add(history, tr("Follow &live"), QKeySequence(Qt::Key_L), tr("Show training as it goes on"),
      [this] { scrubber_->goLive(); });

  QMenu* figure = menuBar()->addMenu(tr("F&igure"));
  add(figure, tr("&Export view…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E),
      tr("Image, layers and colour bar as PDF, SVG or PNG"), [this] { exportView(); });
  add(figure, tr("Export &curves…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C),
      tr("The curves as PDF or PNG, their values as CSV"), [this] { exportCurves(); });

  QMenu* help = menuBar()->addMenu(tr("&Help"));
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
}

void MainWindow::exportView() {
  if (!state_->frame()) {
    messages_->show(MessageKind::kNote,
                    tr("There is nothing to export yet: start a run or open a recorded one."));
    return;
  }
  QDialog dialog(this);
  dialog.setWindowTitle(tr("Export view"));
  auto* form = new QFormLayout(&dialog);
  auto* kind = new QComboBox;
  kind->addItems({QStringLiteral("pdf"), QStringLiteral("svg"), QStringLiteral("png")});
  auto* width = new QDoubleSpinBox;
  width->setRange(20, 500);
  width->setValue(84);
  width->setSuffix(tr(" mm"));
  width->setToolTip(tr("84 mm is one column, 174 mm two columns of most papers"));
  auto* dpi = new QSpinBox;
  dpi->setRange(72, 1200);
  dpi->setValue(300);
  dpi->setToolTip(tr("Resolution of PNG files and rasterised layers"));
  auto* theme = new QComboBox;
  theme->addItems({tr("light"), tr("dark")});
  auto* raster = new QSpinBox;
  raster->setRange(0, 1'000'000);
  raster->setValue(20'000);
  raster->setSpecialValueText(tr("never"));
  raster->setGroupSeparatorShown(true);
  raster->setToolTip(
      tr("PDF and SVG: a layer of more boxes than this becomes one lossless image, so that the file stays "
         "readable"));
  form->addRow(tr("Format"), kind);
  form->addRow(tr("Width"), width);
  form->addRow(tr("Resolution (dpi)"), dpi);
  form->addRow(tr("Figure theme"), theme);
  form->addRow(tr("Rasterise layers above"), raster);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
  form->addRow(buttons);
  connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
  if (dialog.exec() != QDialog::Accepted) return;
  QSettings settings = openSettings();
  const QString base = QStringLiteral("%1-step%2.%3")
                           .arg(QFileInfo(state_->probeName()).completeBaseName())
                           .arg(state_->frame()->step)
                           .arg(kind->currentText());
  const QString path = QFileDialog::getSaveFileName(
      this, tr("Export view"), QDir(settings.value(QStringLiteral("exportFolder")).toString()).filePath(base),
      tr("%1 file (*.%2)").arg(kind->currentText().toUpper(), kind->currentText()));
  if (path.isEmpty()) return;
  settings.setValue(QStringLiteral("exportFolder"), QFileInfo(path).absolutePath());
  FigureSpec spec = figureFromView(*state_, canvas_->visibleInImage());
  spec.widthMm = width->value();
  spec.dpi = dpi->value();
  spec.theme = theme->currentIndex() == 0 ? FigureTheme::kLight : FigureTheme::kDark;
  spec.rasterAbove = static_cast<std::size_t>(raster->value());
  const auto report = renderFigure(spec, path.toStdString(), Overwrite::kYes);  // the file dialog has asked
  if (!report) {
    messages_->show(report.error());
    return;
  }
  QString text = tr("Wrote %1 (%2 × %3 mm, %4 vector boxes)")
                     .arg(path)
                     .arg(report->widthMm, 0, 'f', 1)
                     .arg(report->heightMm, 0, 'f', 1)
                     .arg(report->vectorBoxes);
  for (const std::string& note : report->notes)
    text += QStringLiteral(". ") + QString::fromStdString(note);
  messages_->show(MessageKind::kNote, text);
}

void MainWindow::exportCurves() {
  QSettings settings = openSettings();
  const QString path = QFileDialog::getSaveFileName(
      this, tr("Export curves"),
      QDir(settings.value(QStringLiteral("exportFolder")).toString()).filePath(QStringLiteral("curves.pdf")),
      tr("PDF (*.pdf);;PNG (*.png);;Values as CSV (*.csv)"));
  if (path.isEmpty()) return;
  settings.setValue(QStringLiteral("exportFolder"), QFileInfo(path).absolutePath());
  if (Status status = curves_->exportTo(path, Overwrite::kYes); !status)
    messages_->show(status.error());
  else
    statusBar()->showMessage(tr("Wrote %1").arg(path), 8000);
}

void MainWindow::showCheatSheet() {
  QString html = QStringLiteral("<table cellspacing='0' cellpadding='4'>");
  const auto row = [&](const QString& keys, const QString& what) {
    html += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                .arg(keys.toHtmlEscaped(), what.toHtmlEscaped());
  };
  for (const QAction* menuAction : menuBar()->actions()) {
    if (!menuAction->menu()) continue;
    QString title = menuAction->text();
    html += QStringLiteral("<tr><td colspan='2'><br><i>%1</i></td></tr>")
                .arg(title.remove(QLatin1Char('&')).toHtmlEscaped());
    for (const QAction* action : menuAction->menu()->actions())
      if (!action->shortcut().isEmpty())
        row(action->shortcut().toString(QKeySequence::NativeText), action->statusTip());
  }
  html += QStringLiteral("<tr><td colspan='2'><br><i>%1</i></td></tr>").arg(tr("Canvas"));
  for (const auto& [keys, what] : kCanvasKeys)
    row(tr(keys), tr(what));
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
  layout->addWidget(scroll);
  dialog->show();
}

void MainWindow::resetLayout() {
  restoreState(defaultLayout_);
  for (QDockWidget* dock : docks_)
    dock->setProperty("shownInWorkspace", QVariant());
  if (pages_->currentIndex() == 1) {
    enterWorkspace(!recordedOnly_);
  } else {
    for (QDockWidget* dock : docks_)
      dock->hide();
  }
}

void MainWindow::setTheme(ThemeChoice choice) {
  openSettings().setValue(QStringLiteral("theme"), toString(choice));
  applyTheme(*static_cast<QApplication*>(QCoreApplication::instance()), choice);
}

}  // namespace anchorscope
