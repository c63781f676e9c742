#pragma once
// The bookmarks of the run that is shown: kept in its folder as they change, and for the session alone where
// they cannot be.

#include <QObject>
#include <QString>
#include <QThreadPool>
#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/store/bookmarks.h"

namespace anchorscope {

/// Reads and writes on a thread of its own, one thing after the other; its end waits for what is being
/// written. GUI thread only.
class BookmarkList : public QObject {
  Q_OBJECT

 public:
  explicit BookmarkList(QObject* parent = nullptr);
  ~BookmarkList() override;

  /// Of the run in this folder from now on: they come with changed(). Empty: of a run that is kept nowhere.
  /// The folder that is open already stays so.
  void open(const QString& folder);

  /// By step.
  const std::vector<Bookmark>& all() const { return all_; }
  /// Null: there is none at this step.
  const Bookmark* at(std::int64_t step) const;
  /// Adds one, or gives the one that is there another note.
  void put(std::int64_t step, const QString& note);
  void remove(std::int64_t step);

 signals:
  void changed();
  /// They could not be read, or cannot be kept; told once of a run.
  void failed(const anchorscope::Error& error);

 private:
  void onRead(const QString& folder, Result<std::vector<Bookmark>> read);
  void save();
  void tell(Error error);

  QThreadPool thread_;
  QString folder_;
  std::vector<Bookmark> all_;
  std::vector<std::int64_t> removed_;  ///< Before they were read.
  bool reading_ = false, untouchable_ = false, told_ = false;
};

}  // namespace anchorscope
