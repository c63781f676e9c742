#include "core/base/text.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace anchorscope {
namespace {

struct Letter {
  std::size_t bytes = 0;  ///< 0: the first byte begins no well-formed letter.
  std::uint32_t code = 0;
};

/// The letter that `text` begins with (Unicode 15, table 3-7).
Letter firstLetter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80U) return {1, first};
  const std::size_t length = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
  if (first < 0xC2U || first > 0xF4U || text.size() < length) return {};
  std::uint32_t code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800U) || (length == 4 && code < 0x10000U);
  const bool surrogate = code >= 0xD800U && code <= 0xDFFFU;
  if (overlong || surrogate || code > 0x10FFFFU) return {};
  return {length, code};
}

bool isControl(std::uint32_t code) {
  return code < 0x20U || (code >= 0x7FU && code <= 0x9FU) || code == 0x2028U || code == 0x2029U ||
         (code >= 0x202AU && code <= 0x202EU) || (code >= 0x2066U && code <= 0x2069U);
}

void appendEscaped(std::string& out, std::uint32_t code) {
  if (code == '\n') {
    out += "\\n";
  } else if (code == '\r') {
    out += "\\r";
  } else if (code == '\t') {
    out += "\\t";
  } else {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, code < 0x80U ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(code));
    out += buffer;
  }
}

/// Copies letter by letter; `escape` says of which codes only their escape is wanted.
template <typename Escape>
std::string rewritten(std::string_view text, Escape escape) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Letter letter = firstLetter(text);
    if (letter.bytes == 0) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(text[0])));
      out += buffer;
      text.remove_prefix(1);
      continue;
    }
    if (escape(letter.code))
      appendEscaped(out, letter.code);
    else
      out += text.substr(0, letter.bytes);
    text.remove_prefix(letter.bytes);
  }
  return out;
}

}  // namespace

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const Letter letter = firstLetter(text);
    if (letter.bytes == 0) return false;
    text.remove_prefix(letter.bytes);
  }
  return true;
}

std::string toUtf8(std::string_view text) {
  if (isUtf8(text)) return std::string(text);
  return rewritten(text, [](std::uint32_t) { return false; });
}

std::string printable(std::string_view text) {
  return rewritten(text, isControl);
}

std::string printableLines(std::string_view text) {
  return rewritten(text, [](std::uint32_t code) { return code != '\n' && code != '\t' && isControl(code); });
}

std::string listed(const std::vector<std::string>& items, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < items.size() && i < most; ++i)
    out += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > most) out += " and " + std::to_string(items.size() - most) + " more";
  return out;
}

}  // namespace anchorscope
