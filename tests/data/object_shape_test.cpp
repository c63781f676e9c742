// Shapes of objects: what COCO's reader makes of a segmentation, and a shape in the input.
#include "core/data/object_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>

#include "core/base/random.h"
#include "core/data/coco_masks.h"
#include "core/data/image_io.h"
#include "tests/data/sample_files.h"
#include "tests/support/shape_set.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Counts = std::map<std::string, std::size_t>;

std::shared_ptr<const ObjectShape> shapeOf(std::vector<Polygon> polygons) {
  return std::make_shared<const ObjectShape>(ObjectShape{std::move(polygons)});
}
std::shared_ptr<const ObjectShape> shapeOf(RunMask mask) {
  return std::make_shared<const ObjectShape>(ObjectShape{std::move(mask)});
}

RunMask randomMask(SizePx size, Random& random) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(size.width * size.height));
  for (std::uint8_t& pixel : pixels)
    pixel = random.chance(0.6) ? 1 : 0;
  return maskOfPixels(pixels.data(), size);
}

AxisTransform randomPlace(Random& random) {
  const double scale = random.uniform(0.3, 3), other = random.uniform(0.3, 3);
  return {random.chance(0.5) ? scale : -scale, random.chance(0.2) ? -other : other, random.uniform(-20, 50),
          random.uniform(-20, 50)};
}

TEST(MaskInInput, APixelOfAMaskIsTheOneThatHoldsItsCentre) {
  Random random = Random::of(21, RandomPurpose::kTest);
  const SizePx image{13, 9}, input{40, 30};
  std::size_t covered = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const RunMask mask = randomMask(image, random);
    const std::vector<std::uint8_t> pixels = pixelsOf(mask);
    const AxisTransform place = randomPlace(random);
    const std::vector<std::uint8_t> drawn =
        maskInInput({shapeOf(mask), place, {0, 0, input.width, input.height}}, input);
    ASSERT_EQ(drawn.size(), 1200u);
    for (int y = 0; y < input.height; ++y)
      for (int x = 0; x < input.width; ++x) {
        const double column = std::floor((x + 0.5 - place.offsetX) / place.scaleX),
                     row = std::floor((y + 0.5 - place.offsetY) / place.scaleY);
        const bool inside = column >= 0 && column < image.width && row >= 0 && row < image.height;
        const int expected =
            inside ? pixels[static_cast<std::size_t>(row) * 13 + static_cast<std::size_t>(column)] : 0;
        ASSERT_EQ(drawn[static_cast<std::size_t>(y * input.width + x)], expected) << x << ", " << y;
        covered += expected != 0 ? 1 : 0;
      }
  }
  EXPECT_GT(covered, 3000u);
}

TEST(MaskInInput, PolygonsAreRasterisedWhereTheirCornersCome) {
  const std::vector<Polygon> polygons{{1, 1, 6, 1, 6, 4, 1, 4}, {7, 2, 9, 2, 9, 8, 7, 8}};
  const PixelRect all{0, 0, 40, 30};
  EXPECT_EQ(maskInInput({shapeOf(polygons), {}, all}, SizePx{40, 30}),
            pixelsOf(maskInImage({polygons}, {40, 30})));
  const auto drawn = maskInInput({shapeOf(polygons), {-2, 3, 30, 1}, all}, SizePx{40, 30});
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 40; ++x) {
      const bool first = x >= 18 && x < 28 && y >= 4 && y < 13,
                 second = x >= 12 && x < 16 && y >= 7 && y < 25;
      ASSERT_EQ(drawn[static_cast<std::size_t>(y * 40 + x)], first || second ? 1 : 0) << x << ", " << y;
    }
}

