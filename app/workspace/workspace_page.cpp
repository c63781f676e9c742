#include "app/workspace/workspace_page.h"

#include <QDockWidget>
#include <QMainWindow>
#include <QMenu>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "app/run/run_controller.h"
#include "app/workspace/canvas_grid.h"
#include "app/workspace/panel.h"
#include "app/workspace/parameter_undo.h"
#include "app/workspace/until_menu.h"
#include "app/workspace/workspace.h"
#include "widgets/actions/action_registry.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/batch_list.h"
#include "widgets/panels/canvas_tools.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/layers_panel.h"
#include "widgets/panels/parameters_panel.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

/// Of the arrangement of the docks.
constexpr int kLayoutVersion = 2;

}  // namespace

WorkspacePage::WorkspacePage(QMainWindow& host, Workspace& workspace, RunController& run, Notifier& notifier)
    : workspace_(workspace),
      liveParameters_(run.bridge()),
      docks_(host, kLayoutVersion),
      canvases_(new CanvasGrid(workspace)),
      preparing_(new PreparingView),
      stage_(new QStackedWidget),
      probes_(new ProbesPanel(workspace.active())),
      layers_(new LayersPanel(workspace.active())),
      inspector_(new InspectorPanel(workspace.active())),
      curves_(new CurvesView),
      scrubber_(new HistoryScrubber),
      evaluation_(new EvaluationPanel),
      parameters_(new ParametersPanel(liveParameters_)),
      transport_(new TransportBar(this)),
      exports_(*this, workspace, *canvases_, *curves_, notifier) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  stage_->addWidget(canvases_);
  stage_->addWidget(preparing_);
  column->addWidget(stage_, 1);
  makeDocks(host, run, notifier);
  wire(run, notifier);
  wireCanvases();
}

WorkspacePage::~WorkspacePage() {
  delete transport_;
}

void WorkspacePage::makeDocks(QMainWindow& host, RunController& run, Notifier& notifier) {
  auto* left = new QSplitter(Qt::Vertical);
  left->setChildrenCollapsible(false);
  left->addWidget(probes_);
  left->addWidget(layers_);
  left->setStretchFactor(0, 2);
  left->setStretchFactor(1, 5);
  left->setSizes({240, 460});
  auto* bottom = new QWidget;
  auto* column = new QVBoxLayout(bottom);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(curves_, 1);
  column->addWidget(scrubber_);
  docks_.add("probesAndLayers", tr("Probes and layers"), left, Qt::LeftDockWidgetArea);
  QDockWidget* inspector = docks_.add("inspector", tr("Inspector"), inspector_, Qt::RightDockWidgetArea);
  docks_.add("curves", tr("Curves and history"), bottom, Qt::BottomDockWidgetArea);
  QDockWidget* parameters =
      docks_.add("parameters", tr("Live parameters"), parameters_, Qt::RightDockWidgetArea);
  QDockWidget* evaluation = docks_.add("evaluation", tr("Evaluation"), evaluation_, Qt::RightDockWidgetArea);
  host.tabifyDockWidget(inspector, parameters);
  host.tabifyDockWidget(parameters, evaluation);
  for (QDockWidget* dock : {parameters, evaluation})
    dock->hide();
  addPanels(host, {workspace_, run, liveParameters_, curves_->history(), notifier, docks_});
  docks_.setShare("probesAndLayers", Qt::Horizontal, {0.185, 190, 236});
  docks_.setShare("inspector", Qt::Horizontal, {0.27, 280, 344});
  docks_.setShare("curves", Qt::Vertical, {0.27, 150, 216});
}

CanvasView& WorkspacePage::canvas() {
  return canvases_->activeCanvas();
}

