#include "core/trainer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/trainer/planned_changes.h"

namespace anchorscope {
namespace {

/// Where the rate falls: a share of the run below 1, a step, or so many epochs.
struct Fall {
  double number = 0;
  bool epochs = false;
};

Result<std::vector<Fall>> parseList(const std::string& text) {
  std::vector<Fall> falls;
  for (const std::string_view part : listItems(text)) {
    if (part.empty()) continue;
    if (const auto epochs = parseEpochs(part)) {
      falls.push_back({*epochs, true});
      continue;
    }
    const auto number = parseNumber<double>(part);
    if (!number || !(*number > 0))
      return makeError(
          ErrorCode::kUsage, concat("'", part, "' in lr_steps is not a positive number"),
          "Give shares of the run, step numbers or epochs, such as 0.67,0.89 or 6000,8000 or 8e,11e");
    falls.push_back({*number, false});
  }
  return falls;
}

double afterWarmup(const ParamSet& train, std::int64_t step) {
  const auto planned = static_cast<double>(train.getInt("steps"));
  const std::string& schedule = train.getText("schedule");
  if (schedule == "cosine" && planned > 0) {
    const auto warmup = static_cast<double>(train.getInt("warmup_steps"));
    const double progress =
        std::clamp((static_cast<double>(step) - warmup) / std::max(1.0, planned - 1 - warmup), 0.0, 1.0);
    const double floor = train.getFloat("lr_final");
    return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
  }
  if (schedule == "step") {
    double factor = 1;
    const auto falls = parseList(train.getText("lr_steps"));
    ANCHORSCOPE_CHECK(falls.ok(), "lr_steps is checked before training");
    for (const Fall& fall : *falls) {
      const bool share = !fall.epochs && fall.number < 1;
      if (share && planned <= 0) continue;
      const double at = fall.epochs ? static_cast<double>(stepsOfEpochs(fall.number, train.stepsPerEpoch()))
                        : share     ? fall.number * planned
                                    : fall.number;
      if (static_cast<double>(step) >= at) factor *= train.getFloat("lr_gamma");
    }
    return factor;
  }
  return 1;
}

}  // namespace

double learningRate(const ParamSet& train, std::int64_t step) {
  const auto warmup = train.getInt("warmup_steps");
  double factor = afterWarmup(train, step);
  if (step < warmup) {
    const double start = train.getFloat("warmup_factor");
    factor *= start + (1 - start) * static_cast<double>(step) / static_cast<double>(warmup);
  }
  return train.getFloat("lr") * factor;
}

double stepsPerEpoch(std::size_t imagesPerEpoch, const ParamSet& train) {
  return static_cast<double>(imagesPerEpoch) /
         static_cast<double>(train.getInt("batch") * train.getInt("accumulate"));
}

Status stretchSchedule(ParamSet& train, std::int64_t steps) {
  auto falls = parseList(train.getText("lr_steps"));
  if (!falls) return std::move(falls).error();
  if (!train.knowsSteps("steps"))
    train.setStepsPerEpoch(static_cast<double>(steps) / *parseEpochs(train.getText("steps")));
  const std::int64_t before = train.getInt("steps");
  const double factor = before > 0 ? static_cast<double>(steps) / static_cast<double>(before) : 1;
  const auto stretchedStep = [&](double step) { return std::max(1.0, std::round(step * factor)); };
  const auto stretchedMoment = [&](const Fall& fall) -> std::string {
    if (fall.epochs && train.stepsPerEpoch() <= 0) return toText(ParamValue(fall.number)) + "e";
    const double number =
        fall.epochs ? static_cast<double>(stepsOfEpochs(fall.number, train.stepsPerEpoch())) : fall.number;
    if (!fall.epochs && number < 1) return toText(ParamValue(number));
    return toText(ParamValue(static_cast<std::int64_t>(stretchedStep(number))));
  };
  std::vector<std::string> stretched;
  for (const Fall& fall : *falls)
    stretched.push_back(stretchedMoment(fall));
  ANCHORSCOPE_TRY(train.setValue("lr_steps", ParamValue(join(stretched, ","))));
  ANCHORSCOPE_TRY(train.setValue(
      "planned_changes", withMoments(train.getText("planned_changes"), [&](const std::string& moment) {
        const auto epochs = parseEpochs(moment);
        return stretchedMoment({epochs ? *epochs : *parseNumber<double>(moment), epochs.has_value()});
      })));
  if (train.knowsSteps("warmup_steps")) {
    const std::int64_t warmup = train.getInt("warmup_steps");
    const auto after = static_cast<std::int64_t>(stretchedStep(static_cast<double>(warmup)));
    ANCHORSCOPE_TRY(
        train.setValue("warmup_steps", ParamValue(warmup > 0 ? std::min(after, steps) : std::int64_t{0})));
  }
  return train.setValue("steps", ParamValue(steps));
}

Status checkSchedule(const ParamSet& train) {
  auto list = parseList(train.getText("lr_steps"));
  if (!list) return std::move(list).error();
  return {};
}

}  // namespace anchorscope
