// Where images and objects go in the input.
#include "core/data/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/data/loader.h"
#include "tests/data/sample_files.h"

namespace anchorscope::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Fit, LetterboxCentresOnWholePixels) {
  const AxisTransform wide = fittedTransform({640, 480}, {320, 320}, Fit::kLetterbox);
  EXPECT_EQ(wide, (AxisTransform{0.5, 0.5, 0, 40}));
  const AxisTransform tall = fittedTransform({33, 100}, {50, 50}, Fit::kLetterbox);
  EXPECT_EQ(tall, (AxisTransform{0.5, 0.5, 16, 0}));
  EXPECT_EQ(fittedTransform({640, 480}, {320, 320}, Fit::kStretch), (AxisTransform{0.5, 320.0 / 480, 0, 0}));
  EXPECT_EQ(fittedTransform({160, 160}, {160, 160}, Fit::kLetterbox), AxisTransform{});
}

TEST(RandomTransform, StaysWithinItsBoundsAndLeavesNoGap) {
  AugmentOptions options;
  options.flip = 0.5;
  options.zoomMin = 0.5;
  options.zoomMax = 2;
  Random random = Random::of(1, RandomPurpose::kTest);
  int flipped = 0;
  double smallest = 9, largest = 0;
  for (int i = 0; i < 2000; ++i) {
    const AxisTransform transform = randomTransform({640, 480}, {320, 320}, options, random);
    const double zoom = std::fabs(transform.scaleX) / 0.5;
    EXPECT_DOUBLE_EQ(std::fabs(transform.scaleX), transform.scaleY);
    smallest = std::min(smallest, zoom), largest = std::max(largest, zoom);
    flipped += transform.scaleX < 0 ? 1 : 0;
    const Box place = transform.map(Box{0, 0, 640, 480});
    if (place.width() <= 320) {
      EXPECT_GE(place.x1, -1e-3f);
      EXPECT_LE(place.x2, 320.001f);
    } else {
      EXPECT_LE(place.x1, 1e-3f);
      EXPECT_GE(place.x2, 319.999f);
    }
  }
  EXPECT_GE(smallest, 0.5);
  EXPECT_LE(largest, 2.0);
  EXPECT_LT(smallest, 0.51);
  EXPECT_GT(largest, 1.96);
  EXPECT_NEAR(flipped, 1000, 120);  // more than five standard deviations
}

TEST(RandomTransform, MapsBoxesThereAndBack) {
  AugmentOptions options;
  options.flip = 0.5;
  options.zoomMin = 0.3;
  options.zoomMax = 3;
  Random random = Random::of(2, RandomPurpose::kTest);
  for (int i = 0; i < 500; ++i) {
    const AxisTransform inputFromImage = randomTransform({640, 480}, {320, 256}, options, random);
    const Box box{static_cast<float>(random.uniform(0, 300)), static_cast<float>(random.uniform(0, 200)),
                  static_cast<float>(random.uniform(320, 640)), static_cast<float>(random.uniform(220, 480))};
    const Box back = inputFromImage.inverse().map(inputFromImage.map(box));
    // Single precision in a frame of about 2,000 px, enlarged by at most 1 / 0.12.
    EXPECT_NEAR(back.x1, box.x1, 2e-3);
    EXPECT_NEAR(back.y1, box.y1, 2e-3);
    EXPECT_NEAR(back.x2, box.x2, 2e-3);
    EXPECT_NEAR(back.y2, box.y2, 2e-3);
  }
}

TEST(Cropping, KeepsObjectsByTheirVisibleShare) {
  Annotation object;
  object.boxInImage = {-30, 10, 10, 30};  // a quarter is inside
  object.areaPx = 800;
  const auto kept = [&](double minVisible, const AxisTransform& transform = {}) {
    std::vector<Annotation> objects;
    appendObjectsInInput({object}, transform, {0, 0, 100, 100}, minVisible, objects);
    return objects;
  };
  ASSERT_THAT(kept(0.25), SizeIs(1));
  EXPECT_EQ(kept(0.25)[0].boxInImage, (Box{0, 10, 10, 30}));
  EXPECT_THAT(kept(0.26), IsEmpty());
  EXPECT_THAT(kept(0), SizeIs(1));
  EXPECT_THAT(kept(0, {1, 1, -10, 0}), IsEmpty());  // its edge only touches the input
  // A sliver of less than 1 px counts as gone, however small the share asked for.
  EXPECT_THAT(kept(0.001, {1, 1, -9.5, 0}), IsEmpty());
  EXPECT_THAT(kept(0, {1, 1, -9.5, 0}), SizeIs(1));
  EXPECT_DOUBLE_EQ(kept(0, {-0.5, 0.5, 50, 0})[0].areaPx, 200);
}

TEST(Cropping, ObjectsThinnerThanAPixelStayWhenWhole) {
  Annotation object;
  object.boxInImage = {10, 10, 10.5f, 30};
  std::vector<Annotation> objects;
  appendObjectsInInput({object}, {}, {0, 0, 100, 100}, 0.25, objects);
  EXPECT_THAT(objects, SizeIs(1));
}

TEST(Color, FactorsActAsStated) {
  AugmentOptions none;
  ColorMap map;
  Random random = Random::of(3, RandomPurpose::kTest);
  randomColor(none, random, map);
  EXPECT_FALSE(map.changesColor);
  for (std::size_t i = 0; i < 9; ++i)
    EXPECT_NEAR(map.matrix[i], i % 4 == 0 ? 1 : 0, 1e-6);

  AugmentOptions saturation;
  saturation.saturation = 1;
  AugmentOptions contrast;
  contrast.contrast = 1;
  AugmentOptions brightness;
  brightness.brightness = 1;
  for (int i = 0; i < 20; ++i) {
    // Saturation leaves grey alone, contrast mid-grey, brightness black.
    randomColor(saturation, random, map);
    EXPECT_TRUE(map.changesColor);
    for (std::size_t row = 0; row < 3; ++row)
      EXPECT_NEAR(map.matrix[3 * row] + map.matrix[3 * row + 1] + map.matrix[3 * row + 2], 1, 1e-6);
    EXPECT_EQ(map.offset[0], 0);
    randomColor(contrast, random, map);
    EXPECT_NEAR(0.5f * map.matrix[0] + map.offset[0], 0.5f, 1e-6);
    EXPECT_NEAR(map.matrix[1], 0, 1e-6);
    randomColor(brightness, random, map);
    EXPECT_EQ(map.offset[0], 0);
    EXPECT_GE(map.matrix[0], 0);
    EXPECT_LE(map.matrix[0], 2);
  }
}

TEST(Options, AreDocumentedAndChecked) {
  for (const ParamSpec& spec : loaderParams()) {
    EXPECT_FALSE(spec.help.empty()) << spec.name;
    EXPECT_FALSE(spec.source.empty()) << spec.name;
  }
  ParamSet params{loaderParams()};
  EXPECT_TRUE(AugmentOptions::from(params).validate());
  ASSERT_TRUE(params.set("zoom_min", "2"));
  EXPECT_FALSE(AugmentOptions::from(params).validate());
}

}  // namespace
}  // namespace anchorscope::testing
