#pragma once
// The main window: start page or workspace, docks, menus; wires the bridge, the view state and the panels
// together.

#include <QMainWindow>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/exporter.h"
#include "app/run/leftover_list.h"
#include "app/run/run_controller.h"
#include "core/base/atomic_file.h"
#include "core/session/session.h"
#include "widgets/actions/action_registry.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/docks/dock_manager.h"
#include "widgets/figure/figure.h"
#include "widgets/notify/notifier.h"
#include "widgets/source/live_source.h"
#include "widgets/source/recorded_source.h"
#include "widgets/state/view_state.h"
#include "widgets/theme/app_theme.h"

class QLabel;
class QMenu;
class QMenuBar;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace anchorscope {

class CanvasView;
class CurvesView;
class EvaluationPanel;
class HelpWindow;
class HistoryScrubber;
class InspectorPanel;
class LayersPanel;
class ParametersPanel;
class PreparingView;
class ProbesPanel;
class StartPage;
class TransportBar;

/// How exported views and curves are drawn.
struct ExportOptions {
  double widthMm = 84;
  int dpi = 300;
  FigureTheme theme = FigureTheme::kLight;
  std::size_t rasterAbove = 20'000;
  Overwrite overwrite = Overwrite::kNo;
};

/// GUI thread only.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(SessionFactory factory = startSession, QWidget* parent = nullptr);
  ~MainWindow() override;

  /// Starts a run; an unusable config is shown as a message. A run without a folder is recorded into a
  /// temporary one, so that it can be gone back in.
  void startRun(const RunConfig& config, SessionOptions options = {});
  /// The demo preset, training at once.
  void startDemo(SessionOptions options = {});
  /// Opens a recorded run for looking; a live run is ended first (after asking).
  void openRecordedRun(const QString& folder);
  /// Ends what is shown (without asking) and goes back to the first page.
  void showStartPage();
  /// Ends the window without a question, as a signal to the program does: a recording that was not kept is
  /// left for the next start.
  void closeForGood();

  /// Writes the current view; what went wrong is shown as a message, too.
  void exportViewTo(const QString& path, const ExportOptions& options = {});
  void exportCurvesTo(const QString& path, const ExportOptions& options = {});
  bool isExporting() const { return exporter_.isBusy(); }

  void setTheme(ThemeChoice choice);
  /// Opens the help at the page that tells of this method, detector or topic.
  void showHelp(const QString& what);
  /// How the window asks; a test answers itself.
  void setAsk(std::function<Answer(const Question&)> ask) { run_->questions().ask = std::move(ask); }

  RunController& run() { return *run_; }
  SessionBridge& bridge() { return run_->bridge(); }
  ViewState& viewState() { return *state_; }
  CanvasView& canvas() { return *canvas_; }
  CurvesView& curves() { return *curves_; }
  EvaluationPanel& evaluation() { return *evaluation_; }
  HistoryScrubber& scrubber() { return *scrubber_; }
  InspectorPanel& inspector() { return *inspector_; }
  LayersPanel& layersPanel() { return *layers_; }
  Notifier& notifier() { return notifier_; }
  ParametersPanel& parameters() { return *parametersPanel_; }
  PreparingView& preparing() { return *preparing_; }
  ProbesPanel& probesPanel() { return *probes_; }
  StartPage& startPage() { return *start_; }
  TransportBar& transport() { return *transport_; }
  /// Null until the help is opened for the first time.
  HelpWindow* help() const { return help_; }
  bool onStartPage() const;
  ActionRegistry& actions() { return *actions_; }
  DockManager& docks() { return *docks_; }
  /// The recorded run that is looked at, or null.
  const RecordedSource* recordedRun() const { return recorded_.get(); }

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  // main_window.cpp
  void makeWorkspace();
  void makeDocks();
  void makeStatusBar();
  void refreshProblemsButton();
  void showPage(int index);
  void enterWorkspace(bool live);
  void leaveWorkspace();
  void refreshTitle();
  void refreshHeader();
  void openPath(const QString& path);
  void rememberRecent(const QString& entry);

