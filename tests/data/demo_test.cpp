// The built-in set of painted shapes.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/data/demo_dataset.h"
#include "tests/data/sample_files.h"

namespace anchorscope::testing {
namespace {

TEST(Demo, IsTheSameEveryTimeAndDiffersByPartAndSeed) {
  const auto train = openOrFail("demo"), again = openOrFail("demo#train"), val = openOrFail("demo#val"),
             other = openOrFail("demo:5");
  ASSERT_TRUE(train && again && val && other);
  EXPECT_EQ(train->images().size(), demo::kTrainImages);
  EXPECT_EQ(val->images().size(), demo::kValImages);
  EXPECT_EQ(train->classNames(), demo::classNames());
  const auto pixelsOf = [](const Dataset& dataset, std::size_t i) { return (*dataset.loadPixels(i))->rgb; };
  EXPECT_EQ(pixelsOf(*train, 3), pixelsOf(*again, 3));
  EXPECT_NE(pixelsOf(*train, 3), pixelsOf(*val, 3));
  EXPECT_NE(pixelsOf(*train, 3), pixelsOf(*other, 3));
  EXPECT_NE(pixelsOf(*train, 3), pixelsOf(*train, 4));
  EXPECT_EQ(train->find("train_0003"), 3);
  EXPECT_FALSE(openDataset("demo#test"));
}

TEST(Demo, IsVaried) {
  const auto dataset = openOrFail("demo");
  std::vector<int> perClass(demo::classNames().size(), 0);
  std::set<std::size_t> counts;
  float smallest = 1000, largest = 0;
  for (const ImageRecord& image : dataset->images()) {
    EXPECT_GE(image.annotations.size(), 1u);
    counts.insert(image.annotations.size());
    for (const Annotation& object : image.annotations) {
      ++perClass[static_cast<std::size_t>(object.classIndex)];
      const Box& box = object.boxInImage;
      EXPECT_TRUE(box.x1 >= 0 && box.y1 >= 0 && box.x2 <= demo::kSidePx && box.y2 <= demo::kSidePx &&
                  !box.degenerate());
      smallest = std::min(smallest, std::max(box.width(), box.height()));
      largest = std::max(largest, std::max(box.width(), box.height()));
    }
  }
  for (const int count : perClass)
    EXPECT_GT(count, 300);
  EXPECT_GE(*counts.rbegin(), 10u) << "crowded pictures";
  EXPECT_LT(smallest, 15);
  EXPECT_GT(largest, 60);
}

/// Share of the pixels inside `box` that differ between two pictures.
struct Change {
  Box bounds{1000, 1000, 0, 0};
  int pixels = 0;
};
Change changeBetween(const ImagePixels& a, const ImagePixels& b) {
  Change change;
  for (int y = 0; y < a.size.height; ++y)
    for (int x = 0; x < a.size.width; ++x) {
      int difference = 0;
      for (int c = 0; c < 3; ++c) {
        const auto at = pixelOffset(a.size, x, y) + static_cast<std::size_t>(c);
        difference = std::max(difference, std::abs(a.rgb[at] - b.rgb[at]));
      }
      if (difference < 40) continue;
      ++change.pixels;
      change.bounds.x1 = std::min(change.bounds.x1, static_cast<float>(x)),
      change.bounds.x2 = std::max(change.bounds.x2, static_cast<float>(x + 1));
      change.bounds.y1 = std::min(change.bounds.y1, static_cast<float>(y)),
      change.bounds.y2 = std::max(change.bounds.y2, static_cast<float>(y + 1));
    }
  return change;
}

TEST(Demo, BoxesAreTheOutlinesOfWhatIsPainted) {
  for (const demo::ShapeClass shapeClass :
       {demo::ShapeClass::kDisc, demo::ShapeClass::kSquare, demo::ShapeClass::kTriangle,
        demo::ShapeClass::kStar, demo::ShapeClass::kRing})
    for (int i = 0; i < 12; ++i) {
      demo::Scene scene;
      // A black ground shows no shadow.
      const ImagePixels empty = demo::paint(scene);
      demo::Shape shape;
      shape.shapeClass = shapeClass;
      shape.centerX = 70.3f + static_cast<float>(i);
      shape.centerY = 80.7f;
      shape.radius = 12.0f + 3 * static_cast<float>(i);
      shape.angle = 0.37f * static_cast<float>(i);
      shape.first = shape.second = {1, 1, 1};
      scene.shapes = {shape};
      const Change change = changeBetween(empty, demo::paint(scene));
      const Box box = shape.box();
      // Pixels are whole and corners thin: their last pixels hold little colour. No painted pixel may stick
      // out.
      EXPECT_GE(change.bounds.x1, std::floor(box.x1) - 0.01f);
      EXPECT_GE(change.bounds.y1, std::floor(box.y1) - 0.01f);
      EXPECT_LE(change.bounds.x2, std::ceil(box.x2) + 0.01f);
      EXPECT_LE(change.bounds.y2, std::ceil(box.y2) + 0.01f);
      EXPECT_NEAR(change.bounds.x1, box.x1, 2.5) << static_cast<int>(shapeClass) << " " << i;
      EXPECT_NEAR(change.bounds.y1, box.y1, 2.5);
      EXPECT_NEAR(change.bounds.x2, box.x2, 2.5);
      EXPECT_NEAR(change.bounds.y2, box.y2, 2.5);
    }
}

TEST(Demo, LeavesEveryShapeHalfVisible) {
  for (std::size_t index = 0; index < 60; ++index) {
    demo::Scene scene = demo::sceneOf(0, "train", index);
    // Flat colours on black, so that each shape's pixels can be told from the others'.
    scene.backgroundFirst = scene.backgroundSecond = {0, 0, 0};
    for (demo::Shape& shape : scene.shapes)
      shape.first = shape.second = {0, 0, 0};
    for (std::size_t i = 0; i < scene.shapes.size(); ++i) {
      demo::Scene alone = scene, covered = scene;
      alone.shapes = {scene.shapes[i]};
      alone.shapes[0].first = alone.shapes[0].second = {1, 1, 1};
      covered.shapes[i] = alone.shapes[0];
      demo::Scene nothing = scene;
      nothing.shapes.clear();
      const int whole = changeBetween(demo::paint(nothing), demo::paint(alone)).pixels;
      const int visible = changeBetween(demo::paint(nothing), demo::paint(covered)).pixels;
      ASSERT_GT(whole, 0);
      EXPECT_GE(visible, 0.5 * whole) << "picture " << index << ", shape " << i;
    }
  }
}

}  // namespace
}  // namespace anchorscope::testing
