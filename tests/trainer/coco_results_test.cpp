#include "core/trainer/coco_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/trainer/evaluation.h"
#include "core/trainer/presets.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Dataset> open(const std::string& spec) {
  auto dataset = openDataset(spec);
  if (!dataset) throw std::runtime_error(dataset.error().text());
  return *dataset;
}

std::string grey(int side) {
  return "P6\n" + std::to_string(side) + " " + std::to_string(side) + "\n255\n" +
         std::string(static_cast<std::size_t>(3 * side * side), 'x');
}

TEST(CocoResults, CarriesTheIdsOfTheDataSetsOwnJson) {
  const TemporaryFolder folder;
  folder.write("a.ppm", grey(32));
  folder.write("b.ppm", grey(32));
  const auto json = folder.write("set.json", R"({
    "images": [{"id": 340282366920938463463374607431768211455, "file_name": "a.ppm", "width": 32, "height": 32},
               {"id": "x-7", "file_name": "b.ppm", "width": 32, "height": 32}],
    "categories": [{"id": 18, "name": "dog"}, {"id": 90, "name": "cat"}],
    "annotations": [
      {"id": 1, "image_id": 340282366920938463463374607431768211455, "category_id": 90, "bbox": [1, 1, 9, 9]},
      {"id": 2, "image_id": "x-7", "category_id": 18, "bbox": [1, 1, 9, 9]}]})");
  const auto dataset = open("coco:" + json.string() + "," + folder.path().string());
  const std::string text = cocoResultsJson(*dataset, {{0, 1, 1.5, 2.25, 10, 20, 0.1}, {1, 0, 0, 0, 3, 4, 1}});
  EXPECT_EQ(text,
            "[\n{\"image_id\":340282366920938463463374607431768211455,\"category_id\":90,\"bbox\":[1.5,2.25,"
            "10,20],\"score\":0.1},\n"
            "{\"image_id\":\"x-7\",\"category_id\":18,\"bbox\":[0,0,3,4],\"score\":1}\n]\n");
  EXPECT_EQ(cocoResultsJson(*dataset, {}), "[\n]\n");
}

TEST(CocoResults, NamesImagesAndClassesOfOtherFormats) {
  const auto dataset = open("demo#val");
  const auto json = nlohmann::json::parse(cocoResultsJson(*dataset, {{3, 1, 1, 2, 3, 4, 0.5}}));
  ASSERT_EQ(json.size(), 1U);
  EXPECT_EQ(json[0]["image_id"], nlohmann::json::parse(dataset->images()[3].sourceId));
  EXPECT_EQ(json[0]["category_id"], 2);
  EXPECT_EQ(json[0]["file_name"], dataset->images()[3].name);
  EXPECT_EQ(json[0]["category"], dataset->classNames()[1]);
}

TEST(CocoResults, HoldsEveryDetectionOfAnEvaluation) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  set(config, "train.score_threshold", "0.001");
  const std::string path = folder / "state.ckpt";
  ASSERT_TRUE(prepareOrFail(config)->saveCheckpoint(path, Overwrite::kNo));
  std::string detections;
  const auto evaluation = evaluateFile(config, path, "demo#val", {}, &detections);
  ASSERT_TRUE(evaluation) << evaluation.error().text();
  EXPECT_GT(evaluation->detections, 0);
  EXPECT_EQ(static_cast<std::int64_t>(nlohmann::json::parse(detections).size()), evaluation->detections);
}

TEST(CocoPresets, EvaluateOnAHundredDetectionsAnImage) {
  int count = 0;
  for (const Preset& preset : presets())
    if (std::string(preset.name).rfind("coco-", 0) == 0) {
      ++count;
      const auto config = presetConfig(preset.name);
      ASSERT_TRUE(config);
      EXPECT_EQ(config->train.getInt("max_detections"), 100) << preset.name;
    }
  EXPECT_GE(count, 16);
}

}  // namespace
}  // namespace anchorscope::testing
