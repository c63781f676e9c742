#include "app/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTableView>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "app/settings.h"
#include "core/trainer/presets.h"
#include "widgets/bridge/session_bridge.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/message_bar.h"
#include "widgets/notify/problems_model.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/layers_panel.h"
#include "widgets/panels/param_form.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent), state_(std::make_unique<ViewState>()), bridge_(new SessionBridge(this)) {
  setWindowTitle(QStringLiteral("Anchorscope"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);

  transport_ = new TransportBar;
  messages_ = new MessageBar;
  start_ = new StartPage;
  canvas_ = new CanvasView(*state_);
  probes_ = new ProbesPanel(*state_);
  layers_ = new LayersPanel(*state_);
  inspector_ = new InspectorPanel(*state_);
  curves_ = new CurvesView;
  scrubber_ = new HistoryScrubber;
  problems_ = new ProblemsModel(this);

  auto* workspace = new QWidget;
  auto* column = new QVBoxLayout(workspace);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* header = new QWidget;
  header->setObjectName(QStringLiteral("canvasHeader"));
  header->setAttribute(Qt::WA_StyledBackground);
  auto* headerLine = new QHBoxLayout(header);
  headerLine->setContentsMargins(12, 5, 12, 5);
  canvasTitle_ = new QLabel;
  canvasTitle_->setProperty("role", "value");
  canvasInfo_ = new QLabel;
  canvasInfo_->setProperty("role", "secondary");
  headerLine->addWidget(canvasTitle_);
  headerLine->addSpacing(12);
  headerLine->addWidget(canvasInfo_);
  headerLine->addStretch(1);
  evaluationText_ = new QLabel;
  evaluationText_->setProperty("role", "secondary");
  headerLine->addWidget(evaluationText_);
  column->addWidget(header);
  column->addWidget(canvas_, 1);

  pages_ = new QStackedWidget;
  pages_->addWidget(start_);
  pages_->addWidget(workspace);
  auto* central = new QWidget;
  auto* centralLayout = new QVBoxLayout(central);
  centralLayout->setContentsMargins(0, 0, 0, 0);
  centralLayout->setSpacing(0);
  centralLayout->addWidget(messages_);
  centralLayout->addWidget(pages_, 1);
  setCentralWidget(central);

  auto* top = new QWidget;
  auto* topLayout = new QVBoxLayout(top);
  topLayout->setContentsMargins(0, 0, 0, 0);
  topLayout->addWidget(transport_);
  auto* left = new QSplitter(Qt::Vertical);
  left->setChildrenCollapsible(false);
  left->addWidget(probes_);
  left->addWidget(layers_);
  left->setStretchFactor(0, 2);
  left->setStretchFactor(1, 3);
  addDock(QStringLiteral("probesAndLayers"), tr("Probes and layers"), left, Qt::LeftDockWidgetArea);
  addDock(QStringLiteral("inspector"), tr("Inspector"), inspector_, Qt::RightDockWidgetArea);

  auto* bottom = new QWidget;
  auto* bottomLayout = new QVBoxLayout(bottom);
  bottomLayout->setContentsMargins(0, 0, 0, 0);
  bottomLayout->setSpacing(0);
  bottomLayout->addWidget(curves_, 1);
  bottomLayout->addWidget(scrubber_);
  addDock(QStringLiteral("curves"), tr("Curves and history"), bottom, Qt::BottomDockWidgetArea);

  auto* parameterHost = new QWidget;
  auto* parameterLayout = new QVBoxLayout(parameterHost);
  parameterLayout->setContentsMargins(12, 8, 8, 8);
  auto* parameterTitle = new QLabel(tr("LIVE PARAMETERS"));
  parameterTitle->setProperty("role", "section");
  parameterLayout->addWidget(parameterTitle);
  parameterSearch_ = new QLineEdit;
  parameterSearch_->setPlaceholderText(tr("Search options"));
  parameterSearch_->setClearButtonEnabled(true);
  parameterLayout->addWidget(parameterSearch_);
  auto* parameterScroll = new QScrollArea;
  parameterScroll->setWidgetResizable(true);
  parameterScroll->setFrameShape(QFrame::NoFrame);
  parameters_ = new ParamForm;
  parameterScroll->setWidget(parameters_);
  parameterLayout->addWidget(parameterScroll, 1);
  QDockWidget* parameterDock =
      addDock(QStringLiteral("parameters"), tr("Live parameters"), parameterHost, Qt::RightDockWidgetArea);
  parameterDock->hide();

  problemsTable_ = new QTableView;
  problemsTable_->setModel(problems_);
  problemsTable_->verticalHeader()->hide();
  problemsTable_->setShowGrid(false);
  problemsTable_->setSelectionBehavior(QAbstractItemView::SelectRows);
  problemsTable_->horizontalHeader()->setStretchLastSection(false);
  problemsTable_->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
  problemsDock_ =
      addDock(QStringLiteral("problems"), tr("Problems"), problemsTable_, Qt::BottomDockWidgetArea);
  problemsDock_->hide();

  statusText_ = new QLabel;
  statusBar()->addWidget(statusText_, 1);
  auto* hint = new QLabel(tr("?  keys"));
  statusBar()->addPermanentWidget(hint);
  statusBar()->setSizeGripEnabled(false);

  makeMenus();
  // The transport stands between the menus and everything else.
  auto* menuHost = new QWidget;
  auto* menuLayout = new QVBoxLayout(menuHost);
  menuLayout->setContentsMargins(0, 0, 0, 0);
  menuLayout->setSpacing(0);
  menuLayout->addWidget(menuBar());
  menuLayout->addWidget(top);
  setMenuWidget(menuHost);

  connect(canvas_, &CanvasView::headerChanged, this, [this] {
    canvasTitle_->setText(canvas_->imageTitle());
    QString info = canvas_->imageInfo();
    if (!info.isEmpty())
      info += state_->followsLive() && bridge_->hasSession()
                  ? tr(" · following live")
                  : tr(" · step %1").arg(countText(state_->frame() ? state_->frame()->step : 0));
    canvasInfo_->setText(info);
  });
  connect(canvas_, &CanvasView::statusTextChanged, statusText_, &QLabel::setText);
  connect(start_, &StartPage::demoWanted, this, &MainWindow::startDemo);
  connect(start_, &StartPage::startWanted, this, [this](const RunConfig& config) { startRun(config); });
  connect(start_, &StartPage::runWanted, this, &MainWindow::openRecordedRun);
  connect(parameterSearch_, &QLineEdit::textChanged, parameters_, &ParamForm::setFilter);
  connect(parameters_, &ParamForm::paramEdited, this, [this](const QString& key, const QString& value) {
    bridge_->post(SetParamCommand{key.toStdString(), value.toStdString()});
  });
  connect(transport_, &TransportBar::commanded, this,
          [this](const Command& command) { bridge_->post(command); });
  connect(probes_, &ProbesPanel::probesWanted, this,
          [this](const std::vector<std::string>& names) { bridge_->post(SetProbesCommand{names}); });
  wireBridge();
  wireHistory();

  resize(1440, 900);
  resizeDocks({docks_[0], docks_[1]}, {250, 340}, Qt::Horizontal);
  resizeDocks({docks_[2]}, {230}, Qt::Vertical);
  defaultLayout_ = saveState();
  const QSettings settings = openSettings();
  if (settings.contains(QStringLiteral("window/geometry")))
    restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
  if (settings.contains(QStringLiteral("window/state")))
    restoreState(settings.value(QStringLiteral("window/state")).toByteArray());
  state_->layers().restore(
      QJsonDocument::fromJson(settings.value(QStringLiteral("window/layers")).toByteArray()).array());
  start_->setRecent(recentEntries());
  showStartPage();
}