TEST(MaskInInput, ARectangleIsAPartOfTheWhole) {
  Random random = Random::of(22, RandomPurpose::kTest);
  std::size_t covered = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const bool outlines = trial % 2 == 0;
    const ShapeInInput shape{
        outlines ? shapeOf(std::vector<Polygon>{{1.3, -4.2, 11.7, 2.1, 30.2, 8.8, 5.5, 6.1, -3, 15.4}})
                 : shapeOf(randomMask({13, 9}, random)),
        randomPlace(random),
        {static_cast<int>(random.below(8)), static_cast<int>(random.below(8)), 33, 28}};
    const auto whole = maskInInput(shape, SizePx{40, 30});
    const PixelRect rect{static_cast<int>(random.below(30)) - 10, static_cast<int>(random.below(30)) - 10,
                         45 - static_cast<int>(random.below(20)), 35 - static_cast<int>(random.below(12))};
    const auto part = maskInInput(shape, rect);
    ASSERT_EQ(part.size(), static_cast<std::size_t>((rect.right - rect.left) * (rect.bottom - rect.top)));
    std::size_t at = 0;
    for (int y = rect.top; y < rect.bottom; ++y)
      for (int x = rect.left; x < rect.right; ++x, ++at) {
        const PixelRect& visible = shape.visibleInInput;
        const bool shows = x >= visible.left && y >= visible.top && x < visible.right && y < visible.bottom;
        ASSERT_EQ(part[at], shows ? whole[static_cast<std::size_t>(y * 40 + x)] : 0);
        covered += part[at];
      }
  }
  EXPECT_GT(covered, 2000u);
  EXPECT_THAT(maskInInput({shapeOf(RunMask{{2, 2}, {0, 4}}), {}, {0, 0, 9, 9}}, PixelRect{4, 4, 4, 7}),
              IsEmpty());
}

TEST(MaskInInput, NothingIsCoveredOutsideWhatIsVisible) {
  const Polygon large{-100, -100, 100, -100, 100, 100, -100, 100};
  for (const auto& shape : {shapeOf(std::vector<Polygon>{large}), shapeOf(RunMask{{50, 50}, {0, 2500}})}) {
    const auto drawn = maskInInput({shape, {}, {3, 2, 7, 9}}, SizePx{12, 10});
    for (int y = 0; y < 10; ++y)
      for (int x = 0; x < 12; ++x)
        ASSERT_EQ(drawn[static_cast<std::size_t>(y * 12 + x)], x >= 3 && x < 7 && y >= 2 && y < 9 ? 1 : 0);
    EXPECT_THAT(maskInInput({shape, {}, {3, 2, 3, 9}}, SizePx{12, 10}), Each(0));
  }
  EXPECT_THAT(maskInInput({nullptr, {}, {0, 0, 12, 10}}, SizePx{12, 10}),
              ::testing::AllOf(SizeIs(120), Each(0)));
}

TEST(MaskInInput, PolygonsThatReachFarAreCutBeforeTheyAreDrawn) {
  const double far = kFarthestCornerPx;
  // What lies on one side of x + y = 40 and above y = 35, however far, enlarged a hundredfold and mirrored.
  const auto drawn =
      maskInInput({shapeOf(std::vector<Polygon>{{-far, 0.35, 0.05, 0.35, 0.4 + far, -far, -far, -far}}),
                   {100, 100, 0, 0},
                   {0, 0, 60, 50}},
                  SizePx{60, 50});
  const double slope = (far + 0.35) / (far + 0.35);
  for (int y = 0; y < 50; ++y)
    for (int x = 0; x < 60; ++x) {
      const double px = x + 0.5, py = y + 0.5, beyond = (px - 5) * slope + (py - 35);
      if (std::fabs(beyond) < 1.5) continue;  // the rasteriser goes in fifths of a pixel
      ASSERT_EQ(drawn[static_cast<std::size_t>(y * 60 + x)], beyond < 0 && y < 35 ? 1 : 0) << x << ", " << y;
    }
  // All around, and outside on each side.
  const Polygon around{-far, -far, far, -far, far, far, -far, far};
  EXPECT_EQ(maskInImage({std::vector<Polygon>{around}}, {60, 50}), (RunMask{{60, 50}, {0, 3000}}));
  EXPECT_THAT(
      maskInInput({shapeOf(std::vector<Polygon>{around}), {7, 7, 3, 3}, {0, 0, 60, 50}}, SizePx{60, 50}),
      Each(1));
  for (const Polygon& outside : {Polygon{-far, 0, -far, 9, -1, 9, -1, 0},
                                 {far, 0, far, 9, 99, 9, 99, 0},
                                 {0, -far, 9, -far, 9, -1, 0, -1},
                                 {0, far, 9, far, 9, 99, 0, 99},
                                 {-far, -9, -far + 1, -9, -far + 1, -3}})
    EXPECT_THAT(
        maskInInput({shapeOf(std::vector<Polygon>{outside}), {3, 3, 0, 0}, {0, 0, 60, 50}}, SizePx{60, 50}),
        Each(0));
}

