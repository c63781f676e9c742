#include "app/main_window.h"

#include <QAbstractButton>
#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QJsonArray>
#include <QJsonDocument>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

#include "app/run/run_dialogs.h"
#include "app/settings.h"
#include "app/status_line.h"
#include "app/top_bar.h"
#include "app/window_actions.h"
#include "widgets/help/help_window.h"
#include "widgets/notify/message_bar.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/canvas_header.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"

namespace anchorscope {

MainWindow::MainWindow(SessionFactory factory, QWidget* parent)
    : QMainWindow(parent),
      run_(std::make_unique<RunController>(std::move(factory), notifier_, leftovers_,
                                           askWithDialogs(this, notifier_))),
      workspace_(std::make_unique<WorkspacePage>(*this, state_, *run_, notifier_)),
      view_(std::make_unique<RunView>(*workspace_, state_, *run_, notifier_)),
      start_(std::make_unique<StartFlow>(*new StartPage(this), *run_, *view_, leftovers_, notifier_)),
      pages_(new QStackedWidget) {
  setAcceptDrops(true);
  compose();
  wire();
  qApp->installEventFilter(this);
  leftovers_.search();
  restore();
  showStartPage();
}

MainWindow::~MainWindow() {
  qApp->removeEventFilter(this);
  hide();
}

void MainWindow::compose() {
  auto* top = new TopBar(workspace_->transport());
  actions_ = new ActionRegistry(top->menus(), this);
  addWindowActions(*actions_, *this);
  workspace_->header().setActions(
      actions_->find("training.cancelEvaluation"),
      {actions_->find("view.fit"), actions_->find("figure.view"), actions_->find("training.parameters")});
  connect(this, &MainWindow::titleChanged, top, &TopBar::setTitle);
  setMenuWidget(top);
  new StatusLine(*statusBar(), notifier_, *workspace_);  // the bar's
  pages_->addWidget(&startPage());
  pages_->addWidget(workspace_.get());
  auto* central = new QWidget;
  auto* column = new QVBoxLayout(central);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(new MessageBar(notifier_));
  column->addWidget(pages_, 1);
  setCentralWidget(central);
}

void MainWindow::wire() {
  connect(workspace_.get(), &WorkspacePage::entered, this, [this] { showPage(workspace_.get()); });
  connect(&workspace_->preparing(), &PreparingView::cancelled, this, &MainWindow::showStartPage);
  connect(start_.get(), &StartFlow::pageWanted, this, &MainWindow::showStartPage);
  connect(start_.get(), &StartFlow::helpWanted, this, &MainWindow::showHelp);
  connect(view_.get(), &RunView::changed, this, &MainWindow::refresh);
  connect(&state_, &ViewState::frameChanged, this, &MainWindow::refresh);
}

void MainWindow::restore() {
  const QSettings settings = openSettings();
  resize(1440, 900);
  workspace_->docks().fixDefault();
  workspace_->docks().restore(settings);
  state_.layers().restore(
      QJsonDocument::fromJson(settings.value(QStringLiteral("window/layers")).toByteArray()).array());
}

// ---- pages

bool MainWindow::onStartPage() const {
  return pages_->currentWidget() == &start_->page();
}

void MainWindow::showPage(QWidget* shown) {
  // The page that is not shown must not hold the window wide.
  for (QWidget* page : {static_cast<QWidget*>(&startPage()), static_cast<QWidget*>(workspace_.get())}) {
    const auto policy = page == shown ? QSizePolicy::Preferred : QSizePolicy::Ignored;
    page->setSizePolicy(policy, policy);
  }
  pages_->setCurrentWidget(shown);
  refresh();
}

void MainWindow::showStartPage() {
  run_->end();
  view_->clear();
  workspace_->leave();
  showPage(&startPage());
  startPage().demoButton()->setFocus();
}

void MainWindow::refresh() {
  const ActionContext at = actionContextOf(*this);
  actions_->refresh(at);
  workspace_->refresh(at, *run_);
  const QString what = onStartPage() ? QString() : view_->title();
  setWindowTitle(what.isEmpty() ? QStringLiteral("Anchorscope") : what + QStringLiteral(" – Anchorscope"));
  emit titleChanged(what);
}

void MainWindow::showHelp(const QString& what) {
  auto* help = findChild<HelpWindow*>();
  if (!help) help = new HelpWindow(this);
  const QString topic = onStartPage() ? QString::fromStdString(startPage().config().method) : view_->topic();
  help->showTopic(!what.isEmpty() ? what : !topic.isEmpty() ? topic : QStringLiteral("index"));
  help->show();
  help->raise();
  help->activateWindow();
}

void MainWindow::setTheme(ThemeChoice choice) {
  openSettings().setValue(QStringLiteral("theme"), toString(choice));
  applyTheme(*static_cast<QApplication*>(QCoreApplication::instance()), choice);
}

// ---- events

void MainWindow::closeForGood() {
  run_->leaveBehind();
  run_->setAsk([](const Question&) { return Answer::kGoAhead; });
  close();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!run_->confirmEnding()) {
    event->ignore();
    return;
  }
  QSettings settings = openSettings();
  workspace_->docks().save(settings);
  settings.setValue(QStringLiteral("window/layers"),
                    QJsonDocument(state_.layers().save()).toJson(QJsonDocument::Compact));
  hide();
  run_->end();
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  for (const QUrl& url : event->mimeData()->urls()) {
    if (url.toLocalFile().isEmpty()) continue;
    event->acceptProposedAction();
    start_->open(url.toLocalFile());
    return;
  }
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  // Space runs and pauses wherever the focus is, except where it works a control that was reached with Tab.
  if (event->type() == QEvent::ShortcutOverride && watched == QApplication::focusWidget() &&
      static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space && qobject_cast<QAbstractButton*>(watched)) {
    event->accept();
    return true;
  }
  return QMainWindow::eventFilter(watched, event);
}

}  // namespace anchorscope
