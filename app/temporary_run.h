#pragma once
// A run folder for runs that were given none, so that they, too, can be gone back in. It lives in the user's
// cache and is removed with its run unless it is kept.

#include <QLockFile>
#include <QString>
#include <memory>

#include "core/base/result.h"

namespace anchorscope {

/// May be destroyed on any thread; everything else on the thread that made it.
class TemporaryRun {
 public:
  /// Makes a folder of its own name; the error says where none could be made.
  static Result<std::shared_ptr<TemporaryRun>> create();
  /// Removes the folder, unless it was kept.
  ~TemporaryRun();
  TemporaryRun(const TemporaryRun&) = delete;
  TemporaryRun& operator=(const TemporaryRun&) = delete;

  const QString& folder() const { return folder_; }
  /// Moves the folder to `target`, which must not exist yet; whole or not at all. Nothing may record into it
  /// any more. Across disks it is copied, which takes its time.
  Status keep(const QString& target);

  /// Removes what windows left behind that ended without cleaning up; folders of running windows stay.
  static void removeAbandoned();

 private:
  TemporaryRun(const QString& folder, std::unique_ptr<QLockFile> lock);

  QString folder_;
  std::unique_ptr<QLockFile> lock_;
  bool kept_ = false;
};

}  // namespace anchorscope
