#pragma once
// Internal header. Text files as people have them, made UTF-8: byte order marks, UTF-16 and UTF-32, and the
// encodings that XML declares (GBK, ISO-8859-1, Shift_JIS ...).

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace anchorscope {

/// The bytes as UTF-8 without a byte order mark. The mark decides where there is one, then the zero bytes of
/// UTF-16 and UTF-32 without a mark, then `declared` (a name as iconv knows it; empty: UTF-8). kBadData, with
/// the line of the first wrong byte, for what is not text in that encoding; kUnsupported for an encoding that
/// is not known. `path` is for messages only.
Result<std::string> decodeText(std::string bytes, const std::string& path, std::string_view declared = {});

/// A regular file of at most `largestBytes`, decoded. What is no text but a Git LFS pointer is named as such.
Result<std::string> readText(const std::string& path, std::uint64_t largestBytes);

/// Whether the bytes are the small file that Git LFS leaves in place of one that was not downloaded.
bool isGitLfsPointer(std::string_view bytes);
Error gitLfsPointerError(const std::string& path);

/// The encoding that the declaration of an XML document names, or nothing. Read from the first bytes.
std::string_view xmlEncoding(std::string_view bytes);

}  // namespace anchorscope
