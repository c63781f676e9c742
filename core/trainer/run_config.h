#pragma once
// View header. Everything a training run is made of, as the window, the config file and the command line give
// it.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/combination.h"
#include "core/base/param.h"
#include "core/base/result.h"

namespace anchorscope {

/// Options of training itself: size, batch, steps, device, seed, threads, optimizer, lr, momentum,
/// weight_decay, decay_norms, warmup_steps, schedule, lr_steps, clip_grad, precision
/// (auto|fp32|bf16|bf16_forced), channels_last, deterministic, eval_every, checkpoint_every, record_every,
/// capture_budget, max_objects ...
std::vector<ParamSpec> trainParams();

/// One run. Build with makeRunConfig so that the parameter sets belong to the chosen names.
struct RunConfig {
  std::string data = "demo";  ///< Data set spec.
  std::string validation;     ///< Spec to evaluate on; empty: validationSpec(data).
  std::string method = "musu";
  std::string model = "retina-small";
  std::string weights;              ///< .pth or .safetensors to start from; empty: random.
  std::vector<std::string> probes;  ///< Image names; empty: chosen by the trainer (the first 4 with objects).
  std::string out;                  ///< Run folder; empty: not recorded.
  ParamSet train{trainParams()};
  ParamSet methodParams, modelParams, dataParams;  ///< Of `method`, `model` and the loader.
};

/// A config for these names with default options; unknown names are kUsage with the nearest ones.
Result<RunConfig> makeRunConfig(const std::string& method, const std::string& model);

/// Changes one name of a config; its options become that name's defaults. Unknown names are kUsage.
Status selectMethod(RunConfig& config, const std::string& method);
Status selectModel(RunConfig& config, const std::string& model);

/// The options under a prefix: "train", "method", "model" or "data".
ParamSet& paramsOf(RunConfig& config, const std::string& prefix);
const ParamSet& paramsOf(const RunConfig& config, const std::string& prefix);

/// "lr" -> "train.lr"; a full key stays. Unknown or ambiguous: kUsage with the choices.
Result<std::string> fullKey(const RunConfig& config, const std::string& key);

/// Sets "train.lr=0.01", "method.beta=0.5", "model.norm=group", "data.flip=0" or an unprefixed name that only
/// one of the four sets knows. Unknown or ambiguous: kUsage with the choices.
Status applySetting(RunConfig& config, const std::string& key, const std::string& value);

/// Whether an option, by its full key, has a part in what is trained; else it says what is seen, measured or
/// kept of it.
bool changesTraining(const std::string& key);

/// What of the method does not go with the model, and of the input with itself, with full option keys
/// ("method.assigner", or "run.method" where no option helps); empty: all goes together. A model option that
/// cannot be read is one as well.
std::vector<OptionConflict> conflictsOf(const RunConfig& config);
/// The same as one error, kUsage, that tells of all conflicts.
Status checkCombination(const RunConfig& config);

/// Paths and names of a run are kept in its configuration, which is UTF-8: kUsage for one that is not, with
/// its option.
Status checkTexts(const RunConfig& config);

/// TOML with every option, its default noted; reads back to an equal config. Texts that are not UTF-8, which
/// no run has (checkTexts), are written as toUtf8 does: TOML cannot hold them.
std::string toToml(const RunConfig& config);
/// A configuration is never larger.
inline constexpr std::uint64_t kLargestConfigBytes = 1U << 20U;
/// Unknown keys and bad values are kUsage / kBadData naming the line; so is text that is too large or too
/// deep.
Result<RunConfig> fromToml(const std::string& text, const std::string& fileName);

}  // namespace anchorscope
