// What training and evaluation make of a data set: its summary, images that cannot be read, recorded paths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/data/augment.h"
#include "core/model/detector.h"
#include "core/trainer/data_summary.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

/// Objects that some anchor of the detector overlaps with IoU 0.5 or more, by looking at all of them.
std::int64_t reachedByBruteForce(const Dataset& dataset, const RunConfig& config, int classIndex) {
  auto detector = *makeDetector(config.model, config.modelParams, 1, 0);
  const auto side = static_cast<int>(config.train.getInt("size"));
  const CandidateSet& anchors = *detector->anchors({side, side}).geometry;
  std::int64_t reached = 0;
  for (const ImageRecord& image : dataset.images()) {
    const AxisTransform inputFromImage = fittedTransform(image.size, {side, side}, Fit::kLetterbox);
    for (const Annotation& object : image.annotations) {
      if (classIndex >= 0 && object.classIndex != classIndex) continue;
      const Box box = inputFromImage.map(object.boxInImage);
      reached += std::any_of(anchors.boxesInInput.begin(), anchors.boxesInInput.end(),
                             [&](const Box& anchor) { return iou(anchor, box) >= 0.5f; });
    }
  }
  return reached;
}

TEST(DataSummary, CountsWhatTheAnchorsReach) {
  const auto dataset = *openDataset("demo:5#val");
  for (const char* settings : {"96", "160"}) {
    RunConfig config = smallConfig("max_iou");
    set(config, "train.size", settings);
    const Result<DataSummary> summary = summarizeData(*dataset, config);
    ASSERT_TRUE(summary) << summary.error().text();
    EXPECT_EQ(summary->images, 100);
    EXPECT_EQ(summary->all.objects, summary->objects);
    EXPECT_EQ(summary->all.reachable, reachedByBruteForce(*dataset, config, -1));
    EXPECT_GT(summary->all.reachable, 0);
    EXPECT_LT(summary->all.reachable, summary->all.objects);
    std::int64_t bySize = 0, byClass = 0;
    for (const ObjectSummary& size : summary->sizes)
      bySize += size.objects;
    for (std::size_t i = 0; i < summary->classes.size(); ++i) {
      byClass += summary->classes[i].objects;
      EXPECT_EQ(summary->classes[i].reachable, reachedByBruteForce(*dataset, config, static_cast<int>(i)));
    }
    EXPECT_EQ(bySize, summary->objects);
    EXPECT_EQ(byClass, summary->objects);
  }
}

TEST(DataSummary, MeasuresBoxesInTheImageAndInTheInput) {
  const TemporaryFolder folder;
  // 64x64 px in an input of 128: areas 64, 256 and 1,024 px of the image; the last is of COCO's medium size.
  const auto dataset =
      *openDataset(writeCocoSet(folder, {{{0, 0, 8, 8}, {16, 16, 16, 16}}, {{0, 0, 32, 32}}, {}}));
  RunConfig config = smallConfig("max_iou");
  set(config, "train.size", "128");
  const Result<DataSummary> summary = summarizeData(*dataset, config);
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(summary->imagesWithoutObjects, 1);
  EXPECT_EQ(summary->all.images, 2);
  EXPECT_DOUBLE_EQ(summary->all.sidePx[0], 16);
  EXPECT_DOUBLE_EQ(summary->all.sidePx[2], 32);
  EXPECT_DOUBLE_EQ(summary->all.sidePx[4], 64);
  EXPECT_DOUBLE_EQ(summary->all.shareOfImage[0], 64.0 / 4096);
  EXPECT_DOUBLE_EQ(summary->all.shareOfImage[4], 0.25);
  EXPECT_EQ(summary->sizes[0].objects, 2);
  EXPECT_EQ(summary->sizes[1].objects, 1);
  EXPECT_EQ(summary->sizes[2].objects, 0);
  EXPECT_EQ(summary->sizes[2].bestRecall(), -1);
}

TEST(DataSummary, SaysWhichImagesNoBatchHolds) {
  const TemporaryFolder folder;
  const auto dataset = *openDataset(writeCocoSet(folder, {{{0, 0, 8, 8}}, {{0, 0, 32, 32}}, {}}));
  RunConfig config = smallConfig("max_iou");
  EXPECT_EQ(summarizeData(*dataset, config)->leftOut, "");
  set(config, "data.keep_empty", "false");
  EXPECT_EQ(summarizeData(*dataset, config)->leftOut,
            "1 of 3 images has no object to train on and is left out of the batches: keep_empty is off");
  set(config, "data.min_object_side", "40");
  EXPECT_TRUE(summarizeData(*dataset, config)->leftOut.starts_with("Not one of the 3 images of "));
}

TEST(DataSummary, AsksPointsForALocationInside) {
  const TemporaryFolder folder;
  const auto dataset = *openDataset(writeCocoSet(folder, {{{0, 0, 40, 40}, {33, 33, 1, 1}}}));
  RunConfig config = smallConfig("fcos", "fcos-small");
  const Result<DataSummary> summary = summarizeData(*dataset, config);
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_TRUE(summary->points);
  EXPECT_EQ(summary->all.objects, 2);
  EXPECT_EQ(summary->all.reachable, 1);
}

TEST(ValidationData, AnImageThatCannotBeReadIsToldWithItsObjects) {
  const TemporaryFolder training, folder;
  RunConfig config = smallConfig();
  config.data = writeCocoSet(training, {{{4, 4, 30, 30}}});
  config.validation = writeCocoSet(folder, {{{4, 4, 30, 30}}, {{4, 4, 20, 20}, {30, 30, 20, 20}}});
  std::filesystem::resize_file(folder / "image1.ppm", 1000);
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  (void)trainer->takeDiagnostics();
  const auto evaluation = trainer->evaluate({});
  ASSERT_TRUE(evaluation) << evaluation.error().text();
  EXPECT_EQ(evaluation->objects, 3);
  const Diagnostics diagnostics = trainer->takeDiagnostics();
  ASSERT_EQ(diagnostics.problems().size(), 1U);
  EXPECT_THAT(diagnostics.problems()[0].message, HasSubstr("so its 2 objects are missed"));
  EXPECT_THAT(diagnostics.problems()[0].file, HasSubstr("image1.ppm"));
}

TEST(RecordedConfig, NamesItsDataByAbsolutePaths) {
  const TemporaryFolder folder;
  const std::string absolute = writeCocoSet(folder, {{{4, 4, 30, 30}}});
  RunConfig config = smallConfig();
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  config.data = "coco:instances.json,.";
  config.validation = "coco:./instances.json,.";
  const auto trainer = prepareOrFail(config);
  const std::string here = std::filesystem::current_path().string();
  std::filesystem::current_path(before);
  ASSERT_TRUE(trainer);
  EXPECT_EQ(trainer->facts().config.data, "coco:" + here + "/instances.json," + here);
  EXPECT_EQ(trainer->facts().config.validation, trainer->facts().config.data);
}

}  // namespace
}  // namespace anchorscope::testing
