#pragma once
// Bounds of JSON text, looked at before a parser builds a tree of it: a tree takes some 100 bytes for two
// bytes of text, and a stack frame for each level of nesting.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace anchorscope {

struct JsonLimits {
  std::size_t depth = 64;          ///< Objects and lists inside each other.
  std::size_t values = 2'000'000;  ///< Values and keys; their tree takes at most some 200 MB.
};

/// kBadData that names `place` when the text goes beyond a limit. Whether it is JSON at all is not looked at.
Status checkJsonLimits(std::string_view text, const std::string& place, const JsonLimits& limits = {});

}  // namespace anchorscope
