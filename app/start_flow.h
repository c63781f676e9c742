#pragma once
// The first page and what leads from it and back to it: runs that are asked for, data sets and runs that are
// opened, recordings that were left behind, a run that could not begin.

#include <QObject>
#include <QString>

#include "core/base/result.h"
#include "core/session/session.h"

namespace anchorscope {

class LeftoverList;
class Notifier;
class RunController;
class RunView;
class StartPage;

/// GUI thread only.
class StartFlow : public QObject {
  Q_OBJECT

 public:
  /// All must outlive it.
  StartFlow(StartPage& page, RunController& run, RunView& view, LeftoverList& leftovers, Notifier& notifier);

  StartPage& page() { return page_; }
  /// The demo preset, training at once.
  void demo(SessionOptions options = {});
  /// A data set or a recorded run, whichever it is.
  void open(const QString& path);
  /// One of recentEntries().
  void openRecent(const QString& entry);

 signals:
  /// The first page is to be shown, and what is shown is to be ended.
  void pageWanted();
  void helpWanted(const QString& page);

 private:
  void wireLeftovers(LeftoverList& leftovers);
  void choose(const QString& dataSpec);
  void openRun(const QString& folder);
  void remember(const QString& entry);
  void onNeverBegan(const Error& error);

  StartPage& page_;
  RunController& run_;
  RunView& view_;
  Notifier& notifier_;
};

}  // namespace anchorscope
