// Inputs of the images' own shapes: evidence lies on the image, whatever its shape and turn, and a run is the
// same as with squares in all else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/check.h"
#include "core/data/image_io.h"
#include "core/trainer/evaluation.h"
#include "core/trainer/input_options.h"
#include "core/trainer/trainer.h"
#include "tests/data/sample_files.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A picture as it is shown, and the EXIF orientation that it is stored with.
struct Picture {
  SizePx shown;
  int orientation = 1;
};

const std::vector<Picture> kPictures{{{120, 80}, 1}, {{80, 120}, 1}, {{100, 100}, 1}, {{240, 50}, 1},
                                     {{40, 130}, 1}, {{120, 80}, 6}, {{80, 120}, 6},  {{120, 80}, 8},
                                     {{37, 91}, 8},  {{64, 64}, 6}};

/// One bright object in each corner, no two of a size.
std::array<PixelRect, 4> cornersOf(SizePx size) {
  const int w = size.width, h = size.height;
  return {{{0, 0, w / 4, h / 4},
           {w - w / 3, 0, w, h / 4},
           {0, h - h / 3, w / 4, h},
           {w - w / 3, h - h / 3, w, h}}};
}

std::string pngOfPicture(const Picture& picture) {
  const bool turned = picture.orientation >= 5;
  const SizePx stored = turned ? SizePx{picture.shown.height, picture.shown.width} : picture.shown;
  std::string rows;
  for (int y = 0; y < stored.height; ++y)
    for (int x = 0; x < stored.width; ++x) {
      // EXIF 2.32, orientation: 6: row 0 is the right side; 8: row 0 is the left side, column 0 the bottom.
      int shownX = x, shownY = y;
      if (picture.orientation == 6) shownX = picture.shown.width - 1 - y, shownY = x;
      if (picture.orientation == 8) shownX = y, shownY = picture.shown.height - 1 - x;
      const auto corners = cornersOf(picture.shown);
      const bool bright = std::any_of(corners.begin(), corners.end(), [&](const PixelRect& rect) {
        return shownX >= rect.left && shownX < rect.right && shownY >= rect.top && shownY < rect.bottom;
      });
      rows += std::string(3, static_cast<char>(bright ? 220 : 60));
    }
  return pngOf(stored.width, stored.height, 8, 2, rows,
               picture.orientation == 1 ? "" : exifOf(picture.orientation));
}

/// A COCO set of the pictures; returns its spec.
std::string writePictures(const TemporaryFolder& folder) {
  nlohmann::json json{{"images", nlohmann::json::array()},
                      {"annotations", nlohmann::json::array()},
                      {"categories", {{{"id", 1}, {"name", "corner"}}}}};
  for (std::size_t i = 0; i < kPictures.size(); ++i) {
    const SizePx size = kPictures[i].shown;
    const std::string name = concat("image", i, ".png");
    folder.write(name, pngOfPicture(kPictures[i]));
    json["images"].push_back(
        {{"id", i}, {"file_name", name}, {"width", size.width}, {"height", size.height}});
    for (const PixelRect& rect : cornersOf(size)) {
      const int width = rect.right - rect.left, height = rect.bottom - rect.top;
      json["annotations"].push_back({{"id", json["annotations"].size()},
                                     {"image_id", i},
                                     {"category_id", 1},
                                     {"bbox", {rect.left, rect.top, width, height}},
                                     {"area", width * height},
                                     {"iscrowd", 0}});
    }
  }
  const auto path = folder.write("instances.json", json.dump());
  return concat("coco:", path.string(), ",", folder.path().string());
}

RunConfig rectangleConfig(const std::string& data, const std::string& method = "max_iou") {
  RunConfig config = smallConfig(method);
  config.data = data;
  set(config, "train.input", "rectangle");
  set(config, "train.max_size", "107");
  set(config, "train.probe_count", "10");
  return config;
}

class Rectangles : public ::testing::Test {
 protected:
  void SetUp() override {
    data_ = writePictures(folder_);
    if (!readsCompressedImages()) GTEST_SKIP() << "this build reads no PNG";
  }
  TemporaryFolder folder_;
  std::string data_;
};

/// What an overlay at a box of the input covers of the image.
Box onImage(const StageEvidence& frame, const Box& boxInInput) {
  return frame.image->inputFromImage.inverse().map(boxInInput);
}

float bestIou(const StageEvidence& frame, const Box& boxInImage) {
  float best = 0;
  for (const ObjectRecord& object : frame.image->objects)
    best = std::max(best, iou(object.boxInImage, boxInImage));
  return best;
}

