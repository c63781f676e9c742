#pragma once
// A run folder for runs that were given none, so that they, too, can be gone back in. It lives in the user's
// cache and is removed with its run unless it is kept. What a window that ended badly has left there is found
// again.

#include <QLockFile>
#include <QString>
#include <memory>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

/// May be destroyed on any thread; everything else on one thread at a time.
class TemporaryRun {
 public:
  /// Makes a folder of its own name; the error says where none could be made.
  static Result<std::shared_ptr<TemporaryRun>> create();
  /// The folders of windows that ended without cleaning up, oldest first. They are held from now on, so that
  /// no other window takes them, and stay for the next start unless they are kept or given up. What an open
  /// window holds is not among them.
  static std::vector<std::shared_ptr<TemporaryRun>> takeLeftovers();

  /// Removes the folder if it was given up.
  ~TemporaryRun();
  TemporaryRun(const TemporaryRun&) = delete;
  TemporaryRun& operator=(const TemporaryRun&) = delete;

  const QString& folder() const { return folder_; }
  /// Whether the folder goes with this object: true for one that was made, false for one that was found.
  void giveUp() { givenUp_ = true; }
  void leaveBehind() { givenUp_ = false; }
  /// Moves the folder to `target`, which must not exist yet; whole or not at all. Nothing may record into it
  /// any more. Across disks it is copied, which takes its time.
  Status keep(const QString& target);

 private:
  TemporaryRun(const QString& folder, std::unique_ptr<QLockFile> lock, bool givenUp);

  QString folder_;
  std::unique_ptr<QLockFile> lock_;
  bool givenUp_, kept_ = false;
};

}  // namespace anchorscope
