#include "app/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QMenuBar>
#include <QMimeData>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/run/run_dialogs.h"
#include "app/settings.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/message_bar.h"
#include "widgets/notify/notifier.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/data_spec_guess.h"
#include "widgets/panels/elided_button.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/layers_panel.h"
#include "widgets/panels/parameters_panel.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

/// Of the arrangement of the docks.
constexpr int kLayoutVersion = 2;

}  // namespace

MainWindow::MainWindow(SessionFactory factory, QWidget* parent)
    : QMainWindow(parent),
      state_(std::make_unique<ViewState>()),
      run_(std::make_unique<RunController>(std::move(factory), notifier_, leftovers_,
                                           askWithDialogs(this, notifier_))),
      parameters_(run_->bridge()) {
  setWindowTitle(QStringLiteral("Anchorscope"));
  setAcceptDrops(true);
  transport_ = new TransportBar;
  start_ = new StartPage;
  canvas_ = new CanvasView(*state_);
  preparing_ = new PreparingView;
  probes_ = new ProbesPanel(*state_);
  layers_ = new LayersPanel(*state_);
  inspector_ = new InspectorPanel(*state_);
  curves_ = new CurvesView;
  evaluation_ = new EvaluationPanel;
  scrubber_ = new HistoryScrubber;
  parametersPanel_ = new ParametersPanel(parameters_);
  menus_ = new QMenuBar;
  actions_ = new ActionRegistry(*menus_, this);
  docks_ = std::make_unique<DockManager>(*this, kLayoutVersion);
  makeDocks();
  makeMenus();
  makeWorkspace();
  makeStatusBar();
  // The transport stands between the menus and everything else.
  auto* top = new QWidget;
  auto* topLayout = new QVBoxLayout(top);
  topLayout->setContentsMargins(0, 0, 0, 0);
  topLayout->setSpacing(0);
  runTitle_ = new QLabel;
  runTitle_->setProperty("role", "secondary");
  runTitle_->setContentsMargins(0, 5, 12, 0);
  menus_->setCornerWidget(runTitle_, Qt::TopRightCorner);
  topLayout->addWidget(menus_);
  topLayout->addWidget(transport_);
  setMenuWidget(top);

  connect(start_, &StartPage::demoWanted, this, [this] { startDemo(); });
  connect(start_, &StartPage::startWanted, this, [this](const RunConfig& config, bool startPaused) {
    SessionOptions options;
    options.startPaused = startPaused;
    startRun(config, options);
  });
  connect(start_, &StartPage::runWanted, this, &MainWindow::openRecordedRun);
  connect(start_, &StartPage::helpWanted, this, &MainWindow::showHelp);
  connect(preparing_, &PreparingView::cancelled, this, &MainWindow::showStartPage);
  connect(parametersPanel_, &ParametersPanel::cannotChange, this, [this](const QString& key) {
    notifier_.tell(
        {MessageKind::kNote,
         tr("%1 cannot change while training: start a new run with it, or take the change back.").arg(key),
         {},
         MessageScope::kRun});
  });
  connect(transport_, &TransportBar::commanded, this, [this](const Command& command) {
    if (!std::holds_alternative<StopCommand>(command) || run_->confirmStopping())
      run_->bridge().post(command);
  });
  connect(transport_, &TransportBar::continueWanted, run_.get(), qOverload<>(&RunController::goOn));
  connect(evaluation_, &EvaluationPanel::evaluateWanted, this,
          [this] { run_->bridge().post(EvaluateCommand{}); });
  connect(evaluation_, &EvaluationPanel::stepWanted, this,
          [this](std::int64_t step) { evaluation_->showEvaluation(evaluationAt(step)); });
  connect(evaluation_, &EvaluationPanel::cancelWanted, this,
          [this] { run_->bridge().post(CancelEvaluationCommand{}); });
  connect(probes_, &ProbesPanel::probesWanted, this,
          [this](const std::vector<std::string>& names) { run_->bridge().post(SetProbesCommand{names}); });
  wireRun();
  wireBridge();
  wireHistory();
  qApp->installEventFilter(this);
  leftovers_.search();

  resize(1440, 900);
  docks_->fixDefault();
  const QSettings settings = openSettings();
  docks_->restore(settings);
  state_->layers().restore(
      QJsonDocument::fromJson(settings.value(QStringLiteral("window/layers")).toByteArray()).array());
  start_->setRecent(recentEntries());
  showStartPage();
}