TEST(MaskInImage, IsTheRasterisersWithinTheImagesReach) {
  Random random = Random::of(23, RandomPurpose::kTest);
  for (int trial = 0; trial < 50; ++trial) {
    Polygon polygon;
    for (std::size_t i = 0; i < 12; ++i)
      polygon.push_back(random.uniform(-60, 110));
    EXPECT_EQ(maskInImage({std::vector<Polygon>{polygon}}, {60, 50}), *maskOfPolygons({polygon}, {60, 50}));
  }
}

TEST(ReducedShape, IsTheSameInFewerPixels) {
  const ObjectShape polygons = reducedShape({std::vector<Polygon>{{8, 4, 2, 4, 2, 14}}}, 4, {5, 4});
  EXPECT_EQ(*polygons.polygons(), (std::vector<Polygon>{{2, 1, 0.5, 1, 0.5, 3.5}}));
  // 5 x 3 px, of which each block's third pixel of four is taken: columns 1, 3, 4 and rows 1, 2.
  std::vector<std::uint8_t> pixels(15);
  pixels[1 * 5 + 3] = pixels[2 * 5 + 1] = pixels[2 * 5 + 4] = 1;
  const ObjectShape mask = reducedShape({maskOfPixels(pixels.data(), {5, 3})}, 2, {3, 2});
  EXPECT_EQ(mask.mask()->size, (SizePx{3, 2}));
  EXPECT_EQ(pixelsOf(*mask.mask()), (std::vector<std::uint8_t>{0, 1, 0, 1, 0, 1}));
}

// ---- the reader

std::shared_ptr<const Dataset> openShapes(const std::string& spec, bool shapes = true, bool upright = true) {
  DatasetOptions options;
  options.shapes = shapes;
  options.upright = upright;
  auto dataset = openDataset(spec, options);
  if (!dataset) {
    ADD_FAILURE() << dataset.error().text();
    return nullptr;
  }
  return *dataset;
}

class CocoShapes : public ::testing::Test {
 protected:
  void SetUp() override { folder.write("images/a.ppm", greyPpm(100, 50)); }

  /// Of an image with an object of this segmentation each; their boxes are 10, 5, 30, 25 and 1 px wider each.
  std::shared_ptr<const Dataset> open(const std::vector<std::string>& segmentations,
                                      bool shapes = true) const {
    std::string objects;
    for (std::size_t i = 0; i < segmentations.size(); ++i)
      objects += std::string(i == 0 ? "" : ",\n") + R"({"image_id": 1, "category_id": 1, "bbox": [10, 5, )" +
                 std::to_string(20 + i) + ", 20]" +
                 (segmentations[i].empty() ? "" : ", \"segmentation\": " + segmentations[i]) + "}";
    return openShapes("coco:" +
                          folder
                              .write("set.json",
                                     R"({"images": [{"id": 1, "file_name": "a.ppm"}],
                                     "categories": [{"id": 1, "name": "x"}], "annotations": [)" +
                                         objects + "]}")
                              .string() +
                          "," + (folder / "images").string(),
                      shapes);
  }

  /// What is listed of one such object; it has its box, and a shape or none.
  Counts listed(const std::string& segmentation, bool hasShape) const {
    SCOPED_TRACE(segmentation);
    const auto dataset = open({segmentation});
    if (!dataset) return {};
    const std::vector<Annotation>& objects = dataset->images()[0].annotations;
    EXPECT_EQ(objects.size(), 1u);
    EXPECT_EQ(objects[0].boxInImage, (Box{10, 5, 30, 25}));
    EXPECT_EQ(objects[0].areaPx, 400);
    EXPECT_EQ(objects[0].shape != nullptr, hasShape);
    const auto plain = open({segmentation}, false);
    EXPECT_TRUE(plain && plain->diagnostics().empty() && !plain->images()[0].annotations[0].shape)
        << "nothing is looked at where it is not asked for";
    for (const RecordProblem& entry : dataset->diagnostics().problems())
      EXPECT_EQ(entry.action, hasShape ? RecordAction::kClipped : RecordAction::kKept);
    return dataset->diagnostics().countsByKind();
  }

