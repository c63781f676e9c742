#pragma once
// One candidate or object through all recorded steps: each of its values as a curve in a row of its own, by
// which object it was learnt as a strip, and how steady that was.

#include <QColor>
#include <QStringList>
#include <QWidget>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/evidence/track.h"

class QCPAxis;
class QCPAxisRect;
class QCPTextElement;
class QCustomPlot;
class QLabel;
class QProgressBar;
class QSpinBox;
class QTimer;
class QToolButton;

namespace anchorscope {

class ScalarPicker;

/// Shows a track and says what is wanted of it; knows neither a run nor a selection. All rows have one range
/// of steps: the wheel zooms, dragging pans, double-click shows all, a click goes to the nearest recorded
/// step. GUI thread only.
class TrackView : public QWidget {
  Q_OBJECT

 public:
  explicit TrackView(QWidget* parent = nullptr);
  ~TrackView() override;

  /// Nobody is followed: why, or what can be done.
  void clear(const QString& why);
  /// Who is followed from now on; what was shown goes.
  void begin(const QString& subject);
  /// What is known so far of so many moments, and of each that was left out why.
  void showTrack(Track track, std::size_t done, std::size_t moments, const std::vector<std::string>& leftOut);
  const Track& track() const { return track_; }
  /// The step all views stand at; -1: the newest.
  void setCurrentStep(std::int64_t step);

  bool isPinned() const;
  void setPinned(bool pinned);
  void setOnion(bool on, int reach);
  /// The rows from above, by the names of their columns, without the strips.
  QStringList shown() const;
  void setShown(const QStringList& names);
  /// What stands above a row: title and value under the cursor, else at the present step.
  QString rowText(const QString& name) const;
  /// Where a recorded step is in the plot.
  QPoint pointOfStep(std::int64_t step) const;

 signals:
  void stepWanted(std::int64_t step);  ///< A recorded one.
  void pinToggled(bool pinned);
  void onionToggled(bool on);
  void onionReachChanged(int reach);
  void exportWanted();

 protected:
  void changeEvent(QEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Row {
    std::string column;
    bool strip = false;  ///< Whose it is, instead of a curve.
    QCPAxisRect* rect = nullptr;
    QCPAxis *x = nullptr, *y = nullptr;
    QCPTextElement* title = nullptr;
  };

  void makePlot();
  void scheduleReplot();
  void replot();
  void layOut();
  void drawCurve(const Row& row, const TrackColumn& column);
  void drawStrip(const Row& row, const TrackColumn& column);
  void drawMarks();
  void refreshTitles();
  void refreshHead();
  void setRange(double from, double to, bool byHand);
  void choose();
  QStringList defaultColumns() const;
  QColor colorOf(const TrackColumn& column) const;
  std::int64_t nearestStep(double step) const;
  QString titleOf(const Row& row) const;

  Track track_;
  std::size_t done_ = 0, moments_ = 0;
  QStringList ofCandidates_, ofObjects_;  ///< What was chosen to be shown; empty: the first choice.
  std::vector<Row> rows_;
  std::int64_t currentStep_ = -1;
  std::optional<std::int64_t> cursorStep_;
  bool followsX_ = true, settingRange_ = false;
  QPoint pressedAt_;
  QCustomPlot* plot_;
  QTimer* timer_;
  QLabel *subject_, *steadiness_, *empty_;
  QProgressBar* bar_;
  QToolButton *pin_, *choose_, *onion_, *export_;
  QSpinBox* reach_;
  QWidget* content_;
  ScalarPicker* picker_ = nullptr;
};

}  // namespace anchorscope