MainWindow::~MainWindow() {
  qApp->removeEventFilter(this);
  releaseSources();
  disconnect(run_.get(), nullptr, this, nullptr);
  disconnect(&run_->bridge(), nullptr, this, nullptr);
  // The panels look at the state, so they go before it.
  hide();
  docks_.reset();
  delete centralWidget();
}

void MainWindow::makeWorkspace() {
  auto* workspace = new QWidget;
  auto* column = new QVBoxLayout(workspace);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* header = new QWidget;
  header->setObjectName(QStringLiteral("canvasHeader"));
  header->setAttribute(Qt::WA_StyledBackground);
  auto* line = new QHBoxLayout(header);
  line->setContentsMargins(12, 3, 6, 3);
  line->setSpacing(4);
  // They give way on a narrow window, or it could not be one.
  canvasTitle_ = new ElidedLabel;
  canvasTitle_->setProperty("role", "value");
  canvasInfo_ = new ElidedLabel;
  canvasInfo_->setProperty("role", "secondary");
  line->addWidget(canvasTitle_);
  line->addSpacing(12);
  line->addWidget(canvasInfo_);
  line->addStretch(1);
  evaluationButton_ = new ElidedButton;
  evaluationButton_->setObjectName(QStringLiteral("evaluationButton"));
  evaluationButton_->setProperty("role", "link");
  evaluationButton_->setToolTip(tr("Show every class and all of COCO's numbers"));
  evaluationButton_->hide();
  evaluationButton_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  line->addWidget(evaluationButton_);
  evaluationCancel_ = new QToolButton;
  evaluationCancel_->setObjectName(QStringLiteral("evaluationCancel"));
  evaluationCancel_->setDefaultAction(actions_->find("training.cancelEvaluation"));
  evaluationCancel_->setProperty("role", "icon");
  evaluationCancel_->setToolButtonStyle(Qt::ToolButtonIconOnly);
  evaluationCancel_->setFixedSize(26, 24);
  evaluationCancel_->hide();
  line->addWidget(evaluationCancel_);
  line->addSpacing(8);
  connect(evaluationButton_, &QToolButton::clicked, this, [this] { docks_->show("evaluation"); });
  for (const char* id : {"view.fit", "figure.view", "training.parameters"}) {
    auto* button = new QToolButton;
    button->setDefaultAction(actions_->find(id));
    button->setProperty("role", "icon");
    button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    button->setIconSize({16, 16});
    button->setFixedSize(26, 24);
    line->addWidget(button);
  }
  stage_ = new QStackedWidget;
  stage_->addWidget(canvas_);
  stage_->addWidget(preparing_);
  column->addWidget(header);
  column->addWidget(stage_, 1);

  pages_ = new QStackedWidget;
  pages_->addWidget(start_);
  pages_->addWidget(workspace);
  auto* central = new QWidget;
  auto* centralLayout = new QVBoxLayout(central);
  centralLayout->setContentsMargins(0, 0, 0, 0);
  centralLayout->setSpacing(0);
  centralLayout->addWidget(new MessageBar(notifier_));
  centralLayout->addWidget(pages_, 1);
  setCentralWidget(central);
  canvas_->setStatusTip({});  // it would hide the values under the cursor
  connect(canvas_, &CanvasView::headerChanged, this, &MainWindow::refreshHeader);
  connect(state_.get(), &ViewState::frameChanged, this, &MainWindow::refreshHeader);
  connect(state_.get(), &ViewState::stepChanged, this, &MainWindow::refreshHeader);
  // What is selected is told in the inspector: from behind another tab it comes forward.
  connect(state_.get(), &ViewState::selectionChanged, this, [this] {
    QDockWidget* dock = docks_->find("inspector");
    const bool selected = state_->selectedObject() >= 0 || state_->selectedAnchor() >= 0;
    if (selected && canvas_->hasFocus() && dock->isVisible() && inspector_->visibleRegion().isEmpty())
      dock->raise();
  });
}

