#include "core/base/numbers.h"

#include <algorithm>

namespace anchorscope {

std::string_view withoutSpaces(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string_view> listItems(std::string_view text) {
  std::vector<std::string_view> items;
  if (withoutSpaces(text).empty()) return items;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    items.push_back(withoutSpaces(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return items;
}

std::optional<std::vector<double>> parseNumbers(std::string_view text) {
  std::vector<double> numbers;
  for (const std::string_view item : listItems(text)) {
    const auto number = parseNumber<double>(item);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace anchorscope
