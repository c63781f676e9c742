#include "core/data/text_encoding.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/base/text.h"
#include "core/data/dataset_builder.h"

namespace anchorscope {
namespace {

struct Detected {
  const char* encoding = nullptr;  ///< Null: nothing says so.
  std::size_t markBytes = 0;
};

/// By the byte order mark; without one by the zero bytes that ASCII has in UTF-16 and UTF-32 (RFC 4627,
/// section 3): XML, JSON and YAML all begin with it.
Detected detect(std::string_view bytes) {
  const auto starts = [&](std::string_view with) { return bytes.substr(0, with.size()) == with; };
  using namespace std::string_view_literals;
  if (starts("\xef\xbb\xbf"sv)) return {"UTF-8", 3};
  if (starts("\xff\xfe\0\0"sv)) return {"UTF-32LE", 4};
  if (starts("\0\0\xfe\xff"sv)) return {"UTF-32BE", 4};
  if (starts("\xff\xfe"sv)) return {"UTF-16LE", 2};
  if (starts("\xfe\xff"sv)) return {"UTF-16BE", 2};
  if (bytes.size() < 4 || bytes.size() % 2 != 0) return {};
  const auto zero = [&](std::size_t at) { return bytes[at] == '\0'; };
  if (!zero(0) && zero(1) && zero(2) && zero(3)) return {"UTF-32LE", 0};
  if (zero(0) && zero(1) && zero(2) && !zero(3)) return {"UTF-32BE", 0};
  if (!zero(0) && zero(1) && !zero(2) && zero(3)) return {"UTF-16LE", 0};
  if (zero(0) && !zero(1) && zero(2) && !zero(3)) return {"UTF-16BE", 0};
  return {};
}

/// 1-based; a letter of UTF-8 never holds a line end.
std::size_t firstWrongLine(std::string_view text) {
  std::size_t line = 1;
  for (const std::string_view part : linesOf(text)) {
    if (!isUtf8(part)) break;
    ++line;
  }
  return line;
}

class Converter {
 public:
  explicit Converter(const std::string& encoding) : handle_(::iconv_open("UTF-8", encoding.c_str())) {}
  ~Converter() {
    if (known()) ::iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool known() const { return handle_ != reinterpret_cast<iconv_t>(-1); }  // NOLINT: POSIX says so

  /// Appends the text; the offset of the first bytes that are none, or npos.
  std::size_t convert(std::string& bytes, std::size_t from, std::string& out) const {
    char* source = bytes.data() + from;
    std::size_t left = bytes.size() - from;
    char buffer[1 << 14];
    while (left > 0) {
      char* target = buffer;
      std::size_t room = sizeof buffer;
      const bool stopped = ::iconv(handle_, &source, &left, &target, &room) == static_cast<std::size_t>(-1);
      const int why = errno;
      out.append(buffer, sizeof buffer - room);
      if (stopped && why != E2BIG) return bytes.size() - left;
    }
    return std::string::npos;
  }

 private:
  iconv_t handle_;
};

Error notText(const std::string& path, std::string_view encoding, std::size_t line, bool declared) {
  return makeError(
      ErrorCode::kBadData,
      concat("'", path, "' is not ", encoding, " text at line ", line,
             declared ? ", although it says so" : ", and names no other encoding"),
      declared ? "Correct the declared encoding, or save the file as UTF-8" : "Save the file as UTF-8");
}

}  // namespace

Result<std::string> decodeText(std::string bytes, const std::string& path, std::string_view declared) {
  const Detected detected = detect(bytes);
  std::string encoding(detected.encoding != nullptr ? detected.encoding : declared);
  std::string upper = encoding;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  // Text of 8-bit letters that declares UTF-16 was converted after it was written.
  const bool wide = upper.starts_with("UTF-16") || upper.starts_with("UTF-32");
  if (upper.empty() || (wide && detected.encoding == nullptr)) upper = "UTF-8";
  if (upper == "UTF-8" || upper == "UTF8") {
    bytes.erase(0, detected.markBytes);
    if (isUtf8(bytes)) return bytes;
    return notText(path, "UTF-8", firstWrongLine(bytes), !encoding.empty());
  }
  const Converter converter(encoding);
  if (!converter.known())
    return makeError(ErrorCode::kUnsupported,
                     concat("'", path, "' says that it is in '", printable(encoding.substr(0, 40)),
                            "', an encoding that is not known here"),
                     "Save the file as UTF-8");
  std::string text;
  text.reserve(bytes.size());
  const std::size_t wrong = converter.convert(bytes, detected.markBytes, text);
  if (wrong != std::string::npos) return notText(path, encoding, lineOfOffset(text, text.size()), true);
  return text;
}

Result<std::string> readText(const std::string& path, std::uint64_t largestBytes) {
  Result<std::string> bytes = readFile(path, largestBytes);
  if (!bytes) return bytes;
  if (isGitLfsPointer(*bytes)) return gitLfsPointerError(path);
  return decodeText(*std::move(bytes), path);
}

bool isGitLfsPointer(std::string_view bytes) {
  constexpr std::string_view kStart = "version https://git-lfs.github.com/spec/";
  return bytes.substr(0, kStart.size()) == kStart;
}

Error gitLfsPointerError(const std::string& path) {
  return makeError(ErrorCode::kBadData,
                   concat("'", path, "' is a Git LFS pointer: the file itself was not downloaded"),
                   "Run 'git lfs pull' in its repository");
}

std::string_view xmlEncoding(std::string_view bytes) {
  if (bytes.substr(0, 5) != "<?xml") return {};
  const std::string_view declaration = bytes.substr(0, bytes.substr(0, 1024).find("?>"));
  const std::size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  std::string_view rest = trimmed(declaration.substr(at + 8));
  if (rest.empty() || rest.front() != '=') return {};
  rest = trimmed(rest.substr(1));
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return {};
  const std::size_t end = rest.find(rest.front(), 1);
  return end == std::string_view::npos ? std::string_view{} : rest.substr(1, end - 1);
}

}  // namespace anchorscope
