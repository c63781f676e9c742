#include "core/statistics/run_statistics.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/evidence/consistency.h"
#include "core/store/csv.h"

namespace anchorscope {

Result<StatisticsReader> StatisticsReader::make(const RunReader& reader,
                                                const std::vector<std::string>& names) {
  StatisticsReader out(reader);
  for (const Statistic& statistic : statistics())
    if (names.empty() || std::find(names.begin(), names.end(), statistic.name) != names.end())
      out.chosen_.push_back(&statistic);
  for (const std::string& name : names) {
    const auto isIt = [&](const Statistic& statistic) { return statistic.name == name; };
    if (std::any_of(statistics().begin(), statistics().end(), isIt)) continue;
    std::vector<std::string> known;
    for (const Statistic& statistic : statistics())
      known.push_back(statistic.name);
    return makeError(ErrorCode::kNotFound, concat("There is no statistic '", name, "'"),
                     concat("There are: ", listed(known)));
  }
  out.refresh();
  return out;
}

void StatisticsReader::refresh() {
  const RecordedSteps recorded = reader_->recordedSteps();
  if (!recorded) return;
  const std::int64_t last = steps_.empty() ? -1 : steps_.back();
  steps_.insert(steps_.end(), std::upper_bound(recorded->begin(), recorded->end(), last), recorded->end());
}

std::vector<StatisticsReader::Measuring>& StatisticsReader::measuringsOf(const ProbeFrame& frame,
                                                                         std::size_t stage) {
  while (stages_.size() <= stage) {
    const StageSpec& spec = frame.stages[stages_.size()]->stage;
    const bool several = frame.stages.size() > 1;
    std::vector<Measuring>& measurings = stages_.emplace_back();
    for (const Statistic* statistic : chosen_)
      measurings.push_back({statistic, several ? spec.name + "." : std::string(),
                            several && !spec.title.empty() ? ", " + spec.title : std::string(),
                            statistic->make()});
  }
  return stages_[stage];
}

void StatisticsReader::put(const Measuring& measuring, const StatisticValue& value, std::int64_t step) {
  if (!std::isfinite(value.value)) return;
  const Statistic& statistic = *measuring.statistic;
  const std::string name =
      concat(measuring.prefix, statistic.name, value.name.empty() ? "" : ".", value.name);
  auto found = std::find_if(series_.begin(), series_.end(),
                            [&](const StatisticSeries& series) { return series.name == name; });
  if (found == series_.end()) {
    StatisticSeries series;
    series.statistic = statistic.name;
    series.name = name;
    series.title = value.title + measuring.suffix;
    series.unit = statistic.unit;
    series.description = statistic.description;
    series.source = statistic.source;
    series.scale = value.scale;
    found = series_.insert(series_.end(), std::move(series));
  }
  found->steps.push_back(step);
  found->values.push_back(value.value);
}

bool StatisticsReader::readNext() {
  if (at_ == steps_.size()) return false;
  const std::int64_t step = steps_[at_++];
  for (const std::string& probe : reader_->probesAt(step)) {
    const auto frame = reader_->frame(probe, step);
    if (!frame) {
      problems_.push_back(frame.error().text());
      continue;
    }
    for (std::size_t stage = 0; stage < (*frame)->stages.size(); ++stage) {
      const StageEvidence& evidence = *(*frame)->stages[stage];
      if (const std::string problem = contradictionIn(evidence); !problem.empty()) {
        problems_.push_back(concat(probe, " at step ", step, ": ", problem));
        continue;
      }
      for (Measuring& measuring : measuringsOf(**frame, stage))
        measuring.meter->see(evidence);
    }
  }
  for (const std::vector<Measuring>& stage : stages_)
    for (const Measuring& measuring : stage)
      for (const StatisticValue& value : measuring.meter->finishStep())
        put(measuring, value, step);
  return true;
}

std::string statisticsCsv(const std::vector<StatisticSeries>& series) {
  std::string out = "statistic,step,value\r\n";
  for (const StatisticSeries& its : series)
    for (std::size_t i = 0; i < its.steps.size(); ++i)
      out += concat(csvField(its.name), ',', its.steps[i], ',', csvNumber(its.values[i]), "\r\n");
  return out;
}

std::string statisticsJson(const std::vector<StatisticSeries>& series,
                           const std::vector<std::string>& leftOut) {
  nlohmann::ordered_json out{{"statistics", nlohmann::ordered_json::array()}};
  for (const StatisticSeries& its : series)
    out["statistics"].push_back({{"name", its.name},
                                 {"title", its.title},
                                 {"unit", its.unit},
                                 {"description", its.description},
                                 {"source", its.source},
                                 {"steps", its.steps},
                                 {"values", its.values}});
  if (!leftOut.empty()) out["left_out"] = leftOut;
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace anchorscope