  TemporaryFolder folder;
};

TEST_F(CocoShapes, ArePolygonsAndMasksAsAnnotated) {
  const auto dataset = open({"[[10, 5, 29.5, 5, 20, 25.25], [11, 12, 13, 12, 13, 14]]",
                             R"({"size": [50, 100], "counts": [1510, 4, 3486]})",
                             R"({"size": [50, 100], "counts": "V_14n\\3"})"});
  ASSERT_TRUE(dataset);
  EXPECT_TRUE(dataset->diagnostics().empty());
  const std::vector<Annotation>& objects = dataset->images()[0].annotations;
  ASSERT_EQ(objects.size(), 3u);
  ASSERT_TRUE(objects[0].shape && objects[1].shape && objects[2].shape);
  ASSERT_TRUE(objects[0].shape->polygons());
  EXPECT_EQ(*objects[0].shape->polygons(),
            (std::vector<Polygon>{{10, 5, 29.5, 5, 20, 25.25}, {11, 12, 13, 12, 13, 14}}));
  const RunMask expected{{100, 50}, {1510, 4, 3486}};
  ASSERT_TRUE(objects[1].shape->mask() && objects[2].shape->mask());
  EXPECT_EQ(*objects[1].shape->mask(), expected);
  EXPECT_EQ(*objects[2].shape->mask(), expected);
}

TEST_F(CocoShapes, WhatIsWrongWithOneIsListedAndTheObjectKeepsItsBox) {
  for (const char* none : {"", "[]", "[ ]", "null", "7", "\"x\""})
    EXPECT_EQ(listed(none, false), (Counts{{"object without a segmentation", 1}}));
  for (const char* damaged :
       {"[[1, 2, 3]]", "[[1, 2, 3, 4, 5, 6, 7]]", "[[1, 2, 3, 4, \"5\", 6]]", "[1, 2, 3, 4, 5, 6]", "{}",
        "[[1, 2, 3, 4, 5, 6], []]", "[[1, 2, 3, 4, 1e9, 6]]", R"({"size": [50, 100], "counts": [1, -1]})",
        R"({"size": [50, 100], "counts": [5001]})", R"({"size": [50, 100], "counts": "5zz"})",
        R"({"size": [50], "counts": [1, 2]})", R"({"size": [50, 100]})"})
    EXPECT_EQ(listed(damaged, false), (Counts{{"damaged segmentation", 1}}));
  EXPECT_EQ(listed(R"({"size": [100, 50], "counts": [1, 20]})", false),
            (Counts{{"mask of another size", 1}}));
  for (const char* empty : {R"({"size": [50, 100], "counts": [5000]})", "[[10, 5, 20, 5, 30, 5]]",
                            "[[10.2, 5.2, 10.3, 5.2, 10.3, 5.3]]"})
    EXPECT_EQ(listed(empty, false), (Counts{{"segmentation without area", 1}}));
  for (const char* outside :
       {"[[-9, 5, -1, 5, -1, 30]]", "[[100, 5, 120, 5, 120, 30]]", "[[10, 50, 20, 50, 20, 70]]"})
    EXPECT_EQ(listed(outside, false), (Counts{{"segmentation outside image", 1}}));
  EXPECT_EQ(listed("[[10, 5, 130, 5, 20, 25]]", true), (Counts{{"segmentation partly outside image", 1}}));
  EXPECT_EQ(listed("[[10, -0.4, 30, 5, 20, 25]]", true), Counts{}) << "rounding of the text";
  EXPECT_EQ(listed("[[10, 5, 30, 5, 30, 25, 10, 25]]", true), Counts{});
}

TEST_F(CocoShapes, AMessageSaysWhatIsKept) {
  const auto dataset = open({"[[1, 2, 3]]", R"({"size": [40, 30], "counts": [1, 20]})"});
  ASSERT_TRUE(dataset);
  const auto& problems = dataset->diagnostics().problems();
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_THAT(problems[0].message, HasSubstr("6 or more: the object has its box alone"));
  EXPECT_THAT(problems[1].message, HasSubstr("a mask for 30x40 px, but the image has 100x50"));
  EXPECT_THAT(problems[1].record, HasSubstr("annotations[1]"));
}

