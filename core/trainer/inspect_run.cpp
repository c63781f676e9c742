#include "core/trainer/inspect_run.h"

#include <utility>

#include "core/data/dataset.h"
#include "core/findings/run_findings.h"
#include "core/trainer/place_data.h"

namespace anchorscope {
namespace {

/// The share of the way that opening the data takes.
constexpr double kOfData = 0.4;

/// The set as the configuration's detector meets it.
Result<std::shared_ptr<const PlacedData>> place(const RunConfig& config,
                                                const std::function<bool(double)>& progress) {
  auto opened = openDataset(
      config.data,
      DatasetOptions::from(config.dataParams, static_cast<std::uint64_t>(config.train.getInt("seed"))),
      progress);
  if (!opened) return std::move(opened).error();
  auto placed = placeData(**opened, config);
  if (!placed) return std::move(placed).error();
  return std::make_shared<const PlacedData>(*std::move(placed));
}

}  // namespace

Result<FindingsReport> inspectRun(const RunReader& run, const std::function<bool(double)>& progress) {
  const auto between = [&progress](double from, double to) -> std::function<bool(double)> {
    if (!progress) return {};
    return [&progress, from, to](double share) { return progress(from + share * (to - from)); };
  };
  std::shared_ptr<const PlacedData> data;
  std::string problem;
  if (auto config = fromToml(run.header().configToml, run.folder()); !config) {
    problem = config.error().text();
  } else {
    config->data = run.header().dataSpec;
    if (auto placed = place(*config, between(0, kOfData)); placed)
      data = *placed;
    else if (placed.error().code == ErrorCode::kCancelled)
      return std::move(placed).error();
    else
      problem = placed.error().text();
  }
  auto report = findingsOfRun(run, data, between(kOfData, 1));
  if (report && !problem.empty())
    report->leftOut.insert(report->leftOut.begin(), "the run's data set: " + problem);
  return report;
}

Result<DataInspection> inspectData(const RunConfig& config, const std::function<bool(double)>& progress) {
  auto data = place(config, progress);
  if (!data) return std::move(data).error();
  Facts facts;
  facts.classNames = (*data)->classNames;
  facts.data = *data;
  DataInspection out{Inspection().tell(std::move(facts)), *std::move(data)};
  // A data set has no frames and no scalars: only what it could have had is told.
  std::erase_if(out.report.unasked, [](const UnaskedRule& rule) {
    return rule.lacks != needText({NeedKind::kData, {}});
  });
  return out;
}

}  // namespace anchorscope