MainWindow::~MainWindow() = default;

QDockWidget* MainWindow::addDock(const QString& name, const QString& title, QWidget* content,
                                 Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  dock->setWidget(content);
  dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetClosable);
  // Panels carry their own titles; a bare title bar would say everything twice.
  auto* bare = new QWidget(dock);
  bare->setFixedHeight(0);
  dock->setTitleBarWidget(bare);
  addDockWidget(area, dock);
  docks_ << dock;
  return dock;
}

void MainWindow::enterWorkspace(bool live) {
  pages_->setCurrentIndex(1);
  for (QDockWidget* dock : docks_)
    if (dock->property("shownInWorkspace").toBool() || !dock->property("shownInWorkspace").isValid()) {
      const bool extra = dock->objectName() == QLatin1String("parameters") ||
                         dock->objectName() == QLatin1String("problems");
      dock->setVisible(dock->property("shownInWorkspace").isValid() || !extra);
    }
  transport_->parentWidget()->setVisible(live);
  canvas_->setFocus();
}

void MainWindow::showStartPage() {
  if (pages_->currentIndex() == 1)
    for (QDockWidget* dock : docks_)
      dock->setProperty("shownInWorkspace", dock->isVisible());
  for (QDockWidget* dock : docks_)
    dock->hide();
  transport_->parentWidget()->hide();
  pages_->setCurrentIndex(0);
  start_->demoButton()->setFocus();
  refreshTitle();
}

