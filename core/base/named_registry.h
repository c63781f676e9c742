#pragma once
// Looking an entry up by name in an explicit registry table, with one wording of the error for all
// registries.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/base/param.h"
#include "core/base/result.h"

namespace anchorscope {

/// The entry whose `name` is `name`; else kUsage naming the nearest ones. `kind` is the word for people:
/// "method".
template <typename Entry>
Result<const Entry*> findNamed(const std::vector<Entry>& entries, std::string_view name,
                               std::string_view kind) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) {
    if (entry.name == name) return &entry;
    names.push_back(entry.name);
  }
  return makeError(
      ErrorCode::kUsage, concat("There is no ", kind, " '", name, "'"),
      concat("Did you mean ", join(nearestNames(name, names), ", "), "? There are: ", join(names, ", ")));
}

}  // namespace anchorscope
