#pragma once
// Recordings that a window which ended badly has left in the cache, with what a person must know of each to
// decide about it.

#include <QDateTime>
#include <QString>
#include <cstdint>
#include <memory>
#include <vector>

namespace anchorscope {

class TemporaryRun;

struct Leftover {
  std::shared_ptr<TemporaryRun> run;
  QString title;    ///< "bccd#train · musu · retina-small"; the folder's name where it cannot be read.
  QString problem;  ///< Why it cannot be read; empty when it can.
  std::int64_t steps = 0;  ///< Trained steps that it holds.
  std::int64_t bytes = 0;  ///< On disk.
  QDateTime changed;       ///< When it was last written.

  /// "340 steps, 12.4 MB, 29 Nov 14:02", or the problem.
  QString text() const;
};

/// Those in which something was trained; the others are removed. Opens each, so not for the GUI thread.
std::vector<Leftover> findLeftovers();
/// The facts of one.
Leftover describe(std::shared_ptr<TemporaryRun> run);

}  // namespace anchorscope