bool MainWindow::confirmEndingRun() {
  const TrainerState state = bridge_->state();
  if (!bridge_->hasSession() || state == TrainerState::kStopped || state == TrainerState::kFailed ||
      state == TrainerState::kIdle)
    return true;
  const bool recorded = bridge_->facts() && !bridge_->facts()->config.out.empty();
  const auto answer =
      QMessageBox::question(this, tr("End this run?"),
                            recorded ? tr("Training is going on. Ending it keeps everything recorded so far.")
                                     : tr("Training is going on and is not recorded."),
                            QMessageBox::Ok | QMessageBox::Cancel);
  return answer == QMessageBox::Ok;
}

void MainWindow::startRun(const RunConfig& config, SessionOptions options) {
  if (!confirmEndingRun()) return;
  reader_.reset();
  recordedOnly_ = false;
  curves_->clear();
  scrubber_->clear();
  problems_->clear();
  evaluationText_->clear();
  transport_->clear();
  state_->setProbes({});
  state_->followLive();
  if (config.data != "demo") rememberRecent(QString::fromStdString(config.data));
  enterWorkspace(true);
  bridge_->start(config, std::move(options));
  refreshTitle();
}

void MainWindow::startDemo() {
  auto config = presetConfig("demo");
  if (!config) {
    messages_->show(config.error());
    return;
  }
  startRun(*config);
}

void MainWindow::openRecordedRun(const QString& folder) {
  if (!confirmEndingRun()) return;
  auto opened = openRun(folder.toStdString());
  if (!opened) {
    messages_->show(opened.error());
    return;
  }
  bridge_->retire();
  reader_ = *std::move(opened);
  recordedOnly_ = true;
  rememberRecent(folder);
  curves_->clear();
  scrubber_->clear();
  problems_->clear();
  evaluationText_->clear();
  const RunHeader& header = reader_->header();
  curves_->setDeclaration(header.declaration);
  for (const std::string& name : reader_->scalarNames())
    if (auto series = reader_->scalar(name)) curves_->history().set(name, *std::move(series));
  curves_->historyChanged();
  if (auto events = reader_->events()) {
    for (const RunEvent& event : *events)
      curves_->addEvent(event);
    scrubber_->setEvents(*std::move(events));
  } else {
    messages_->show(events.error());
  }
  probes_->setAvailableImages({});
  enterWorkspace(false);
  std::int64_t newest = -1;
  for (const std::string& probe : reader_->probeNames())
    if (const auto steps = reader_->recordedSteps(probe); !steps.empty())
      newest = std::max(newest, steps.back());
  if (newest < 0) {
    messages_->show(MessageKind::kNote,
                    tr("'%1' holds no evidence yet: nothing was recorded before it ended.").arg(folder));
  } else {
    refreshRecordedSteps();
    showRecordedStep(newest);
  }
  refreshTitle();
}

