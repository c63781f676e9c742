#pragma once
// View header. Scalars that tell what was set, not what was measured.

#include <string>
#include <string_view>

#include "core/evidence/specs.h"

namespace anchorscope {

inline constexpr std::string_view kOptionSource = "Option ";

/// The source of a scalar that is what an option (full key: "train.lr") makes it at each step. It is exact:
/// curves do not smooth it.
inline std::string optionSource(std::string_view key) {
  return std::string(kOptionSource) + std::string(key);
}

inline bool isSetting(const ScalarSpec& spec) {
  return spec.source.starts_with(kOptionSource);
}

}  // namespace anchorscope
