#pragma once
// Numbers written as text: single ones and lists with commas.

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace anchorscope {

/// The number that is all of `text` (no spaces, no leading '+'); nothing where it is none or out of range.
template <typename Number>
std::optional<Number> parseNumber(std::string_view text) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The text without the spaces around it.
std::string_view withoutSpaces(std::string_view text);

/// What stands between the commas, without the spaces around it. Of blank text there is none; other items may
/// be empty. The views are of `text`.
std::vector<std::string_view> listItems(std::string_view text);

/// The items as numbers; nothing where one is none.
std::optional<std::vector<double>> parseNumbers(std::string_view text);

}  // namespace anchorscope
