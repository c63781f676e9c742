#pragma once
// The watchpoints of a run and what they have hit: switched on and off, added, changed and removed while it
// trains; a hit leads to where it was.

#include <QWidget>
#include <string>
#include <vector>

#include "core/watch/watch_list.h"

class QLabel;
class QListWidget;
class QStandardItemModel;
class QToolButton;

namespace anchorscope {

class JumpTable;

/// Shows train.watch and asks for another text of it. GUI thread only.
class WatchPanel : public QWidget {
  Q_OBJECT

 public:
  explicit WatchPanel(QWidget* parent = nullptr);

  /// What the run watches, or will; an edit that is not finished stays. why: why nothing can be changed,
  /// empty when it can.
  void setWatches(const QString& text, const QString& why);
  /// That conditions may name.
  void setScalarNames(std::vector<std::string> names);
  void addHits(const std::vector<RunEvent>& events);  ///< Events of other kinds are passed over.
  void clearHits();
  /// What is wrong with what was asked for.
  void complain(const QString& text);

 signals:
  void watchesWanted(const QString& text);
  void hitChosen(qint64 step, const anchorscope::WatchReport& report);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Hit {
    std::int64_t step = 0;
    WatchReport report;
  };
  void fill(const std::vector<AskedWatch>& watches);
  void addRow(const QString& text, bool on);
  void add(const WatchKind& kind);
  void removeCurrent();
  void edited();
  QString shownText() const;
  void refreshHint();

  std::vector<std::string> names_;
  std::vector<Hit> hits_;  ///< In the order in which they came.
  QListWidget* list_;
  QToolButton *add_, *remove_;
  QLabel *complaint_, *empty_, *hitsTitle_;
  JumpTable* table_;
  QStandardItemModel* rows_;  ///< The newest first.
  QString running_;
  bool filling_ = false, canChange_ = false;
};

}  // namespace anchorscope