void MainWindow::makeDocks() {
  auto* left = new QSplitter(Qt::Vertical);
  left->setChildrenCollapsible(false);
  left->addWidget(probes_);
  left->addWidget(layers_);
  left->setStretchFactor(0, 2);
  left->setStretchFactor(1, 5);
  left->setSizes({240, 460});
  docks_->add(QStringLiteral("probesAndLayers"), tr("Probes and layers"), left, Qt::LeftDockWidgetArea);
  QDockWidget* inspectorDock =
      docks_->add(QStringLiteral("inspector"), tr("Inspector"), inspector_, Qt::RightDockWidgetArea);

  auto* bottom = new QWidget;
  auto* bottomLayout = new QVBoxLayout(bottom);
  bottomLayout->setContentsMargins(0, 0, 0, 0);
  bottomLayout->setSpacing(0);
  bottomLayout->addWidget(curves_, 1);
  bottomLayout->addWidget(scrubber_);
  QDockWidget* curvesDock =
      docks_->add(QStringLiteral("curves"), tr("Curves and history"), bottom, Qt::BottomDockWidgetArea);

  QDockWidget* parametersDock = docks_->add(QStringLiteral("parameters"), tr("Live parameters"),
                                            parametersPanel_, Qt::RightDockWidgetArea);
  QDockWidget* evaluationDock =
      docks_->add(QStringLiteral("evaluation"), tr("Evaluation"), evaluation_, Qt::RightDockWidgetArea);
  tabifyDockWidget(inspectorDock, parametersDock);
  tabifyDockWidget(parametersDock, evaluationDock);
  parametersDock->hide();
  evaluationDock->hide();

  problemsTable_ = new QTableView;
  problemsTable_->setObjectName(QStringLiteral("problemsTable"));
  problemsTable_->setModel(&notifier_.problems());
  problemsTable_->verticalHeader()->hide();
  problemsTable_->verticalHeader()->setDefaultSectionSize(24);
  problemsTable_->setShowGrid(false);
  problemsTable_->setWordWrap(false);
  problemsTable_->setSelectionBehavior(QAbstractItemView::SelectRows);
  problemsTable_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  problemsTable_->horizontalHeader()->setHighlightSections(false);
  problemsTable_->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
  problemsTable_->horizontalHeader()->setSectionResizeMode(2, QHeaderView::Stretch);
  problemsTable_->setTextElideMode(Qt::ElideMiddle);
  problemsTable_->setColumnWidth(0, 160);
  problemsTable_->setColumnWidth(3, 80);
  auto* problemsHost = new QWidget;
  auto* problemsLayout = new QVBoxLayout(problemsHost);
  problemsLayout->setContentsMargins(12, 6, 8, 4);
  problemsLayout->setSpacing(4);
  auto* problemsTitle = new QLabel(tr("PROBLEMS"));
  problemsTitle->setProperty("role", "section");
  problemsLayout->addWidget(problemsTitle);
  problemsLayout->addWidget(problemsTable_, 1);
  // Above the curves, which stay in sight with the scrubber.
  problemsHost->setMinimumHeight(96);
  QDockWidget* problemsDock =
      docks_->add(QStringLiteral("problems"), tr("Problems"), problemsHost, Qt::BottomDockWidgetArea);
  splitDockWidget(problemsDock, curvesDock, Qt::Vertical);
  problemsDock->hide();
  docks_->setShare("probesAndLayers", Qt::Horizontal, {0.185, 190, 236});
  docks_->setShare("inspector", Qt::Horizontal, {0.27, 280, 344});
  docks_->setShare("curves", Qt::Vertical, {0.27, 150, 216});
}

void MainWindow::makeStatusBar() {
  statusText_ = new QLabel;
  statusText_->setObjectName(QStringLiteral("statusValues"));
  statusText_->setContentsMargins(8, 0, 0, 0);
  statusText_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  connect(canvas_, &CanvasView::statusTextChanged, statusText_, &QLabel::setText);
  statusBar()->addWidget(statusText_, 1);
  problemsButton_ = new QToolButton;
  problemsButton_->setObjectName(QStringLiteral("problemsButton"));
  problemsButton_->setIcon(themedIcon(QStringLiteral("warning"), &Theme::paused));
  problemsButton_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  problemsButton_->setToolTip(tr("Show what was found wrong with data and run"));
  problemsButton_->setFocusPolicy(Qt::TabFocus);
  statusBar()->addPermanentWidget(problemsButton_);
  connect(problemsButton_, &QToolButton::clicked, this, [this] {
    if (onStartPage()) return;
    if (QDockWidget* dock = docks_->find("problems"); dock->isVisible())
      dock->hide();
    else
      docks_->show("problems");
  });
  connect(&notifier_.problems(), &QAbstractItemModel::rowsInserted, this, &MainWindow::refreshProblemsButton);
  connect(&notifier_.problems(), &QAbstractItemModel::modelReset, this, &MainWindow::refreshProblemsButton);
  refreshProblemsButton();
  auto* hint = new QLabel(tr("?  keys"));
  hint->setContentsMargins(8, 0, 8, 0);
  statusBar()->addPermanentWidget(hint);
  statusBar()->setSizeGripEnabled(false);
}

