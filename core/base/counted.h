#pragma once
// Counts in words: "1 object", "2 objects".

#include <cstdint>
#include <string>
#include <string_view>

namespace anchorscope {

/// The number with its noun; `plural` where it is more than the singular with an s ("boxes").
inline std::string counted(std::int64_t count, std::string_view singular, std::string_view plural = {}) {
  std::string text = std::to_string(count) + ' ';
  text += count == 1 || plural.empty() ? singular : plural;
  if (count != 1 && plural.empty()) text += 's';
  return text;
}

/// A declared unit behind its number: "anchors", but of one "anchor"; empty for pure numbers ("1").
inline std::string unitOf(double value, std::string_view unit) {
  if (unit.empty() || unit == "1") return {};
  const bool one = value == 1 || value == -1;
  return std::string(unit.substr(0, one && unit.ends_with('s') ? unit.size() - 1 : unit.size()));
}

}  // namespace anchorscope
