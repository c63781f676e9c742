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
#include <QMessageBox>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QScreen>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/run/temporary_run.h"
#include "app/settings.h"
#include "widgets/bridge/live_parameters.h"
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
#include "widgets/state/theme.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

/// Layouts of another number are not restored: the docks stand elsewhere now.
constexpr int kLayoutVersion = 2;

/// What a dock is moved by; the panels carry their own titles, so it is a mere strip.
class DockGrip : public QWidget {
 public:
  explicit DockGrip(QDockWidget* dock) : QWidget(dock) {
    setCursor(Qt::SizeAllCursor);
    setToolTip(QObject::tr("Drag to move “%1”, double-click to let it float; the View menu hides it")
                   .arg(dock->windowTitle()));
  }
  // The dock lays its title out by these.
  QSize sizeHint() const override { return {48, kHeight}; }
  QSize minimumSizeHint() const override { return {16, kHeight}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    QColor color = themeOf(palette()).secondaryText;
    color.setAlphaF(underMouse() ? 0.9f : 0.45f);
    painter.setBrush(color);
    for (int dot = -2; dot <= 2; ++dot)
      painter.drawEllipse(QPointF(width() / 2.0 + 6 * dot, height() / 2.0), 1.2, 1.2);
  }
  void enterEvent(QEnterEvent*) override { update(); }
  void leaveEvent(QEvent*) override { update(); }

 private:
  static constexpr int kHeight = 8;
};

}  // namespace

