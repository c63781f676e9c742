#pragma once
// Curves of scalars over steps: raw, thin; smoothed, bold; with the present step and event marks.

#include <QColor>
#include <QStringList>
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/evidence/specs.h"
#include "widgets/plot/curve_plan.h"
#include "widgets/plot/curve_sets.h"
#include "widgets/plot/event_marks.h"

class QCPAxis;
class QCustomPlot;
class QLabel;
class QSlider;
class QHBoxLayout;
class QTimer;
class QToolButton;
class QVBoxLayout;

namespace anchorscope {

class CurveLegend;
class ScalarPicker;

/// How curves are written: as a figure of the whole width, not as the window shows them.
struct CurveExport {
  double widthMm = 84;
  double dpi = 300;  ///< PNG
  FigureTheme theme = FigureTheme::kLight;
};

/// GUI thread only. Replots at most 20 times a second however many steps arrive, and less often where a plot
/// takes long. The wheel zooms and dragging
/// pans along the steps; the values' axes follow what is in view. Curves of unlike units have axes of their
/// own.
class CurvesView : public QWidget {
  Q_OBJECT

 public:
  explicit CurvesView(QWidget* parent = nullptr);
  ~CurvesView() override;

  /// What stands above them; "CURVES" at first.
  void setTitle(const QString& title);
  ScalarStore& history() { return history_; }
  /// Titles, units and colours of scalars.
  /// Where none of the curves that are shown is among its scalars, the run's losses are (mainLosses).
  void setDeclaration(const EvidenceDeclaration& declaration);
  /// Another run's scalars, which are drawn dashed beside this one's; until it is removed, also over clear().
  ScalarStore& addBeside(const QString& run);
  void removeBeside(const QString& run);
  void addEvent(const RunEvent& event);
  void setShown(const QStringList& names);
  /// Offered with those that are known by their names, in front of them.
  void setSets(std::vector<CurveSet> sets) { sets_ = std::move(sets); }
  QStringList shown() const { return shown_; }
  /// The step all views stand at; -1 hides the line: they follow what is live.
  void setCurrentStep(std::int64_t step);
  double smoothing() const;
  void clear();
  /// Call after changing history() directly.
  void historyChanged();

  /// The step at an x of the plot, as a click takes it.
  std::int64_t stepAt(int plotX) const;
  /// Steps in view, and what the axis of a shown scalar spans there; nothing for one that is not drawn.
  StepRange steps() const;
  std::optional<ValueSpan> span(const QString& name) const;
  /// The labels at an axis' ticks as they stand there: 0 the steps, 1 the first axis of values and so on.
  QStringList tickLabels(int axis) const;

  /// The steps in view as a figure (.pdf, .svg or .png), or all raw values that are kept of the shown scalars
  /// (.csv). Both say where points stand for more than themselves. Whole or not at all.
  Status exportTo(const QString& path, Overwrite overwrite, const CurveExport& figure = {}) const {
    return exportJob(path, overwrite, figure)({});
  }
  /// The same as what can be called on any thread, of what is shown now.
  using ExportJob = std::function<Status(const FigureProgress&)>;
  ExportJob exportJob(const QString& path, Overwrite overwrite, const CurveExport& figure = {}) const;
  /// What of the shown curves is not exact any more, as thinnedText tells it; empty when all is.
  QString thinned() const;
  const CurveLegend* legend() const { return legend_; }

 signals:
  /// A click. While the views follow what is live it waits for a second one: a double-click shows all steps.
  void stepClicked(std::int64_t step);

 protected:
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void makePlot();
  void connectPlot();
  void scheduleReplot();
  void replot();
  void drawCurves();
  void drawMarks();
  void fitTicks();
  void fitValues();
  void setAxisCount(std::size_t count);
  void styleAxis(QCPAxis* axis);
  void applyColors();
  void showAll();
  void setCursorStep(std::optional<std::int64_t> step);
  void refreshLegend();
  void choose();
  StepRange allSteps() const;
  std::int64_t lastStep() const;
  /// `apart`: as planCurves takes it.
  CurvePlan plan(double apart) const;
  std::vector<std::string> shownNames() const;

  struct Beside {
    QString run;
    std::unique_ptr<ScalarStore> history;
  };

  std::vector<CurveSet> sets_;
  ScalarStore history_;
  std::vector<Beside> beside_;
  EvidenceDeclaration declaration_;
  QStringList shown_{QStringLiteral("loss.cls"), QStringLiteral("loss.loc")};
  EventMarks events_;
  std::int64_t currentStep_ = -1;
  std::optional<std::int64_t> cursorStep_;  ///< Under the mouse.
  CurvePlan plan_;                          ///< As drawn.
  std::vector<QCPAxis*> valueAxes_;
  QCustomPlot* plot_;
  QTimer *timer_, *click_;  ///< click_: runs out when a click stays single.
  QSlider* smoothing_;
  QLabel *title_, *smoothingText_;
  QVBoxLayout* rows_;
  QHBoxLayout* head_;
  CurveLegend* legend_;
  QToolButton* choose_;
  ScalarPicker* picker_ = nullptr;
  QPoint pressedAt_;
  std::int64_t clickedStep_ = 0;
  bool followsX_ = true, settingRange_ = false, afterDoubleClick_ = false;
};

}  // namespace anchorscope
