#include "app/main_window.h"

#include <QAbstractButton>
#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

#include "app/palette/palette_sources.h"
#include "app/run/run_dialogs.h"
#include "app/settings.h"
#include "app/status_line.h"
#include "app/top_bar.h"
#include "app/window_actions.h"
#include "app/workspace/canvas_grid.h"
#include "widgets/help/help_window.h"
#include "widgets/notify/message_bar.h"
#include "widgets/palette/command_palette.h"
#include "widgets/panels/canvas_tools.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"

namespace anchorscope {

MainWindow::MainWindow(SessionFactory factory, QWidget* parent)
    : QMainWindow(parent),
      run_(std::make_unique<RunController>(std::move(factory), notifier_, leftovers_,
                                           askWithDialogs(this, notifier_))),
      page_(std::make_unique<WorkspacePage>(*this, workspace_, *run_, notifier_)),
      view_(std::make_unique<RunView>(*page_, workspace_, *run_, notifier_)),
      start_(std::make_unique<StartFlow>(*new StartPage(this), *run_, *view_, leftovers_, notifier_)),
      sessions_(std::make_unique<SessionFlow>(start_->page(), *run_, *view_, workspace_, notifier_)),
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
  workspace_.disconnect(this);  // what becomes of it on the way is nothing to be shown
  hide();
}

void MainWindow::compose() {
  auto* top = new TopBar(page_->transport());
  actions_ = new ActionRegistry(top->menus(), this);
  addWindowActions(*actions_, *this);
  page_->canvases().tools().setActions(
      actions_->find("training.cancelEvaluation"),
      {actions_->find("view.fit"), actions_->find("figure.view"), actions_->find("training.parameters")});
  connect(this, &MainWindow::titleChanged, top, &TopBar::setTitle);
  setMenuWidget(top);
  new StatusLine(*statusBar(), notifier_, *page_);  // the bar's
  pages_->addWidget(&startPage());
  pages_->addWidget(page_.get());
  auto* central = new QWidget;
  auto* column = new QVBoxLayout(central);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(new MessageBar(notifier_));
  column->addWidget(pages_, 1);
  setCentralWidget(central);
  palette_ = new CommandPalette(paletteSources(*this), this);
}

void MainWindow::wire() {
  connect(page_.get(), &WorkspacePage::entered, this, [this] { showPage(page_.get()); });
  // The layout outlives a crash as well; writing settings takes its time.
  connect(sessions_.get(), &SessionFlow::kept, this, [this, before = QByteArray()]() mutable {
    if (saveState() == before) return;
    before = saveState();
    QSettings settings = openSettings();
    page_->docks().save(settings);
  });
  connect(palette_, &CommandPalette::used, this,
          [this] { openSettings().setValue(QStringLiteral("palette/recent"), palette_->model().recent()); });
  connect(&page_->preparing(), &PreparingView::cancelled, this, &MainWindow::showStartPage);
  connect(start_.get(), &StartFlow::pageWanted, this, &MainWindow::showStartPage);
  connect(start_.get(), &StartFlow::helpWanted, this, &MainWindow::showHelp);
  connect(view_.get(), &RunView::changed, this, &MainWindow::refresh);
  connect(&workspace_, &Workspace::shownChanged, this, &MainWindow::refresh);
  connect(&workspace_, &Workspace::canvasesChanged, this, &MainWindow::refresh);
  connect(&workspace_, &Workspace::viewportsLinkedChanged, this, &MainWindow::refresh);
  connect(&workspace_, &Workspace::sourceChanged, this, &MainWindow::refresh);
  connect(&workspace_, &Workspace::comparingChanged, this, &MainWindow::refresh);
  connect(&page_->canvases(), &CanvasGrid::comparisonChanged, this, &MainWindow::refresh);
  connect(&workspace_.readOut(), &ReadOut::changed, this, &MainWindow::refresh);
}

void MainWindow::restore() {
  const QSettings settings = openSettings();
  resize(1440, 900);
  page_->docks().fixDefault();
  page_->docks().restore(settings);
  const auto saved = [&](const char* key) {
    return QJsonDocument::fromJson(settings.value(QLatin1String(key)).toByteArray());
  };
  QJsonObject session = saved("window/workspace").object();
  // Of windows that had but one canvas.
  if (session.isEmpty()) session = Workspace::sessionOf(saved("window/layers").array());
  if (const Status status = workspace_.restore(session); !status) notifier_.tell(messageOf(status.error()));
}

// ---- pages

bool MainWindow::onStartPage() const {
  return pages_->currentWidget() == &start_->page();
}

void MainWindow::showPage(QWidget* shown) {
  // The page that is not shown must not hold the window wide.
  for (QWidget* page : {static_cast<QWidget*>(&startPage()), static_cast<QWidget*>(page_.get())}) {
    const auto policy = page == shown ? QSizePolicy::Preferred : QSizePolicy::Ignored;
    page->setSizePolicy(policy, policy);
  }
  pages_->setCurrentWidget(shown);
  refresh();
}

void MainWindow::showStartPage() {
  run_->end();
  view_->clear();
  page_->leave();
  showPage(&startPage());
  startPage().demoButton()->setFocus();
}

void MainWindow::refresh() {
  const ActionContext at = actionContextOf(*this);
  actions_->refresh(at);
  page_->refresh(at, *run_);
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

void MainWindow::showPalette() {
  refresh();  // as it is at this moment
  palette_->model().setRecent(openSettings().value(QStringLiteral("palette/recent")).toStringList());
  palette_->open();
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
  page_->docks().save(settings);
  settings.setValue(QStringLiteral("window/workspace"),
                    QJsonDocument(workspace_.save()).toJson(QJsonDocument::Compact));
  hide();
  const std::optional<SessionState> present = sessions_->present();
  run_->end();
  sessions_->end(present);
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  QStringList paths;
  for (const QUrl& url : event->mimeData()->urls())
    if (!url.toLocalFile().isEmpty()) paths << url.toLocalFile();
  if (paths.isEmpty()) return;
  event->acceptProposedAction();
  if (paths.size() > 1)
    notifier_.tell(
        {MessageKind::kNote,
         tr("Of %1 things that were dropped the first is opened: %2").arg(paths.size()).arg(paths.front())});
  if (event->modifiers() & Qt::ShiftModifier && !onStartPage())
    view_->beside().open(paths.front());
  else
    open(paths.front());
}

void MainWindow::open(const QString& path) {
  if (isSessionFile(path)) return sessions_->open(path);
  // An image of what is looked at is gone to; another brings the folder it is in.
  if (const QString image = onStartPage() ? QString() : view_->imageOf(path); !image.isEmpty())
    return view_->showImage(image);
  start_->open(path);
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