void WorkspacePage::wireCanvases() {
  connect(&canvases_->tools(), &CanvasTools::evaluationClicked, this, [this] { docks_.show("evaluation"); });
  // What is selected is told in the inspector: from behind another tab it comes forward.
  connect(&workspace_.selection(), &Selection::changed, this, [this] {
    QDockWidget* dock = docks_.find("inspector");
    const Selected& selected = workspace_.selection().selected();
    const bool something = selected.object >= 0 || selected.candidate >= 0;
    // Unless what stands there tells of it, too.
    const bool told = std::ranges::any_of(docks_.all(), [](const QDockWidget* other) {
      return other->widget()->property("tellsOfSelection").toBool() &&
             !other->widget()->visibleRegion().isEmpty();
    });
    if (something && !told && canvas().hasFocus() && dock->isVisible() &&
        inspector_->visibleRegion().isEmpty())
      dock->raise();
  });
  connect(&workspace_, &Workspace::activeChanged, this, [this] {
    probes_->setCanvas(workspace_.active());
    layers_->setCanvas(workspace_.active());
    inspector_->setCanvas(workspace_.active());
  });
}

void WorkspacePage::wire(RunController& run, Notifier& notifier) {
  keepParameterUndo(workspace_.undoStack(), liveParameters_, notifier);
  connect(parameters_, &ParametersPanel::cannotChange, this, [&notifier](const QString& key) {
    notifier.tell(
        {MessageKind::kNote,
         tr("%1 cannot change while training: start a new run with it, or take the change back.").arg(key),
         {},
         MessageScope::kRun});
  });
  connect(transport_, &TransportBar::commanded, this, [&run](const Command& command) {
    if (!std::holds_alternative<StopCommand>(command) || run.confirmStopping()) run.bridge().post(command);
  });
  connect(transport_, &TransportBar::continueWanted, &run, qOverload<>(&RunController::goOn));
  connect(evaluation_, &EvaluationPanel::evaluateWanted, this,
          [&run] { run.bridge().post(EvaluateCommand{}); });
  connect(evaluation_, &EvaluationPanel::cancelWanted, this,
          [&run] { run.bridge().post(CancelEvaluationCommand{}); });
  connect(probes_, &ProbesPanel::imageWanted, this, &WorkspacePage::imageWanted);
  connect(probes_, &ProbesPanel::probesWanted, this,
          [&run](const std::vector<std::string>& names) { run.bridge().post(SetProbesCommand{names}); });
  connect(&probes_->batch(), &BatchList::showWanted, this,
          [&run](bool shown) { run.bridge().post(ShowBatchCommand{shown}); });
  connect(transport_->untilMenu(), &QMenu::aboutToShow, this,
          [this, &run] { fillUntilMenu(*transport_, workspace_, run.bridge()); });
  inspector_->setContextMenuPolicy(Qt::CustomContextMenu);
  connect(inspector_, &QWidget::customContextMenuRequested, this, [this, &run](const QPoint& at) {
    if (run.isLive() && !run.isEnded()) transport_->untilMenu()->popup(inspector_->mapToGlobal(at));
  });
}

void WorkspacePage::enter(bool preparing) {
  emit entered();
  docks_.enter();
  transport_->show();
  stage_->setCurrentWidget(preparing ? static_cast<QWidget*>(preparing_) : canvases_);
  canvas().setFocus();
}

void WorkspacePage::leave() {
  docks_.leave();
  transport_->hide();
  emit left();
}

QString WorkspacePage::whyNoEvaluation(const ActionContext& at) {
  return at.hasValidation ? QString()
                          : tr("This run has no validation images: they are named when a run is started.");
}

void WorkspacePage::refresh(const ActionContext& at, const RunController& run) {
  evaluation_->setCanEvaluate(at.takesCheckpoint && at.hasValidation, whyNoEvaluation(at));
  parameters_->setCanChange(
      at.takesParameters,
      !run.isLive() || at.takesParameters
          ? tr("A change takes effect at the next step and is marked in the curves.")
      : run.isEnded()
          ? tr("This run has ended with these values. They can be changed again once it is continued.")
          : tr("They can be changed while training runs or pauses."));
}

void WorkspacePage::showCanvas() {
  stage_->setCurrentWidget(canvases_);
}

}  // namespace anchorscope