void MainWindow::refreshTitle() {
  QString what;
  if (recordedOnly_ && reader_)
    what = QStringLiteral("%1 · %2 · %3")
               .arg(QFileInfo(QString::fromStdString(reader_->folder())).fileName(),
                    QString::fromStdString(reader_->header().methodName),
                    QString::fromStdString(reader_->header().modelName));
  else if (bridge_->facts())
    what = QStringLiteral("%1 · %2 · %3")
               .arg(QString::fromStdString(bridge_->facts()->config.data),
                    QString::fromStdString(bridge_->facts()->config.method),
                    QString::fromStdString(bridge_->facts()->config.model));
  setWindowTitle(what.isEmpty() || pages_->currentIndex() == 0 ? QStringLiteral("Anchorscope")
                                                               : what + QStringLiteral(" – Anchorscope"));
}

void MainWindow::wireBridge() {
  connect(bridge_, &SessionBridge::stateChanged, this, [this](TrainerState state, const QString& reason) {
    transport_->setState(state, reason);
    if (state == TrainerState::kStopped)
      statusBar()->showMessage(tr("Training has stopped. %1").arg(reason), 8000);
    emit canvas_->headerChanged();
  });
  connect(bridge_, &SessionBridge::progress, transport_, &TransportBar::setProgress);
  connect(bridge_, &SessionBridge::factsAvailable, this, [this] {
    const SessionFacts& facts = *bridge_->facts();
    curves_->setDeclaration(facts.declaration);
    std::vector<std::string> names;
    for (const ScalarSpec& scalar : facts.declaration.scalars)
      names.push_back(scalar.name);
    transport_->setScalarNames(names);
    std::vector<std::string> images = facts.imageNames;
    images.insert(images.end(), facts.validationImageNames.begin(), facts.validationImageNames.end());
    probes_->setAvailableImages(images);
    if (!facts.weightsReport.empty())
      statusBar()->showMessage(QString::fromStdString(facts.weightsReport), 12000);
    refreshParameterForm();
    refreshTitle();
  });
  connect(bridge_, &SessionBridge::snapshotArrived, this, &MainWindow::onSnapshot);
  connect(bridge_, &SessionBridge::stepsArrived, this, &MainWindow::onSteps);
  connect(bridge_, &SessionBridge::evaluated, this, &MainWindow::showEvaluation);
  connect(bridge_, &SessionBridge::noteArrived, this, [this](const RunEvent& event) {
    curves_->addEvent(event);
    scrubber_->addEvent(event);
    const QString text = QString::fromStdString(event.text);
    if (event.kind == "thinned" || event.kind == "error") {
      messages_->show(MessageKind::kWarning, text);
      problems_->add(
          {tr("step %1").arg(countText(event.step)), QString::fromStdString(event.kind), text, {}});
    } else {
      statusBar()->showMessage(text, 8000);
    }
  });
  connect(bridge_, &SessionBridge::diagnosticsArrived, this, [this](const Diagnostics& diagnostics) {
    if (diagnostics.empty()) return;
    problems_->add(diagnostics);
    QStringList counts;
    for (const auto& [kind, count] : diagnostics.countsByKind())
      counts << tr("%1 × %2").arg(countText(static_cast<qint64>(count)), QString::fromStdString(kind));
    messages_->show(
        MessageKind::kWarning,
        tr("Some records of the data set are not used as they stand: %1. View ▸ Problems lists each.")
            .arg(counts.join(QStringLiteral(", "))));
  });
  connect(bridge_, &SessionBridge::commandRefused, this, [this](const Error& error) {
    messages_->show(error);
    refreshParameterForm();
  });
  connect(bridge_, &SessionBridge::failed, this, [this](const Error& error, const QString& culprit) {
    messages_->show(error);
    problems_->add({culprit, QString::fromLatin1(toString(error.code)), QString::fromStdString(error.message),
                    QString::fromStdString(error.action)});
    if (!culprit.isEmpty()) state_->setProbeName(culprit);
    // A run that never showed anything leaves an empty window: back to where the data was named.
    if (!bridge_->snapshot()) {
      showStartPage();
      start_->showProblem(QString::fromStdString(error.text()));
    }
  });
}