void MainWindow::refreshProblemsButton() {
  const int problems = notifier_.problems().presentCount();
  const int earlier = notifier_.problems().rowCount() - problems;
  problemsButton_->setVisible(problems + earlier > 0 &&
                              !onStartPage());  // there is no place for the list there
  problemsButton_->setText(problems > 0 ? countText(problems, QStringLiteral("problem"))
                                        : tr("%1 earlier").arg(countText(earlier)));
}

void MainWindow::showPage(int index) {
  // The page that is not shown must not hold the window wide.
  for (int page = 0; page < pages_->count(); ++page) {
    const auto policy = page == index ? QSizePolicy::Preferred : QSizePolicy::Ignored;
    pages_->widget(page)->setSizePolicy(policy, policy);
  }
  pages_->setCurrentIndex(index);
  refreshProblemsButton();
}

bool MainWindow::onStartPage() const {
  return pages_->currentIndex() == 0;
}

void MainWindow::enterWorkspace(bool live) {
  showPage(1);
  docks_->enter();
  transport_->show();
  stage_->setCurrentWidget(live ? static_cast<QWidget*>(preparing_) : canvas_);
  canvas_->setFocus();
  refreshActions();
}

void MainWindow::leaveWorkspace() {
  docks_->leave();
  transport_->hide();
  showPage(0);
  statusText_->clear();
  refreshActions();
}

void MainWindow::showStartPage() {
  run_->end();
  state_->setProbes({});
  state_->setFrame(nullptr);
  leaveWorkspace();
  start_->demoButton()->setFocus();
  refreshTitle();
}

void MainWindow::refreshTitle() {
  QString what;
  if (recorded_)
    what = QStringLiteral("%1 · %2 · %3")
               .arg(QFileInfo(recorded_->folder()).fileName(),
                    QString::fromStdString(recorded_->header().methodName),
                    QString::fromStdString(recorded_->header().modelName));
  else if (const auto& facts = run_->bridge().facts())
    what =
        QStringLiteral("%1 · %2 · %3")
            .arg(shortDataName(QString::fromStdString(facts->config.data)),
                 QString::fromStdString(facts->config.method), QString::fromStdString(facts->config.model));
  if (onStartPage()) what.clear();
  runTitle_->setText(what);
  menus_->setCornerWidget(runTitle_, Qt::TopRightCorner);  // lays the menu bar out anew
  runTitle_->show();
  setWindowTitle(what.isEmpty() ? QStringLiteral("Anchorscope") : what + QStringLiteral(" – Anchorscope"));
}

void MainWindow::refreshHeader() {
  canvasTitle_->setText(canvas_->imageTitle());
  QString info = canvas_->imageInfo();
  if (!info.isEmpty() && state_->frame())
    info += state_->followsLive() && run_->bridge().hasSession()
                ? tr(" · following live")
                : tr(" · step %1").arg(countText(state_->frame()->step));
  canvasInfo_->setText(info);
  canvasInfo_->setToolTip(info);
  canvasTitle_->setToolTip(canvasTitle_->text());
  // The image's name gives way last.
  constexpr int kLongestName = 150;
  canvasTitle_->setMinimumWidth(std::min(canvasTitle_->sizeHint().width(), kLongestName));
}

void MainWindow::rememberRecent(const QString& entry) {
  addRecentEntry(entry);
  start_->setRecent(recentEntries());
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!run_->confirmEnding()) {
    event->ignore();
    return;
  }
  QSettings settings = openSettings();
  docks_->save(settings);
  settings.setValue(QStringLiteral("window/layers"),
                    QJsonDocument(state_->layers().save()).toJson(QJsonDocument::Compact));
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
    openPath(url.toLocalFile());
    return;
  }
}

void MainWindow::openPath(const QString& path) {
  if (QFileInfo::exists(path + QStringLiteral("/trace.sqlite"))) {
    openRecordedRun(path);
  } else if (const QString spec = guessDataSpec(path); !spec.isEmpty()) {
    if (!onStartPage()) {
      if (!run_->confirmEnding()) return;
      showStartPage();
    }
    start_->setDataSpec(spec);
  } else {
    notifier_.tell({MessageKind::kWarning,
                    tr("'%1' is neither a data set nor a recorded run that can be recognised.").arg(path)});
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