  // main_window_actions.cpp
  void makeMenus();
  ActionContext actionContext() const;
  void refreshActions();
  void fillRecent(QMenu& menu);
  void showAbout();
  void showCheatSheet();
  void exportView();
  void exportCurves();
  /// Draws and writes while the window goes on; tells failures, and `written` what was done.
  void exportFile(const QString& path, std::function<Result<FigureReport>()> write,
                  std::function<void(const FigureReport&)> written);

  // main_window_run.cpp
  void wireBridge();
  void beginRun(const QString& what);
  void onFacts();
  void onSnapshot(const std::shared_ptr<const Snapshot>& snapshot);
  void onSteps(const std::vector<StepEvent>& steps);
  void onFailed(const Error& error, const QString& culprit);
  void onNote(const RunEvent& event);
  void showEvaluationSummary(std::int64_t step, const std::vector<ScalarValue>& metrics);
  void refreshEvaluationButton(const QString& what, double fraction);
  void selectWantedProbe();
  void showProbes(std::vector<std::shared_ptr<const ProbeFrame>> probes);
  /// `show` gives the view state what there is to see; its look is made to fit.
  void showFrames(const std::function<void()>& show);
  void refreshRecordingNote(const RecordingState& recording);

  // main_window_help.cpp
  QString presentTopic() const;

  // main_window_history.cpp
  void wireHistory();
  /// Of what is looked at; null on the first page.
  EvidenceSource* source();
  void wireSource(EvidenceSource& source);
  void releaseSources();
  void showOpenedRun();
  void refreshRecordedSteps();
  void showRecordedStep(std::int64_t step);
  void showMoment(const Moment& moment);
  void returnToWhatIsShown(std::int64_t missingStep);
  void onScalars(const ScalarParts& parts);
  void tellDamage(const std::vector<std::string>& problems);
  /// As the curves' history holds it, which a live and a recorded run fill alike.
  EvaluationEvent evaluationAt(std::int64_t step) const;
  void refreshEvaluations();

  // main_window_ending.cpp
  void wireRun();
  void refreshLeftovers();
  void keepLeftover(const QString& folder);
  void discardLeftover(const QString& folder);

  Notifier notifier_;
  std::unique_ptr<ViewState> state_;
  LeftoverList leftovers_;
  std::unique_ptr<RunController> run_;
  LiveParameters parameters_;
  std::unique_ptr<RecordedSource> opening_, recorded_;  ///< The run to be looked at, and the one that is.
  std::unique_ptr<LiveSource> live_;
  std::vector<std::string> damage_;  ///< Found in what is looked at.
  bool wasLive_ = false;             ///< When the recorded step was asked for that is not shown yet.
  bool showPredictions_ = false;     ///< With the next frame.
  bool evaluating_ = false;
  QString evaluated_;    ///< The newest evaluation in a line.
  QString wantedProbe_;  ///< To be selected when its evidence arrives.
  Exporter exporter_;
  std::unique_ptr<DockManager> docks_;
  QMenuBar* menus_;
  ActionRegistry* actions_;
  QStackedWidget *pages_, *stage_;
  StartPage* start_;
  TransportBar* transport_;
  CanvasView* canvas_;
  PreparingView* preparing_;
  QLabel *canvasTitle_, *canvasInfo_, *statusText_, *runTitle_;
  QToolButton *problemsButton_, *evaluationButton_, *evaluationCancel_;
  ProbesPanel* probes_;
  LayersPanel* layers_;
  InspectorPanel* inspector_;
  CurvesView* curves_;
  EvaluationPanel* evaluation_;
  HistoryScrubber* scrubber_;
  QTableView* problemsTable_;
  ParametersPanel* parametersPanel_;
  HelpWindow* help_ = nullptr;
};

}  // namespace anchorscope