/// IoU does not change with the scale of an axis, so what was measured in the input must be what the boxes
/// that are drawn on the image give.
void expectEvidenceOnTheImage(const StageEvidence& frame) {
  const Channel* anchorIou = frame.channel("anchor_iou");
  const Channel* predictedIou = frame.channel("iou");
  ASSERT_TRUE(anchorIou && predictedIou);
  ASSERT_EQ(anchorIou->values.size(), frame.candidates->count());
  int overlapping = 0;
  for (std::size_t n = 0; n < frame.candidates->count(); ++n) {
    const float drawn = bestIou(frame, onImage(frame, frame.candidates->boxesInInput[n]));
    ASSERT_NEAR(anchorIou->values[n], drawn, 1e-4) << frame.image->name << " " << frame.candidates->label(n);
    ASSERT_NEAR(predictedIou->values[n], bestIou(frame, onImage(frame, frame.predictedBoxesInInput[n])),
                1e-4);
    overlapping += drawn > 0 ? 1 : 0;
  }
  EXPECT_GT(overlapping, 0) << frame.image->name;
}

TEST_F(Rectangles, EvidenceLiesOnTheImageAtEveryShapeAndTurn) {
  for (const bool rectangle : {true, false}) {
    RunConfig config = rectangleConfig(data_);
    if (!rectangle) set(config, "train.input", "square");
    const auto trainer = prepareOrFail(config);
    ASSERT_TRUE(trainer);
    const auto frames = trainer->capture().take();
    ASSERT_THAT(frames, SizeIs(kPictures.size()));
    const InputShape shape = inputShapeOf(config.train);
    std::set<const CandidateSet*> geometries;
    std::set<std::pair<int, int>> inputs;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const StageEvidence& frame = *frames[i]->stages.front();
      EXPECT_EQ(frame.image->name, concat("image", i, ".png"));
      EXPECT_EQ(frame.image->pixels->size, kPictures[i].shown);
      EXPECT_EQ(frame.image->inputSize, shape.inputOf(kPictures[i].shown));
      EXPECT_THAT(frame.image->objects, SizeIs(4));
      expectEvidenceOnTheImage(frame);
      geometries.insert(frame.candidates.get());
      inputs.insert({frame.image->inputSize.width, frame.image->inputSize.height});
    }
    EXPECT_EQ(inputs.size(), rectangle ? 5U : 1U);
    EXPECT_EQ(geometries.size(), inputs.size()) << "geometry is shared where the input is of one size";
  }
}

/// What the detector sees at an object's middle is the object, and beyond its inner edges it is not.
TEST_F(Rectangles, TheInputHoldsTheWholeImageAtItsTopLeft) {
  const auto dataset = openDataset(data_);
  ASSERT_TRUE(dataset) << dataset.error().text();
  LoaderOptions options;
  options.shape = InputShape::rectangle(64, 107, 32);
  for (std::size_t i = 0; i < kPictures.size(); ++i) {
    const auto batch = loadForInference(**dataset, {i}, options);
    ASSERT_TRUE(batch);
    const SizePx window = options.shape.window(kPictures[i].shown);
    const auto redAt = [&](double x, double y) {
      return 1.0 * batch->pixels[pixelOffset(batch->inputSize, static_cast<int>(x), static_cast<int>(y))];
    };
    EXPECT_NEAR(redAt(window.width / 2, window.height / 2), 60, 1) << i;
    for (int y = 0; y < batch->inputSize.height; ++y)
      for (int x = 0; x < batch->inputSize.width; ++x)
        if (x >= window.width || y >= window.height) {
          ASSERT_EQ(redAt(x, y), 0) << "padding";
        } else {
          ASSERT_GE(redAt(x, y), 59);
        }
    for (const Annotation& object : batch->samples[0].objectsInInput)
      EXPECT_NEAR(redAt(object.boxInImage.centerX(), object.boxInImage.centerY()), 220, 1) << i;
    // The last object ends at the window's last pixel.
    EXPECT_NEAR(batch->samples[0].objectsInInput[3].boxInImage.x2, window.width, 1e-3);
    EXPECT_NEAR(batch->samples[0].objectsInInput[3].boxInImage.y2, window.height, 1e-3);
    EXPECT_NEAR(redAt(window.width - 1, window.height - 1), 220, 1) << i;
  }
}

TEST_F(Rectangles, WhatIsShownOfAnImageDoesNotDependOnTheOtherProbes) {
  RunConfig config = rectangleConfig(data_);
  const auto all = prepareOrFail(config);
  config.probes = {"image3.png"};
  const auto one = prepareOrFail(config);
  ASSERT_TRUE(all && one);
  const auto together = all->capture().take(), alone = one->capture().take();
  ASSERT_THAT(alone, SizeIs(1));
  EXPECT_EQ(together[3]->image->inputSize, alone[0]->image->inputSize);
  const StageEvidence &its = *together[3]->stages.front(), &own = *alone[0]->stages.front();
  EXPECT_EQ(its.candidates->count(), own.candidates->count());
  EXPECT_EQ(its.channel("cls_score")->values, own.channel("cls_score")->values);
}

