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

}  // namespace anchorscope
