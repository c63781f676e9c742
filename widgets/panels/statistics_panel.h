#pragma once
// Statistics of the run through its recorded steps, as curves: what of them is shown is chosen as with
// scalars.

#include <QStringList>
#include <QWidget>
#include <map>
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

  /// Another run's folder; empty: none is recorded. What was measured of the one before is kept, and goes on
  /// being measured.
  void setRun(const QString& folder);
  /// What was measured of runs in other folders is dropped.
  void keepOnly(const QStringList& folders);
  /// Something may have been recorded since.
  void refreshSteps();
  /// The step all views stand at; -1: what is live.
  void setCurrentStep(std::int64_t step);

  CurvesView& curves() { return *curves_; }
  const ReliabilityView& reliability() const { return *reliability_; }
  const std::vector<StatisticSeries>& series() const { return measured().series; }
  bool isComplete() const { return measured().complete; }
  /// All that was measured (.csv, .json), or the curves that are shown as a figure (.pdf, .svg, .png).
  Status exportTo(const QString& path, Overwrite overwrite) const;

 signals:
  void stepWanted(std::int64_t step);
  void failed(const anchorscope::Error& error);
  void exported(const QString& path);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  /// Of one run.
  struct Measured {
    std::unique_ptr<StatisticsReading> reading;
    std::vector<StatisticSeries> series;
    std::vector<std::string> problems;  ///< Moments that were left out, a sentence each.
    std::size_t done = 0, steps = 0;
    bool complete = false;
  };
  const Measured& measured() const;
  void begin();
  void take(const QString& folder, const std::vector<StatisticSeries>& parts, std::size_t done,
            std::size_t steps);
  void showNames();
  void refreshNote();
  void refreshReliability();
  void askForFile();

  QString folder_;
  std::map<QString, Measured> measured_;  ///< By folder.
  std::int64_t currentStep_ = -1;
  CurvesView* curves_;
  ReliabilityView* reliability_;
  QLabel* note_;
  QToolButton* export_;
};

}  // namespace anchorscope
