#include "core/findings/run_findings.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

constexpr std::size_t kMostFrames = 64, kMostPerProbe = 8;

/// At most so many, evenly spread, with the last and, of several, the first.
std::vector<std::int64_t> spread(const std::vector<std::int64_t>& steps, std::size_t atMost) {
  if (steps.size() <= atMost) return steps;
  if (atMost == 1) return {steps.back()};
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < atMost; ++i)
    out.push_back(steps[i * (steps.size() - 1) / (atMost - 1)]);
  return out;
}

}  // namespace

Result<FindingsReport> findingsOfRun(const RunReader& run, std::shared_ptr<const PlacedData> data,
                                     const std::function<bool(double)>& progress) {
  Inspection inspection;
  std::vector<std::string> leftOut;
  const std::vector<std::string> probes = run.probeNames();
  const std::size_t each =
      std::clamp(kMostFrames / std::max<std::size_t>(probes.size(), 1), std::size_t{1}, kMostPerProbe);
  std::vector<std::pair<std::string, std::int64_t>> moments;
  for (const std::string& probe : probes)
    for (const std::int64_t step : spread(run.recordedSteps(probe), each))
      moments.emplace_back(probe, step);
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const auto& [probe, step] = moments[i];
    if (progress && !progress(static_cast<double>(i) / static_cast<double>(moments.size())))
      return makeError(ErrorCode::kCancelled, "Looking through the run was given up");
    const auto frame = run.frame(probe, step);
    if (frame)
      inspection.see(**frame);
    else
      leftOut.push_back(concat(probe, " at step ", step, ": ", frame.error().text()));
  }
  Facts facts;
  facts.classNames = run.header().classNames;
  facts.data = std::move(data);
  for (const std::string& name : Inspection::scalarNames()) {
    auto series = run.scalar(name);
    if (series)
      facts.scalars[name] = *std::move(series);
    else
      leftOut.push_back(concat("scalar ", name, ": ", series.error().text()));
  }
  FindingsReport report = inspection.tell(std::move(facts));
  report.leftOut.insert(report.leftOut.begin(), leftOut.begin(), leftOut.end());
  return report;
}

}  // namespace anchorscope
