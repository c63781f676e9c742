#include "core/trainer/run_difference.h"

#include <utility>

#include "core/base/check.h"
#include "core/trainer/run_config.h"

namespace anchorscope {
namespace {

class Collector {
 public:
  void add(const std::string& key, const std::string& help, const std::string& a, const std::string& b) {
    if (a != b) out_.push_back({key, help, a, b});
  }
  void addOptions(const std::string& prefix, const ParamSet& a, const ParamSet& b) {
    for (const ParamSpec& spec : a.specs())
      add(concat(prefix, '.', spec.name), spec.help, text(a, spec.name), text(b, spec.name));
    for (const ParamSpec& spec : b.specs())
      if (!a.find(spec.name)) add(concat(prefix, '.', spec.name), spec.help, {}, text(b, spec.name));
  }
  std::vector<RunDifference> take() { return std::move(out_); }

 private:
  static std::string text(const ParamSet& set, const std::string& name) {
    return set.find(name) && set.applies(name) ? toText(set.get(name)) : std::string();
  }

  std::vector<RunDifference> out_;
};

std::string probesText(const RunConfig& config) {
  return join(config.probes, ", ");
}

}  // namespace

Result<std::vector<RunDifference>> runDifferences(const RunHeader& a, const RunHeader& b) {
  auto first = fromToml(a.configToml, "the first run's configuration");
  if (!first) return std::move(first).error();
  auto second = fromToml(b.configToml, "the second run's configuration");
  if (!second) return std::move(second).error();
  Collector collector;
  collector.add("run.method", "How anchors are assigned and losses made", first->method, second->method);
  collector.add("run.model", "The detector", first->model, second->model);
  collector.add("run.data", "The data set that is trained on", a.dataSpec, b.dataSpec);
  collector.add("run.validation", "The data set that is evaluated on", first->validation, second->validation);
  collector.add("run.weights", "What the detector started from", first->weights, second->weights);
  collector.add("run.probes", "The images that are looked at", probesText(*first), probesText(*second));
  collector.add("run.device", "Where it was trained", a.device, b.device);
  collector.add("run.threads", "CPU threads of training", concat(a.threads), concat(b.threads));
  collector.add("run.version", "The program that trained it", a.programVersion, b.programVersion);
  for (const char* prefix : {"train", "method", "model", "data"})
    collector.addOptions(prefix, paramsOf(*first, prefix), paramsOf(*second, prefix));
  return collector.take();
}

}  // namespace anchorscope
