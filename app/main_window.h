#pragma once
// The main window: start page or workspace, docks, menus; wires the bridge, the view state and the panels
// together.

#include <QMainWindow>
#include <memory>

#include "core/store/run_reader.h"
#include "core/trainer/session.h"
#include "widgets/state/view_state.h"
#include "widgets/theme/app_theme.h"

class QDockWidget;
class QLabel;
class QLineEdit;
class QStackedWidget;
class QTableView;

namespace anchorscope {

class CanvasView;
class CurvesView;
class HistoryScrubber;
class InspectorPanel;
class LayersPanel;
class MessageBar;
class ParamForm;
class ProbesPanel;
class ProblemsModel;
class SessionBridge;
class StartPage;
class TransportBar;

/// GUI thread only.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(QWidget* parent = nullptr);
  ~MainWindow() override;

  /// Starts a run; an unusable config is shown as a message.
  void startRun(const RunConfig& config, SessionOptions options = {});
  /// The demo preset, training at once.
  void startDemo();
  /// Opens a recorded run for looking; a live run is ended first (after asking).
  void openRecordedRun(const QString& folder);
  void showStartPage();

  SessionBridge& bridge() { return *bridge_; }
  ViewState& viewState() { return *state_; }
  CanvasView& canvas() { return *canvas_; }
  MessageBar& messages() { return *messages_; }
  StartPage& startPage() { return *start_; }

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  QDockWidget* addDock(const QString& name, const QString& title, QWidget* content, Qt::DockWidgetArea area);
  void makeMenus();
  void wireBridge();
  void wireHistory();
  void enterWorkspace(bool live);
  bool confirmEndingRun();
  void exportView();
  void exportCurves();
  void showCheatSheet();
  void resetLayout();
  void setTheme(ThemeChoice choice);
  void rememberRecent(const QString& entry);
  void refreshRecordedSteps();
  void showRecordedStep(std::int64_t step);
  void onSnapshot(const std::shared_ptr<const Snapshot>& snapshot);
  void onSteps(const std::vector<StepEvent>& steps);
  void showEvaluation(const EvaluationEvent& evaluation);
  void refreshParameterForm();
  void refreshTitle();

  std::unique_ptr<ViewState> state_;
  SessionBridge* bridge_;
  std::shared_ptr<RunReader> reader_;  ///< Of the recorded run, or of the live run's folder.
  bool recordedOnly_ = false;
  QStackedWidget* pages_;
  StartPage* start_;
  TransportBar* transport_;
  MessageBar* messages_;
  CanvasView* canvas_;
  QLabel *canvasTitle_, *canvasInfo_, *statusText_, *evaluationText_;
  ProbesPanel* probes_;
  LayersPanel* layers_;
  InspectorPanel* inspector_;
  CurvesView* curves_;
  HistoryScrubber* scrubber_;
  ProblemsModel* problems_;
  QTableView* problemsTable_;
  ParamForm* parameters_;
  QLineEdit* parameterSearch_;
  QList<QDockWidget*> docks_;
  QDockWidget* problemsDock_ = nullptr;
  QByteArray defaultLayout_;
  QByteArray defaultGeometry_;
};

}  // namespace anchorscope
