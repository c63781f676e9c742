#pragma once
// Recorded runs that are looked at beside the one the window is about: opened, put on a canvas, their curves
// drawn with its own.

#include <QObject>
#include <QString>
#include <memory>
#include <vector>

#include "widgets/source/recorded_source.h"

namespace anchorscope {

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

  /// Opens a recorded run beside the one that is looked at, and comes back at once. When it is there, another
  /// canvas than the active one looks at it: one that is there, or a second one.
  void open(const QString& folder);
  /// The run that the active canvas looks at, where it is one beside the first.
  QString active() const;
  void close(const QString& run);

 signals:
  /// One has come.
  void opened(const QString& run);

 private:
  void add(RecordedSource* opened);
  void forget();

  Workspace& workspace_;
  CurvesView& curves_;
  Notifier& notifier_;
  std::vector<std::unique_ptr<RecordedSource>> opening_;
  QStringList shown_;  ///< Whose curves are drawn.
};

}  // namespace anchorscope
