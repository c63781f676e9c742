#pragma once
// Recorded runs that are looked at beside the one the window is about: opened, put on a canvas, their curves
// drawn with its own.

#include <QObject>
#include <QString>
#include <memory>
#include <vector>

#include "widgets/source/recorded_source.h"

namespace anchorscope {

class CanvasModel;
class CurvesView;
class Notifier;
class Workspace;

/// GUI thread only.
class BesideRuns : public QObject {
  Q_OBJECT

 public:
  /// As many as dashes tell apart.
  static constexpr std::size_t kMost = 3;

  /// All must outlive it.
  BesideRuns(Workspace& workspace, CurvesView& curves, Notifier& notifier, QObject* parent = nullptr);
  ~BesideRuns() override;

  /// Opens a recorded run beside the one that is looked at, and comes back at once. When it is there,
  /// canvases that wait for it look at it; where there are none, another one than the active: one that is
  /// there, or a second one. `name`: what canvases call it; empty: as its folder is called. Nothing comes of
  /// it once the window is about another run.
  void open(const QString& folder, const QString& name = {});
  /// The run that the active canvas looks at, where it is one beside the first.
  QString active() const;
  void close(const QString& run);

 signals:
  /// One has come.
  void opened(const QString& run);

 private:
  struct Opening {
    QString name;
    std::unique_ptr<RecordedSource> source;
  };
  void add(RecordedSource* opened);
  CanvasModel* placeFor(const QString& run);
  void giveUp();
  void forget();

  Workspace& workspace_;
  CurvesView& curves_;
  Notifier& notifier_;
  std::vector<Opening> opening_;
  QStringList shown_;  ///< Whose curves are drawn.
};

}  // namespace anchorscope
