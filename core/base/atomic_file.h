#pragma once
// Files written whole or not at all: into a temporary file beside the target, flushed to disk, then renamed.

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace anchorscope {

enum class Overwrite { kNo, kYes };

/// Writes `bytes` to `path` atomically. Without Overwrite::kYes an existing file is an error (kExists).
Status writeFileAtomically(const std::string& path, std::string_view bytes, Overwrite overwrite);

/// As above for writers that need a path: `write` fills the temporary file it is given; on its error nothing
/// remains.
Status writeFileAtomically(const std::string& path, Overwrite overwrite,
                           const std::function<Status(const std::string& temporaryPath)>& write);

/// The whole file as bytes; the error says whether it is missing or unreadable.
Result<std::string> readFile(const std::string& path);

}  // namespace anchorscope
