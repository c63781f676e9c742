#pragma once
// View header. Moments of a run that somebody wants to find again, with a note each. They are kept beside the
// trace in the run's folder, in a small JSON file of their own: whoever looks may not write into the trace.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

struct Bookmark {
  std::int64_t step = 0;
  std::string note = {};  ///< UTF-8; may be empty.
  bool operator==(const Bookmark&) const = default;
};

/// "bookmarks.json" below the run folder.
std::string bookmarksPath(const std::string& folder);

/// By step, each step once; none where there is no file. kBadData, which names the file, for what is not a
/// list of bookmarks as writeBookmarks leaves it. Any thread.
Result<std::vector<Bookmark>> readBookmarks(const std::string& folder);

/// Whole or not at all. kIo where the folder may not be written. Any thread.
Status writeBookmarks(const std::string& folder, const std::vector<Bookmark>& bookmarks);

}  // namespace anchorscope
