#pragma once
// All that shows a run: the canvases in the middle, the panels in docks around it, the transport. It is put
// together here and knows nothing of where what it shows comes from.

#include <QWidget>

#include "app/workspace/exports.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/docks/dock_manager.h"

class QMainWindow;
class QStackedWidget;

namespace anchorscope {

class CanvasGrid;
class CanvasView;
class CurvesView;
class EvaluationPanel;
class HistoryScrubber;
class InspectorPanel;
class LayersPanel;
class Notifier;
class ParametersPanel;
class PreparingView;
class ProbesPanel;
class RunController;
class TransportBar;
class Workspace;
struct ActionContext;

/// Owns every view: they go when it goes. GUI thread only.
class WorkspacePage : public QWidget {
  Q_OBJECT

 public:
  /// `host` gets the docks. All must outlive it.
  WorkspacePage(QMainWindow& host, Workspace& workspace, RunController& run, Notifier& notifier);
  ~WorkspacePage() override;

  /// Comes into sight, a run that is being prepared with what is done for it.
  void enter(bool preparing);
  void leave();
  void showCanvas();
  /// What can be done with the run at present.
  void refresh(const ActionContext& at, const RunController& run);
  /// Why this run cannot be evaluated at all; empty when it can.
  static QString whyNoEvaluation(const ActionContext& at);

  CanvasGrid& canvases() { return *canvases_; }
  /// The active one.
  CanvasView& canvas();
  CurvesView& curves() { return *curves_; }
  DockManager& docks() { return docks_; }
  EvaluationPanel& evaluation() { return *evaluation_; }
  Exports& exports() { return exports_; }
  InspectorPanel& inspector() { return *inspector_; }
  LayersPanel& layers() { return *layers_; }
  ParametersPanel& parameters() { return *parameters_; }
  PreparingView& preparing() { return *preparing_; }
  ProbesPanel& probes() { return *probes_; }
  HistoryScrubber& scrubber() { return *scrubber_; }
  /// Stands where the window wants it, which is its parent then.
  TransportBar& transport() { return *transport_; }

 signals:
  void entered();
  void left();
  void imageWanted(const QString& name);  ///< One that is no probe yet, perhaps.

 private:
  void makeDocks(QMainWindow& host, RunController& run, Notifier& notifier);
  void wire(RunController& run, Notifier& notifier);
  void wireCanvases();

  Workspace& workspace_;
  LiveParameters liveParameters_;
  DockManager docks_;
  CanvasGrid* canvases_;
  PreparingView* preparing_;
  QStackedWidget* stage_;
  ProbesPanel* probes_;
  LayersPanel* layers_;
  InspectorPanel* inspector_;
  CurvesView* curves_;
  HistoryScrubber* scrubber_;
  EvaluationPanel* evaluation_;
  ParametersPanel* parameters_;
  TransportBar* transport_;
  Exports exports_;
};

}  // namespace anchorscope
