#pragma once
// A text's words: what stands between blanks.

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace anchorscope {

inline std::vector<std::string> wordsOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> out;
  for (std::string word; stream >> word;)
    out.push_back(std::move(word));
  return out;
}

}  // namespace anchorscope
