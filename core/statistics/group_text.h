#pragma once
// View header. Groups of candidates as text for other programs.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/groups.h"

namespace anchorscope {

/// "role", "level", "class", "object", "image"; kUsage names them.
Result<GroupBy> groupByNamed(const std::string& name);

/// A line of titles, one per group, one of all; losses as sums. Numbers that are not there are empty.
std::vector<std::vector<std::string>> groupRows(const GroupTable& table);
/// The same, RFC 4180.
std::string groupsCsv(const GroupTable& table);
/// {"by": "level", "groups": [{name, candidates, positives, score, iou, losses: {name: sum}}], "all": {...}};
/// null for what is not there.
std::string groupsJson(const GroupTable& table);

}  // namespace anchorscope
