#pragma once
// The recordings that earlier starts have left behind and what could not be moved to where it was to be kept:
// found in the background, held until somebody decides about each.

#include <QObject>
#include <QString>
#include <future>
#include <memory>
#include <vector>

#include "app/run/leftovers.h"

namespace anchorscope {

/// GUI thread only.
class LeftoverList : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  /// Looks for them on a thread of its own.
  void search();
  const std::vector<Leftover>& all() const { return leftovers_; }
  void add(std::shared_ptr<TemporaryRun> run);
  /// Null: not one of them.
  const Leftover* find(const QString& folder) const;
  /// Takes it out of the list; null when it is not one of them.
  std::shared_ptr<TemporaryRun> take(const QString& folder);

 signals:
  void changed();
  /// The search has found some, the first of this title.
  void found(const QString& title);

 private:
  std::vector<Leftover> leftovers_;
  std::future<void> search_;
};

}  // namespace anchorscope
