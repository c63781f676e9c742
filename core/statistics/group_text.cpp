#include "core/statistics/group_text.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/store/csv.h"

namespace anchorscope {
namespace {

std::string numberOf(double value) {
  return std::isnan(value) ? std::string() : csvNumber(value);
}

nlohmann::ordered_json jsonOf(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

nlohmann::ordered_json jsonOf(const GroupTable& table, const CandidateGroup& group) {
  nlohmann::ordered_json out{{"name", group.name},           {"candidates", group.candidates},
                             {"positives", group.positives}, {"score", jsonOf(group.score)},
                             {"iou", jsonOf(group.iou)},     {"losses", nlohmann::ordered_json::object()}};
  for (std::size_t i = 0; i < table.losses.size(); ++i)
    out["losses"][table.losses[i].name] = jsonOf(group.losses[i]);
  return out;
}

}  // namespace

Result<GroupBy> groupByNamed(const std::string& name) {
  std::vector<std::string> known;
  for (const GroupBy by :
       {GroupBy::kRole, GroupBy::kLevel, GroupBy::kClass, GroupBy::kObject, GroupBy::kImage}) {
    if (name == groupByName(by)) return by;
    known.emplace_back(groupByName(by));
  }
  return makeError(ErrorCode::kUsage, concat("Candidates cannot be grouped by '", name, "'"),
                   concat("There are: ", listed(known)));
}

std::vector<std::vector<std::string>> groupRows(const GroupTable& table) {
  std::vector<std::vector<std::string>> rows{
      {groupByName(table.by), "candidates", "positives", "score", "iou"}};
  for (const ChannelSpec& loss : table.losses)
    rows.front().push_back(loss.name);
  const auto add = [&](const CandidateGroup& group) {
    std::vector<std::string>& row = rows.emplace_back();
    row = {group.name, std::to_string(group.candidates), std::to_string(group.positives),
           numberOf(group.score), numberOf(group.iou)};
    for (const double loss : group.losses)
      row.push_back(numberOf(loss));
  };
  for (const CandidateGroup& group : table.groups)
    add(group);
  add(table.all);
  return rows;
}

std::string groupsCsv(const GroupTable& table) {
  std::string out;
  for (const std::vector<std::string>& row : groupRows(table)) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += (i > 0 ? "," : "") + csvField(row[i]);
    out += "\r\n";
  }
  return out;
}

std::string groupsJson(const GroupTable& table) {
  nlohmann::ordered_json out{{"by", groupByName(table.by)}, {"groups", nlohmann::ordered_json::array()}};
  for (const CandidateGroup& group : table.groups)
    out["groups"].push_back(jsonOf(table, group));
  out["all"] = jsonOf(table, table.all);
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace anchorscope
