#include "core/session/evaluation_scalars.h"

#include <algorithm>

namespace anchorscope {
namespace {

const std::string kMetric = "eval.", kClassAp = "eval.ap/", kClassAp50 = "eval.ap50/";

}  // namespace

std::vector<ScalarValue> evaluationScalars(const EvaluationEvent& evaluation) {
  std::vector<ScalarValue> out;
  const auto add = [&](const std::string& prefix, const std::vector<ScalarValue>& values) {
    for (const ScalarValue& entry : values)
      out.push_back({prefix + entry.name, entry.value});
  };
  add(kMetric, evaluation.metrics);
  add(kClassAp, evaluation.perClassAp);
  add(kClassAp50, evaluation.perClassAp50);
  return out;
}

bool isEvaluationScalar(const std::string& name) {
  return name.starts_with(kMetric);
}

bool isClassScalar(const std::string& name) {
  return name.starts_with(kClassAp) || name.starts_with(kClassAp50);
}

EvaluationEvent evaluationOf(std::int64_t step, const std::vector<std::string>& scalarNames,
                             const std::function<std::optional<double>(const std::string& name)>& value) {
  EvaluationEvent out;
  out.step = step;
  std::vector<std::string> names = scalarNames;
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (!name.starts_with(kMetric)) continue;
    const auto take = [&](const std::string& prefix, std::vector<ScalarValue>& values) {
      if (const auto known = value(name)) values.push_back({name.substr(prefix.size()), *known});
    };
    if (name.starts_with(kClassAp))
      take(kClassAp, out.perClassAp);
    else if (name.starts_with(kClassAp50))
      take(kClassAp50, out.perClassAp50);
    else
      take(kMetric, out.metrics);
  }
  return out;
}

}  // namespace anchorscope