void MainWindow::onSnapshot(const std::shared_ptr<const Snapshot>& snapshot) {
  transport_->setStatus(snapshot->status);
  const RecordingState& recording = snapshot->status.recording;
  scrubber_->setLiveStep(snapshot->status.step);
  if (!recording.failure.empty())
    messages_->show(
        MessageKind::kWarning,
        tr("Recording has ended: %1. Training goes on.").arg(QString::fromStdString(recording.failure)));
  if (state_->followsLive()) {
    state_->setProbes(snapshot->probes);
    scrubber_->showStep(snapshot->status.step, true);
    curves_->setCurrentStep(-1);
  }
  const auto facts = bridge_->facts();
  if (facts && !facts->config.out.empty()) {
    QString note = tr("%1 frames recorded every %2 steps")
                       .arg(countText(recording.framesWritten))
                       .arg(facts->config.train.getInt("record_every"));
    if (recording.framesDropped > 0) note += tr(" · %1 dropped").arg(countText(recording.framesDropped));
    note += tr(" · %1 MB in %2")
                .arg(static_cast<double>(recording.bytesOnDisk) / 1e6, 0, 'f', 1)
                .arg(QString::fromStdString(facts->config.out));
    scrubber_->setNote(note);
  } else {
    scrubber_->setNote(tr("This run is not recorded: give it a run folder to go back in time."));
  }
}

void MainWindow::onSteps(const std::vector<StepEvent>& steps) {
  std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>> batch;
  for (const StepEvent& step : steps)
    batch.emplace_back(step.step, step.scalars);
  curves_->appendSteps(batch);
  std::vector<ScalarValue> losses;
  for (const ScalarValue& scalar : steps.back().scalars)
    if (scalar.name == "loss.cls" || scalar.name == "loss.loc") losses.push_back(scalar);
  transport_->setLosses(losses);
}

void MainWindow::showEvaluation(const EvaluationEvent& evaluation) {
  QStringList parts;
  for (const ScalarValue& metric : evaluation.metrics) {
    if (metric.name == "ap" || metric.name == "ap50")
      parts << QString::fromStdString(metric.name).toUpper() + QLatin1Char(' ') + numberText(metric.value);
    curves_->history().append(evaluation.step, {{"eval." + metric.name, metric.value}});
  }
  curves_->historyChanged();
  evaluationText_->setText(
      tr("validation at step %1: %2").arg(countText(evaluation.step), parts.join(QStringLiteral(" · "))));
  QStringList perClass;
  for (std::size_t i = 0; i < evaluation.perClassAp.size(); ++i)
    perClass << tr("%1: AP %2, AP50 %3")
                    .arg(QString::fromStdString(evaluation.perClassAp[i].name),
                         numberText(evaluation.perClassAp[i].value),
                         i < evaluation.perClassAp50.size() ? numberText(evaluation.perClassAp50[i].value)
                                                            : QStringLiteral("–"));
  evaluationText_->setToolTip(perClass.join(QLatin1Char('\n')));
}

void MainWindow::refreshParameterForm() {
  const auto facts = bridge_->facts();
  if (!facts) return;
  ParamSet live;
  const auto addLive = [&](const ParamSet& from, const char* prefix) {
    ParamSet all;
    all.merge(from, prefix);
    std::vector<ParamSpec> kept;
    for (const ParamSpec& spec : all.specs())
      if (spec.effect == ParamEffect::kNextStep) kept.push_back(spec);
    ParamSet chosen(kept);
    for (const ParamSpec& spec : kept)
      if (!chosen.setValue(spec.name, all.get(spec.name))) continue;
    live.merge(chosen, "");
  };
  addLive(facts->config.train, "train");
  addLive(facts->config.methodParams, "method");
  parameters_->setParams(live);
}