MainWindow::MainWindow(SessionFactory factory, QWidget* parent)
    : QMainWindow(parent),
      state_(std::make_unique<ViewState>()),
      bridge_(new SessionBridge(this, std::move(factory))) {
  setWindowTitle(QStringLiteral("Anchorscope"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
  ask_ = [this](const Question& question) {
    QMessageBox box(QMessageBox::NoIcon, question.title, question.title, QMessageBox::Cancel, this);
    box.setInformativeText(question.text);
    QPushButton* keep = question.offersKeep ? box.addButton(tr("Keep…"), QMessageBox::AcceptRole) : nullptr;
    QPushButton* goAhead =
        box.addButton(question.goAhead, keep ? QMessageBox::DestructiveRole : QMessageBox::AcceptRole);
    box.setDefaultButton(keep ? keep : goAhead);
    box.exec();
    if (keep && box.clickedButton() == keep) return Answer::kKeep;
    return box.clickedButton() == goAhead ? Answer::kGoAhead : Answer::kCancel;
  };

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
  parameters_ = new LiveParameters(*bridge_, this);
  parametersPanel_ = new ParametersPanel(*parameters_);
  menus_ = new QMenuBar;
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
  connect(start_, &StartPage::leftoverOpened, this, &MainWindow::openLeftover);
  connect(start_, &StartPage::leftoverKept, this, &MainWindow::keepLeftover);
  connect(start_, &StartPage::leftoverDiscarded, this, &MainWindow::discardLeftover);
  connect(preparing_, &PreparingView::cancelled, this, &MainWindow::showStartPage);
  connect(parametersPanel_, &ParametersPanel::cannotChange, this, [this](const QString& key) {
    notifier_.tell(
        {MessageKind::kNote,
         tr("%1 cannot change while training: start a new run with it, or take the change back.").arg(key),
         {},
         MessageScope::kRun});
  });
  connect(transport_, &TransportBar::commanded, this, [this](const Command& command) {
    if (!std::holds_alternative<StopCommand>(command) || confirmStopping()) bridge_->post(command);
  });
  connect(transport_, &TransportBar::continueWanted, this, qOverload<>(&MainWindow::continueRun));
  connect(evaluation_, &EvaluationPanel::evaluateWanted, this, [this] { bridge_->post(EvaluateCommand{}); });
  connect(evaluation_, &EvaluationPanel::stepWanted, this,
          [this](std::int64_t step) { evaluation_->showEvaluation(evaluationAt(step)); });
  connect(evaluation_, &EvaluationPanel::cancelWanted, this,
          [this] { bridge_->post(CancelEvaluationCommand{}); });
  connect(probes_, &ProbesPanel::probesWanted, this,
          [this](const std::vector<std::string>& names) { bridge_->post(SetProbesCommand{names}); });
  wireBridge();
  wireHistory();
  qApp->installEventFilter(this);
  lookForLeftovers();

  resize(1440, 900);
  resizeDocks({docks_[0], docks_[1]}, {236, 344}, Qt::Horizontal);
  resizeDocks({docks_[2]}, {216}, Qt::Vertical);
  defaultLayout_ = workspaceLayout_ = saveState(kLayoutVersion);
  const QSettings settings = openSettings();
  if (settings.contains(QStringLiteral("window/geometry")))
    restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
  fitOnScreen();
  if (settings.contains(QStringLiteral("window/layout")))
    workspaceLayout_ = settings.value(QStringLiteral("window/layout")).toByteArray();
  state_->layers().restore(
      QJsonDocument::fromJson(settings.value(QStringLiteral("window/layers")).toByteArray()).array());
  start_->setRecent(recentEntries());
  showStartPage();
}

MainWindow::~MainWindow() {
  qApp->removeEventFilter(this);
  disconnect(bridge_, nullptr, this, nullptr);
  endRun();
  // The panels look at the state, so they go before it.
  hide();
  qDeleteAll(std::exchange(docks_, {}));
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
  evaluationCancel_->setDefaultAction(cancelEvaluation_);
  evaluationCancel_->setProperty("role", "icon");
  evaluationCancel_->setToolButtonStyle(Qt::ToolButtonIconOnly);
  evaluationCancel_->setFixedSize(26, 24);
  evaluationCancel_->hide();
  line->addWidget(evaluationCancel_);
  line->addSpacing(8);
  connect(evaluationButton_, &QToolButton::clicked, this, [this] { showDock(evaluationDock_); });
  for (QAction* action : {fit_, exportView_, showParameters_}) {
    auto* button = new QToolButton;
    button->setDefaultAction(action);
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
    QDockWidget* dock = docks_[1];
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
  addDock(QStringLiteral("probesAndLayers"), tr("Probes and layers"), left, Qt::LeftDockWidgetArea);
  QDockWidget* inspectorDock =
      addDock(QStringLiteral("inspector"), tr("Inspector"), inspector_, Qt::RightDockWidgetArea);

  auto* bottom = new QWidget;
  auto* bottomLayout = new QVBoxLayout(bottom);
  bottomLayout->setContentsMargins(0, 0, 0, 0);
  bottomLayout->setSpacing(0);
  bottomLayout->addWidget(curves_, 1);
  bottomLayout->addWidget(scrubber_);
  QDockWidget* curvesDock =
      addDock(QStringLiteral("curves"), tr("Curves and history"), bottom, Qt::BottomDockWidgetArea);

  parametersDock_ =
      addDock(QStringLiteral("parameters"), tr("Live parameters"), parametersPanel_, Qt::RightDockWidgetArea);
  evaluationDock_ =
      addDock(QStringLiteral("evaluation"), tr("Evaluation"), evaluation_, Qt::RightDockWidgetArea);
  tabifyDockWidget(inspectorDock, parametersDock_);
  tabifyDockWidget(parametersDock_, evaluationDock_);
  parametersDock_->hide();
  evaluationDock_->hide();

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
  problemsDock_ = addDock(QStringLiteral("problems"), tr("Problems"), problemsHost, Qt::BottomDockWidgetArea);
  splitDockWidget(problemsDock_, curvesDock, Qt::Vertical);
  problemsDock_->hide();
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
    if (problemsDock_->isVisible())
      problemsDock_->hide();
    else
      showDock(problemsDock_);
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

QDockWidget* MainWindow::addDock(const QString& name, const QString& title, QWidget* content,
                                 Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  dock->setWidget(content);
  dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetFloatable |
                    QDockWidget::DockWidgetClosable);
  dock->setTitleBarWidget(new DockGrip(dock));
  addDockWidget(area, dock);
  docks_ << dock;
  return dock;
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

void MainWindow::showDock(QDockWidget* dock) {
  dock->show();
  dock->raise();
}

void MainWindow::fitOnScreen() {
  const QRect room = screen()->availableGeometry();
  // Before it is shown a window has no frame yet; those of common desktops are thinner than this.
  const QSize frame = frameSize() == size() ? QSize(16, 40) : frameSize() - size();
  if (isMaximized() || isFullScreen()) return;
  resize(size().boundedTo(room.size() - frame).expandedTo({320, 240}));
  const QRect wanted(pos(), size() + frame);
  const QPoint corner(
      std::clamp(wanted.x(), room.left(), std::max(room.left(), room.right() - wanted.width())),
      std::clamp(wanted.y(), room.top(), std::max(room.top(), room.bottom() - wanted.height())));
  if (corner != pos() && (testAttribute(Qt::WA_Moved) || !room.contains(wanted))) move(corner);
}

bool MainWindow::onStartPage() const {
  return pages_->currentIndex() == 0;
}

void MainWindow::enterWorkspace(bool live) {
  if (onStartPage()) {
    showPage(1);
    restoreLayout();
  }
  for (QDockWidget* dock : docks_)
    dock->toggleViewAction()->setEnabled(true);
  transport_->show();
  stage_->setCurrentWidget(live ? static_cast<QWidget*>(preparing_) : canvas_);
  canvas_->setFocus();
  refreshActions();
}

void MainWindow::leaveWorkspace() {
  if (!onStartPage()) workspaceLayout_ = saveState(kLayoutVersion);
  for (QDockWidget* dock : docks_) {
    dock->hide();
    dock->toggleViewAction()->setEnabled(false);
  }
  transport_->hide();
  showPage(0);
  statusText_->clear();
  refreshActions();
}

void MainWindow::showStartPage() {
  endRun();
  recordedOnly_ = false;
  state_->setProbes({});
  state_->setFrame(nullptr);
  leaveWorkspace();
  start_->demoButton()->setFocus();
  refreshTitle();
}

void MainWindow::resetLayout() {
  workspaceLayout_ = defaultLayout_;
  if (!onStartPage()) restoreLayout();
}

void MainWindow::restoreLayout() {
  restoreState(workspaceLayout_, kLayoutVersion);
  if (workspaceLayout_ != defaultLayout_) return;
  // At first the panels of a small window leave the image its room.
  const auto share = [](double part, int whole, int least, int most) {
    return std::clamp(static_cast<int>(part * whole), least, most);
  };
  resizeDocks({docks_[0], docks_[1]}, {share(0.185, width(), 190, 236), share(0.27, width(), 280, 344)},
              Qt::Horizontal);
  resizeDocks({docks_[2]}, {share(0.27, height(), 150, 216)}, Qt::Vertical);
}

void MainWindow::refreshTitle() {
  QString what;
  if (recordedOnly_ && reader_)
    what = QStringLiteral("%1 · %2 · %3")
               .arg(QFileInfo(QString::fromStdString(reader_->folder())).fileName(),
                    QString::fromStdString(reader_->header().methodName),
                    QString::fromStdString(reader_->header().modelName));
  else if (const auto& facts = bridge_->facts())
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
    info += state_->followsLive() && bridge_->hasSession()
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
  if (!confirmEndingRun()) {
    event->ignore();
    return;
  }
  if (!onStartPage()) workspaceLayout_ = saveState(kLayoutVersion);
  QSettings settings = openSettings();
  settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
  settings.setValue(QStringLiteral("window/layout"), workspaceLayout_);
  settings.setValue(QStringLiteral("window/layers"),
                    QJsonDocument(state_->layers().save()).toJson(QJsonDocument::Compact));
  hide();
  reader_.reset();
  endRun();
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
      if (!confirmEndingRun()) return;
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
