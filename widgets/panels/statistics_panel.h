#pragma once
// Statistics of the run through its recorded steps, as curves: what of them is shown is chosen as with
// scalars.

#include <QWidget>
#include <memory>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/statistics/run_statistics.h"

class QLabel;
class QToolButton;

namespace anchorscope {

class CurvesView;
class ReliabilityView;
class StatisticsReading;

/// Measures once it is seen, on another thread, and only then. GUI thread only.
class StatisticsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit StatisticsPanel(QWidget* parent = nullptr);
  ~StatisticsPanel() override;

  /// Another run's folder; empty: none is recorded.
  void setRun(const QString& folder);
  /// Something may have been recorded since.
  void refreshSteps();
  /// The step all views stand at; -1: what is live.
  void setCurrentStep(std::int64_t step);

  CurvesView& curves() { return *curves_; }
  const ReliabilityView& reliability() const { return *reliability_; }
  const std::vector<StatisticSeries>& series() const { return series_; }
  bool isComplete() const { return complete_; }
  /// All that was measured (.csv, .json), or the curves that are shown as a figure (.pdf, .svg, .png).
  Status exportTo(const QString& path, Overwrite overwrite) const;

 signals:
  void stepWanted(std::int64_t step);
  /// Moments that were left out, a sentence each.
  void problemsFound(const std::vector<std::string>& problems);
  void failed(const anchorscope::Error& error);
  void exported(const QString& path);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void begin();
  void take(const std::vector<StatisticSeries>& parts, std::size_t done, std::size_t steps);
  void refreshNote();
  void refreshReliability();
  void askForFile();

  QString folder_;
  std::unique_ptr<StatisticsReading> reading_;
  std::vector<StatisticSeries> series_;
  std::vector<std::string> problems_;
  std::size_t done_ = 0, steps_ = 0;
  bool complete_ = false;
  std::int64_t currentStep_ = -1;
  CurvesView* curves_;
  ReliabilityView* reliability_;
  QLabel* note_;
  QToolButton* export_;
};

}  // namespace anchorscope
