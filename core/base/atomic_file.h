#pragma once
// Regular files, read whole within a limit, and written whole or not at all: into a temporary file beside the
// target, flushed to disk, then renamed.
//
// Only regular files are touched: a named pipe would block for ever, a device would be read or replaced. A
// link is followed to what it names, so the link itself stays. The functions may be called from any thread.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace anchorscope {

enum class Overwrite { kNo, kYes };

/// Writes `bytes` to `path` atomically. Without Overwrite::kYes an existing file is an error (kExists); what
/// is no regular file (a folder, a device, a pipe) is one in any case.
Status writeFileAtomically(const std::string& path, std::string_view bytes, Overwrite overwrite);

/// As above for writers that need a path: `write` fills the temporary file it is given; on its error nothing
/// remains. A temporary file that a killed process left behind is removed by the next write to the same path.
Status writeFileAtomically(const std::string& path, Overwrite overwrite,
                           const std::function<Status(const std::string& temporaryPath)>& write);

/// What writing there would fail with as things stand (something is there, no such folder, no permission),
/// for what takes long before it writes. Writing can fail all the same.
Status checkWritable(const std::string& path, Overwrite overwrite);

/// The largest file that readFile takes unless it is told otherwise, bytes.
inline constexpr std::uint64_t kLargestFileBytes = std::uint64_t{4} << 30U;

/// The whole file as bytes. kNotFound when it is missing, kIo when it cannot be read or is no regular file,
/// kBadData when it is larger than `largestBytes` (told before anything is read).
Result<std::string> readFile(const std::string& path, std::uint64_t largestBytes = kLargestFileBytes);

/// At most the first `count` bytes of a regular file; errors as above.
Result<std::string> readBeginning(const std::string& path, std::size_t count);

/// Says of what is no regular file what it is ("a folder", "a named pipe", ...): kIo. Fine: a regular file,
/// or nothing at all there. For readers that hand a path to a library.
Status checkRegularFile(const std::string& path);

}  // namespace anchorscope
