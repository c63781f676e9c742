#include "core/session/record_forecast.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/methods/method_set.h"
#include "core/model/model_evidence.h"
#include "core/model/model_info.h"
#include "core/session/record_plan.h"
#include "core/trainer/input_options.h"

namespace anchorscope {
namespace {

// Compressed bytes of a number, measured on recorded runs: channels take 1.0 to 1.8, cells 0.4 (untrained) to
// 1.4, coordinates of boxes 3.0 to 3.3, pair tables 0.8 to 1.4.
constexpr double kChannelBytes = 1.6, kCellBytes = 1.4, kCoordinateBytes = 3.2, kPairBytes = 0.95;
/// The forecast knows no image yet: what a rectangle makes of one of a usual aspect.
constexpr SizePx kUsualImage{640, 480};
constexpr double kBytesOfPrediction = 18, kMostPredictions = 300;

}  // namespace

Result<RecordForecast> forecastRecording(const RunConfig& config) {
  const auto model =
      modelEvidence(config.model, config.modelParams, inputShapeOf(config.train).inputOf(kUsualImage));
  if (!model) return model.error();
  const auto heads = modelTraits(config.model, config.modelParams);
  if (!heads) return heads.error();
  const auto methods = MethodSet::make(config.method, config.methodParams, *heads);
  if (!methods) return methods.error();
  const auto bytesOf = [&](std::size_t stage, std::int64_t candidates, double coordinates) {
    const auto channels = std::ranges::count_if(
        (*methods)->declaration(stage).channels,
        [](const ChannelSpec& channel) { return channel.domain == ChannelDomain::kCandidate; });
    return static_cast<double>(candidates) *
           (static_cast<double>(channels) * kChannelBytes + coordinates * kCoordinateBytes);
  };
  const EvidenceDeclaration declared = (*methods)->declaration(0);
  const auto anchors = static_cast<double>(model->anchors);
  RecordForecast out;
  out.probes = config.probes.empty() ? config.train.getInt("probe_count")
                                     : static_cast<std::int64_t>(config.probes.size());
  out.frameBytes = bytesOf(0, model->anchors, 4) + static_cast<double>(model->cells) * kCellBytes +
                   kBytesOfPrediction * std::min(anchors, kMostPredictions);
  // Candidates of a later stage are boxes of their own, beside the predicted ones.
  for (std::size_t stage = 1; stage < (*methods)->count(); ++stage)
    out.frameBytes += bytesOf(stage, model->regions, 8);
  const std::int64_t misses = config.train.getInt("evidence_pairs");
  if (misses == 0 && !declared.pairTables.empty()) return out;
  double row = 0;
  for (const PairTableSpec& table : declared.pairTables)
    row += kPairBytes * static_cast<double>(2 + table.columns.size());
  out.objectBytes = row * std::min(static_cast<double>(misses), anchors);
  return out;
}

std::string recordForecastText(const RunConfig& config) {
  if (config.train.knowsSteps("record_every") && config.train.getInt("record_every") == 0)
    return "scalars only: record_every is 0";
  for (const char* option : {"record_every", "steps"})
    if (!config.train.knowsSteps(option))
      return concat("told when the run starts: ", option, " is in epochs (", toText(config.train.get(option)),
                    "), whose images are counted then");
  const std::int64_t every = config.train.getInt("record_every"), steps = config.train.getInt("steps");
  const auto forecast = forecastRecording(config);
  if (!forecast) return {};
  if (forecast->probes == 0) return "scalars only: there are no probes";
  const auto probes = static_cast<double>(forecast->probes);
  const auto planOf = [&](double frameBytes) {
    RecordPlan plan;
    plan.setLimits(every, steps, std::llround(config.train.getFloat("record_budget") * 1e9));
    plan.measured(1, std::llround(std::min(frameBytes * probes, 1e15)), 0);
    return plan;
  };
  const RecordPlan plan = planOf(forecast->frameBytes);
  std::string text = plan.forecastText(forecast->probes);
  if (!forecast->objectBytes) return text + ", and the pairs of the objects, as many as there are";
  const double moments =
      steps > 0 ? static_cast<double>(plan.forecast().moments) : 1000.0 / static_cast<double>(every);
  return concat(text, ", and ", byteText(std::llround(*forecast->objectBytes * probes * moments)),
                " more for every object in an image (its pairs)");
}

}  // namespace anchorscope
