#include "core/base/json_limits.h"

#include "core/base/check.h"

namespace anchorscope {

Status checkJsonLimits(std::string_view text, const std::string& place, const JsonLimits& limits) {
  std::size_t depth = 0, values = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (quoted) {
      if (letter == '\\') ++i;
      quoted = letter != '"';
      continue;
    }
    switch (letter) {
      case '"':
        quoted = true;
        break;
      case '{':
      case '[':
        ++values;
        if (++depth > limits.depth)
          return makeError(
              ErrorCode::kBadData,
              concat(place, " is nested more than ", limits.depth, " levels deep (byte ", i, ")"),
              "Use a file that this program or the tool that it names has written");
        break;
      case '}':
      case ']':
        if (depth > 0) --depth;
        break;
      case ',':
      case ':':
        ++values;
        break;
      default:
        break;
    }
    if (values > limits.values)
      return makeError(ErrorCode::kBadData, concat(place, " holds more than ", limits.values, " values"),
                       "Use a file that this program or the tool that it names has written");
  }
  return {};
}

}  // namespace anchorscope