TEST_F(Rectangles, TrainingAtSeveralScalesResumesBitIdentically) {
  for (const char* method : {"musu", "max_iou"}) {
    RunConfig config = rectangleConfig(data_, method);
    set(config, "train.sizes", "48,64");
    const auto straight = prepareOrFail(config);
    ASSERT_TRUE(straight);
    const auto expected = train(*straight, 8);
    const std::string checkpoint = (folder_ / concat(method, ".ckpt")).string();
    const auto first = prepareOrFail(config);
    ASSERT_TRUE(first);
    auto reports = train(*first, 4);
    ASSERT_TRUE(first->saveCheckpoint(checkpoint, Overwrite::kNo).ok());
    const auto second = prepareOrFail(config, checkpoint);
    ASSERT_TRUE(second);
    for (StepReport& report : train(*second, 4))
      reports.push_back(std::move(report));
    ASSERT_EQ(reports.size(), expected.size());
    for (std::size_t i = 0; i < reports.size(); ++i)
      for (std::size_t k = 0; k < reports[i].scalars.size(); ++k)
        EXPECT_EQ(reports[i].scalars[k].value, expected[i].scalars[k].value)
            << method << " step " << reports[i].step << " " << reports[i].scalars[k].name;
  }
}

/// Every image is evaluated in its own input, so batches of any size find the same.
TEST_F(Rectangles, EvaluationDoesNotDependOnTheBatch) {
  RunConfig config = rectangleConfig(data_);
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  train(*trainer, 6);
  const std::string weights = (folder_ / "six.ckpt").string();
  ASSERT_TRUE(trainer->saveCheckpoint(weights, Overwrite::kNo).ok());
  std::string one, four;
  set(config, "train.score_threshold", "0.001");
  set(config, "train.batch", "1");
  set(config, "train.loader_threads", "0");
  const auto single = evaluateFile(config, weights, data_, {}, &one);
  ASSERT_TRUE(single) << single.error().text();
  EXPECT_EQ(single->images, static_cast<std::int64_t>(kPictures.size()));
  EXPECT_EQ(single->objects, 40);
  set(config, "train.batch", "4");
  set(config, "train.loader_threads", "3");
  const auto batched = evaluateFile(config, weights, data_, {}, &four);
  ASSERT_TRUE(batched);
  EXPECT_GT(single->detections, 0);
  EXPECT_EQ(single->detections, batched->detections);
  const auto a = nlohmann::json::parse(one), b = nlohmann::json::parse(four);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i]["image_id"], b[i]["image_id"]);
    EXPECT_NEAR(a[i]["score"].get<double>(), b[i]["score"].get<double>(), 1e-5);
  }
}

TEST_F(Rectangles, BoxesOfDetectionsLieInTheirImages) {
  const RunConfig config = rectangleConfig(data_);
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  for (const auto& frame : trainer->capture().take())
    for (const PredictionRecord& prediction : frame->stages.front()->predictions) {
      EXPECT_GE(prediction.boxInImage.x1, 0);
      EXPECT_LE(prediction.boxInImage.x2, static_cast<float>(frame->image->pixels->size.width));
      EXPECT_LE(prediction.boxInImage.y2, static_cast<float>(frame->image->pixels->size.height));
    }
}

TEST(InputOptions, WhatContradictsItselfIsToldBeforeTraining) {
  RunConfig config = smallConfig();
  EXPECT_TRUE(checkCombination(config));
  const auto textWith = [&](const std::vector<std::pair<const char*, const char*>>& settings) {
    RunConfig changed = config;
    for (const auto& [key, value] : settings)
      set(changed, key, value);
    const Status status = checkCombination(changed);
    return status ? std::string() : status.error().text();
  };
  EXPECT_EQ(textWith({{"train.input", "rectangle"}}), "");
  EXPECT_EQ(textWith({{"data.fit", "stretch"}}), "");
  EXPECT_EQ(textWith({{"train.max_size", "10"}}), "") << "of no matter in squares";
  EXPECT_THAT(textWith({{"train.input", "rectangle"}, {"data.fit", "stretch"}}),
              HasSubstr("data.fit = letterbox"));
  EXPECT_THAT(textWith({{"train.input", "rectangle"}, {"train.max_size", "60"}}),
              HasSubstr("at least 64 px"));
  EXPECT_THAT(textWith({{"train.input", "rectangle"}, {"train.max_size", "80"}, {"train.sizes", "64,96"}}),
              HasSubstr("at least 96 px"));
  EXPECT_THAT(textWith({{"train.sizes", "many"}}), HasSubstr("'many' is no size of the input"));
}

TEST(InputOptions, TheLongerSideIsFiveThirdsOfTheShorterUnlessGiven) {
  RunConfig config = smallConfig();
  set(config, "train.input", "rectangle");
  set(config, "train.size", "800");
  EXPECT_EQ(inputShapeOf(config.train), InputShape::rectangle(800, 1333, 32));
  EXPECT_EQ(inputText(config.train), "shorter side 800 px, longer at most 1333 px, padded to 32 px");
  set(config, "train.max_size", "1000");
  set(config, "train.size_divisor", "64");
  set(config, "train.sizes", "640,960");
  EXPECT_EQ(inputShapeOf(config.train), InputShape::rectangle(800, 1000, 64));
  EXPECT_EQ(trainingShapesOf(config.train), (std::vector<InputShape>{InputShape::rectangle(640, 1000, 64),
                                                                     InputShape::rectangle(960, 1000, 64)}));
}

}  // namespace
}  // namespace anchorscope::testing
