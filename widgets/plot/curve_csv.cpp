#include "widgets/plot/curve_csv.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/store/csv.h"

namespace anchorscope {
namespace {

/// The points of a block and what each is, in the order of steps.
std::vector<std::pair<CurvePoint, std::string>> keptOf(const CurveBlock& block) {
  std::vector<std::pair<CurvePoint, std::string>> kept;
  if (block.finite > 0) {
    kept.emplace_back(block.lowest, concat("lowest of ", block.count));
    kept.emplace_back(block.highest, concat("highest of ", block.count));
  }
  if (block.finite < block.count)
    kept.emplace_back(block.notFinite, concat("first not finite of ", block.count));
  std::stable_sort(kept.begin(), kept.end(),
                   [](const auto& a, const auto& b) { return a.first.step < b.first.step; });
  return kept;
}

}  // namespace

std::string curvesAsCsv(const ScalarStore& history, const std::vector<std::string>& names) {
  return curvesAsCsv(history, {}, names);
}

std::string curvesAsCsv(const ScalarStore& history, const std::vector<CsvRun>& beside,
                        const std::vector<std::string>& names) {
  struct Shown {
    std::string begin;  // of its lines
    const CurveSeries* series = nullptr;
  };
  std::vector<Shown> shown;
  const auto take = [&](const std::string& before, const ScalarStore& of) {
    for (const std::string& name : names)
      if (const CurveSeries* series = of.find(name)) shown.push_back({before + csvField(name), series});
  };
  take(beside.empty() ? "" : ",", history);
  for (const CsvRun& run : beside)
    take(csvField(run.name) + ",", *run.history);
  const bool exact = std::all_of(shown.begin(), shown.end(),
                                 [](const Shown& entry) { return entry.series->blocks().empty(); });
  std::string out = beside.empty() ? "" : "run,";
  out += exact ? "scalar,step,value\n" : "scalar,step,value,kept_as\n";
  for (const auto& [begin, series] : shown) {
    const auto line = [&, &first = begin](const CurvePoint& point, const std::string& keptAs) {
      out += first + ',' + std::to_string(point.step) + ',' + csvNumber(point.value);
      if (!exact) out += ',' + keptAs;
      out += '\n';
    };
    for (const CurveBlock& block : series->blocks())
      for (const auto& [point, keptAs] : keptOf(block))
        line(point, keptAs);
    for (const CurvePoint& point : series->points())
      line(point, {});
  }
  return out;
}

}  // namespace anchorscope
