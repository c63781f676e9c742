#pragma once
// Curves of scalars over steps: raw, thin; smoothed, bold; with the present step and event marks.

#include <QStringList>
#include <QWidget>
#include <memory>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/evidence/specs.h"
#include "widgets/plot/curve_history.h"

class QCPItemStraightLine;
class QCustomPlot;
class QLabel;
class QSlider;
class QTimer;
class QToolButton;
class QMenu;

namespace anchorscope {

/// GUI thread only. Replots at most 20 times a second however many steps arrive.
class CurvesView : public QWidget {
  Q_OBJECT

 public:
  explicit CurvesView(QWidget* parent = nullptr);
  ~CurvesView() override;

  CurveHistory& history() { return history_; }
  /// Titles and colours of scalars.
  void setDeclaration(const EvidenceDeclaration& declaration);
  void appendSteps(const std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>>& steps);
  void addEvent(const RunEvent& event);
  void setShown(const QStringList& names);
  QStringList shown() const { return shown_; }
  /// The step all views stand at; -1 hides the line.
  void setCurrentStep(std::int64_t step);
  double smoothing() const;
  void clear();
  /// Call after changing history() directly.
  void historyChanged();

  /// The step at an x of the plot, as a click takes it.
  std::int64_t stepAt(int plotX) const;

  /// The plot as shown, vectorised: .pdf, .png or .csv (every shown scalar, raw). Whole or not at all.
  Status exportTo(const QString& path, Overwrite overwrite) const;
  QCustomPlot* plot() const { return plot_; }

 signals:
  void stepClicked(std::int64_t step);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void scheduleReplot();
  void replot();
  void applyColors();
  void rebuildMenu();
  QColor colorOf(const QString& name) const;
  QString titleOf(const QString& name) const;

  CurveHistory history_;
  EvidenceDeclaration declaration_;
  QStringList shown_{QStringLiteral("loss.cls"), QStringLiteral("loss.loc")};
  std::vector<RunEvent> events_;
  std::int64_t currentStep_ = -1;
  QCustomPlot* plot_;
  QTimer* timer_;
  QSlider* smoothing_;
  QLabel *smoothingText_, *legend_;
  QToolButton* choose_;
  QMenu* menu_;
  std::vector<std::string> menuNames_;
  bool followsX_ = true;
};

}  // namespace anchorscope