TEST_F(CocoShapes, ObjectsWithoutASegmentationAreCounted) {
  const auto dataset = open({"", "[]", "[[1, 2, 30, 4, 5, 30]]", "null"});
  ASSERT_TRUE(dataset);
  ASSERT_EQ(dataset->diagnostics().problems().size(), 1u);
  EXPECT_EQ(dataset->diagnostics().problems()[0].count, 3u);
}

TEST(CocoShapesOfImages, LieOnTheImageAsItIsRead) {
  ImageDraft draft;
  draft.fullSize = {101, 50};
  draft.record.reducedBy = 2;
  draft.record.size = {51, 25};
  const ShapeReading polygon = readShape("[[10, 6, 30, 6, 30, 26]]", draft);
  ASSERT_TRUE(polygon.shape);
  EXPECT_EQ(*polygon.shape->polygons(), (std::vector<Polygon>{{5, 3, 15, 3, 15, 13}}));
  const ShapeReading mask = readShape(R"({"size": [50, 101], "counts": [0, 5050]})", draft);
  ASSERT_TRUE(mask.shape);
  EXPECT_EQ(*mask.shape->mask(), (RunMask{{51, 25}, {0, 1275}}));
}

TEST(CocoShapesOfImages, AreThoseOfTheUprightImageUnlessItIsReadAsStored) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  // The picture is stored 8 x 6 and shown 6 x 8.
  const TemporaryFolder folder;
  folder.write("images/a.png", pngOf(8, 6, 8, 0, std::string(48, 'x'), exifOf(6)));
  const std::string spec =
      "coco:" +
      folder
          .write("set.json",
                 R"({"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "x"}],
                     "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4],
                                      "segmentation": {"size": [8, 6], "counts": [9, 2]}}]})")
          .string() +
      "," + (folder / "images").string();
  const auto upright = openShapes(spec), stored = openShapes(spec, true, false);
  ASSERT_TRUE(upright && stored);
  ASSERT_EQ(upright->images()[0].size, (SizePx{6, 8}));
  ASSERT_TRUE(upright->images()[0].annotations[0].shape);
  EXPECT_EQ(*upright->images()[0].annotations[0].shape->mask(), (RunMask{{6, 8}, {9, 2, 37}}));
  ASSERT_EQ(stored->images()[0].size, (SizePx{8, 6}));
  EXPECT_FALSE(stored->images()[0].annotations[0].shape);
  EXPECT_EQ(stored->diagnostics().countsByKind().at("mask of another size"), 1u);
}

TEST(ShapeSet, HasAShapeOfEachKindOnEveryObject) {
  const TemporaryFolder folder;
  const auto dataset = openShapes(writeShapeSet(folder, 7));
  ASSERT_TRUE(dataset);
  EXPECT_TRUE(dataset->diagnostics().empty());
  ASSERT_EQ(dataset->images().size(), 7u);
  for (std::size_t i = 0; i < 7; ++i) {
    const ImageRecord& image = dataset->images()[i];
    const auto pixels = dataset->loadPixels(i);
    ASSERT_TRUE(pixels);
    ASSERT_EQ(image.annotations.size(), 3u);
    for (const Annotation& object : image.annotations) {
      ASSERT_TRUE(object.shape);
      EXPECT_EQ(object.shape->polygons() != nullptr, object.classIndex == 0);
      EXPECT_EQ(object.crowd, object.classIndex == 2 && i % 3 == 2);
      const std::vector<std::uint8_t> mask = pixelsOf(maskInImage(*object.shape, image.size));
      std::size_t wrong = 0, covered = 0;
      for (std::size_t at = 0; at < mask.size(); ++at) {
        const auto& color = kShapeSetColors[static_cast<std::size_t>(object.classIndex)];
        const bool painted = (*pixels)->rgb[3 * at] == color[0] && (*pixels)->rgb[3 * at + 1] == color[1];
        wrong += painted != (mask[at] != 0) ? 1 : 0;
        covered += mask[at];
      }
      EXPECT_GT(covered, 150u);
      // The rasteriser's pixels along a diagonal are not quite those whose centres are inside.
      EXPECT_LE(wrong, object.classIndex == 0 ? 14u : 0u);
    }
  }
}

}  // namespace
}  // namespace anchorscope::testing
