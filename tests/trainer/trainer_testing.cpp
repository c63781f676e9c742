#include "tests/trainer/trainer_testing.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/check.h"

namespace anchorscope::testing {

RunConfig smallConfig(const std::string& method, const std::string& model) {
  auto config = makeRunConfig(method, model);
  if (!config) throw std::runtime_error(config.error().text());
  for (const auto& [key, value] : std::map<std::string, std::string>{{"train.size", "64"},
                                                                     {"train.batch", "2"},
                                                                     {"train.threads", "1"},
                                                                     {"train.device", "cpu"},
                                                                     {"train.precision", "fp32"},
                                                                     {"train.deterministic", "true"},
                                                                     {"train.steps", "12"},
                                                                     {"train.warmup_steps", "2"},
                                                                     {"train.probe_count", "2"},
                                                                     {"train.eval_max_images", "4"},
                                                                     {"model.fpn_channels", "16"},
                                                                     {"model.head_depth", "1"}})
    if (!key.starts_with("model.") || config->modelParams.find(key.substr(6))) set(*config, key, value);
  return *config;
}

void set(RunConfig& config, const std::string& key, const std::string& value) {
  const Status status = applySetting(config, key, value);
  ASSERT_TRUE(status.ok()) << status.error().text();
}

std::unique_ptr<Trainer> prepareOrFail(const RunConfig& config, const std::string& checkpoint) {
  PrepareOptions options;
  options.checkpoint = checkpoint;
  auto trainer = Trainer::prepare(config, options);
  if (!trainer) {
    ADD_FAILURE() << trainer.error().text();
    return nullptr;
  }
  return *std::move(trainer);
}

std::vector<StepReport> train(Trainer& trainer, int steps) {
  std::vector<StepReport> out;
  for (int i = 0; i < steps; ++i) {
    const Status status = trainer.step();
    if (!status) {
      ADD_FAILURE() << status.error().text();
      break;
    }
    for (StepReport& report : trainer.takeReports(/*all=*/true))
      out.push_back(std::move(report));
  }
  return out;
}

StepReport trainPoisoned(Trainer& trainer) {
  // A convolution's: it makes every image's loss so.
  for (NamedTensor& entry : trainer.stateDict())
    if (entry.tensor.dim() == 4) {
      entry.tensor.detach().fill_(std::nan(""));
      break;
    }
  std::vector<at::Tensor> before;
  for (const NamedTensor& entry : trainer.stateDict())
    before.push_back(entry.tensor.detach().clone());
  const std::vector<StepReport> reports = train(trainer, 1);
  const auto after = trainer.stateDict();
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(before[i].nan_to_num(), after[i].tensor.nan_to_num())) << after[i].name;
  return reports.empty() ? StepReport() : reports.front();
}

std::string writeCocoSet(const TemporaryFolder& folder,
                         const std::vector<std::vector<std::array<int, 4>>>& boxesPerImage) {
  constexpr int kSidePx = 64;
  nlohmann::json json{{"images", nlohmann::json::array()},
                      {"annotations", nlohmann::json::array()},
                      {"categories", {{{"id", 1}, {"name", "thing"}}}}};
  for (std::size_t image = 0; image < boxesPerImage.size(); ++image) {
    const std::string name = concat("image", image, ".ppm");
    json["images"].push_back(
        {{"id", image + 1}, {"file_name", name}, {"width", kSidePx}, {"height", kSidePx}});
    std::string pixels(std::size_t{3} * kSidePx * kSidePx, static_cast<char>(100));
    for (const auto& [x, y, width, height] : boxesPerImage[image]) {
      json["annotations"].push_back({{"id", json["annotations"].size() + 1},
                                     {"image_id", image + 1},
                                     {"category_id", 1},
                                     {"bbox", {x, y, width, height}},
                                     {"area", width * height},
                                     {"iscrowd", 0}});
      for (int row = y; row < y + height; ++row)
        for (int column = x; column < x + width; ++column)
          pixels[static_cast<std::size_t>((row * kSidePx + column) * 3)] = static_cast<char>(220);
    }
    folder.write(name, concat("P6\n", kSidePx, " ", kSidePx, "\n255\n") + pixels);
  }
  const auto path = folder.write("instances.json", json.dump());
  return concat("coco:", path.string(), ",", folder.path().string());
}

double valueOf(const std::vector<ScalarValue>& scalars, const std::string& name) {
  for (const ScalarValue& scalar : scalars)
    if (scalar.name == name) return scalar.value;
  ADD_FAILURE() << "there is no scalar " << name;
  return std::nan("");
}

}  // namespace anchorscope::testing