void MainWindow::wireHistory() {
  connect(scrubber_, &HistoryScrubber::stepWanted, this, &MainWindow::showRecordedStep);
  connect(curves_, &CurvesView::stepClicked, this, [this](std::int64_t step) {
    const auto& steps = scrubber_->steps();
    if (steps.empty()) return;
    const auto after = std::lower_bound(steps.begin(), steps.end(), step);
    const std::int64_t nearest = after == steps.end() ? steps.back()
                                 : after == steps.begin() || *after - step < step - *(after - 1)
                                     ? *after
                                     : *(after - 1);
    showRecordedStep(nearest);
  });
  connect(scrubber_, &HistoryScrubber::liveWanted, this, [this] {
    state_->followLive();
    if (bridge_->snapshot()) onSnapshot(bridge_->snapshot());
    emit canvas_->headerChanged();
  });
  // What has been recorded meanwhile; reading the list of steps is cheap, but need not follow every snapshot.
  auto* timer = new QTimer(this);
  timer->setInterval(700);
  connect(timer, &QTimer::timeout, this, [this] {
    if (!recordedOnly_ && bridge_->hasSession()) refreshRecordedSteps();
  });
  timer->start();
}

void MainWindow::refreshRecordedSteps() {
  if (!recordedOnly_) {
    const auto facts = bridge_->facts();
    if (!facts || facts->config.out.empty()) return;
    if (!reader_) {
      auto opened = openRun(facts->config.out);
      if (!opened) return;  // nothing is committed yet; the next round finds it
      reader_ = *std::move(opened);
    } else if (Status status = reader_->refresh(); !status) {
      messages_->show(status.error());
      return;
    }
  }
  std::vector<std::int64_t> steps;
  for (const std::string& probe : reader_->probeNames()) {
    const auto own = reader_->recordedSteps(probe);
    steps.insert(steps.end(), own.begin(), own.end());
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  if (recordedOnly_)
    scrubber_->setNote(
        tr("%1 recorded steps · %2")
            .arg(countText(static_cast<qint64>(steps.size())), QString::fromStdString(reader_->folder())));
  scrubber_->setSteps(std::move(steps));
}

void MainWindow::showRecordedStep(std::int64_t step) {
  if (!reader_) return;
  std::vector<std::shared_ptr<const ProbeFrame>> frames;
  for (const std::string& probe : reader_->probeNames()) {
    const auto steps = reader_->recordedSteps(probe);
    if (!std::binary_search(steps.begin(), steps.end(), step)) continue;  // pinned later or unpinned earlier
    auto frame = reader_->frame(probe, step);
    if (frame)
      frames.push_back(*std::move(frame));
    else
      messages_->show(frame.error());
  }
  if (frames.empty()) return;
  state_->pinStep(step);
  state_->setProbes(std::move(frames));
  scrubber_->showStep(step, false);
  curves_->setCurrentStep(step);
  std::vector<ScalarValue> losses;
  for (const char* name : {"loss.cls", "loss.loc"})
    losses.push_back({name, curves_->history().valueAt(name, step)});
  emit canvas_->headerChanged();
}

void MainWindow::rememberRecent(const QString& entry) {
  addRecentEntry(entry);
  start_->setRecent(recentEntries());
}

void MainWindow::closeEvent(QCloseEvent* event) {
  QSettings settings = openSettings();
  settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
  if (pages_->currentIndex() == 1) settings.setValue(QStringLiteral("window/state"), saveState());
  settings.setValue(QStringLiteral("window/layers"),
                    QJsonDocument(state_->layers().save()).toJson(QJsonDocument::Compact));
  hide();
  bridge_->retire();
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  for (const QUrl& url : event->mimeData()->urls()) {
    const QString path = url.toLocalFile();
    if (path.isEmpty()) continue;
    if (QFileInfo::exists(path + QStringLiteral("/trace.sqlite"))) {
      openRecordedRun(path);
    } else if (const QString spec = guessDataSpec(path); !spec.isEmpty()) {
      if (!confirmEndingRun()) return;
      bridge_->retire();
      showStartPage();
      start_->setDataSpec(spec);
    } else {
      messages_->show(MessageKind::kWarning,
                      tr("'%1' is neither a data set nor a recorded run that can be recognised.").arg(path));
    }
    return;
  }
}

}  // namespace anchorscope
