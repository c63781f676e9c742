// Shapes through the loader: what is drawn of one lies on the pixels that show its object.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "core/data/demo_dataset.h"
#include "core/data/object_shape.h"
#include "tests/data/loader_testing.h"
#include "tests/support/shape_set.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::IsEmpty;

std::shared_ptr<const Dataset> opened(const std::string& spec, bool shapes = true) {
  DatasetOptions options;
  options.shapes = shapes;
  auto dataset = openDataset(spec, options);
  if (!dataset) {
    ADD_FAILURE() << dataset.error().text();
    return nullptr;
  }
  return *dataset;
}

/// Batches without a change of colour, of which every remainder of an object is an object.
LoaderOptions shapeOptions() {
  LoaderOptions options = smallOptions();
  options.shape = InputShape::fixed({120, 104});
  options.objectShapes = true;
  for (const char* name : {"brightness", "contrast", "saturation", "min_visible"})
    set(options, name, "0");
  return options;
}

/// A picture of 0 and 1 per pixel.
struct Bitmap {
  SizePx size;
  std::vector<std::uint8_t> pixels;

  int at(int x, int y) const { return pixels[static_cast<std::size_t>(y * size.width + x)]; }
  /// Whether the pixels at most `band` px away in both directions all have this value.
  bool isAll(std::uint8_t value, int x, int y, int band) const {
    for (int v = std::max(0, y - band); v <= std::min(size.height - 1, y + band); ++v)
      for (int u = std::max(0, x - band); u <= std::min(size.width - 1, x + band); ++u)
        if (at(u, v) != value) return false;
    return true;
  }
};

/// What was seen of a class.
struct Seen {
  int inside = 0, outside = 0, mirrored = 0, samples = 0;
  /// Of whole objects: from the centre of mass of what is painted to that of the mask, px, added up.
  int whole = 0;
  double offCentreX = 0, offCentreY = 0;
};

/// Centre of mass of a weight per pixel.
template <typename Weight>
std::pair<double, double> centreOf(const PixelRect& rect, const Weight& weight) {
  double sum = 0, sumX = 0, sumY = 0;
  for (int y = rect.top; y < rect.bottom; ++y)
    for (int x = rect.left; x < rect.right; ++x) {
      const double its = weight(x, y);
      sum += its, sumX += its * x, sumY += its * y;
    }
  return {sumX / sum, sumY / sum};
}

/// A pixel of the image and one of the input from the edge of a mask the picture has the object's colour
/// within; and beyond the masks of all of a class it does not.
void expectOnColors(const Batch& batch, std::array<Seen, 3>& seen) {
  const SizePx input = batch.inputSize;
  const auto count = static_cast<std::size_t>(input.width) * static_cast<std::size_t>(input.height);
  for (std::size_t i = 0; i < batch.samples.size(); ++i) {
    const BatchSample& sample = batch.samples[i];
    const auto isPainted = [&](std::size_t classIndex, int x, int y) {
      const std::uint8_t* pixel = batch.pixels.data() + i * count * 3 + pixelOffset(input, x, y);
      const auto& color = kShapeSetColors[classIndex];
      return std::abs(pixel[0] - color[0]) <= 2 && std::abs(pixel[1] - color[1]) <= 2;
    };
    ASSERT_EQ(sample.shapesInInput.size(), sample.objectsInInput.size());
    std::array<Bitmap, 3> covered;
    std::array<int, 3> band{2, 2, 2};
    covered.fill({input, std::vector<std::uint8_t>(count)});
    for (std::size_t k = 0; k < sample.objectsInInput.size(); ++k) {
      const ShapeInInput& shape = sample.shapesInInput[k];
      ASSERT_TRUE(shape.shape);
      const Bitmap mask{input, maskInInput(shape, input)};
      ASSERT_EQ(mask.pixels.size(), count);
      const Box& box = sample.objectsInInput[k].boxInImage;
      const PixelRect& visible = shape.visibleInInput;
      const auto classIndex = static_cast<std::size_t>(sample.objectsInInput[k].classIndex);
      const PixelRect around{static_cast<int>(box.x1) - 2, static_cast<int>(box.y1) - 2,
                             static_cast<int>(box.x2) + 3, static_cast<int>(box.y2) + 3};
      if (around.left >= visible.left && around.top >= visible.top && around.right <= visible.right &&
          around.bottom <= visible.bottom) {
        const auto [maskX, maskY] = centreOf(around, [&](int x, int y) { return mask.at(x, y); });
        const auto [paintedX, paintedY] = centreOf(around, [&](int x, int y) {
          // Each class is bright in a channel of its own, and the others little brighter than the ground.
          const std::size_t at = i * count * 3 + pixelOffset(input, x, y) + classIndex;
          return std::max(0, batch.pixels[at] - 60);
        });
        ASSERT_NEAR(maskX, paintedX, 0.6);
        ASSERT_NEAR(maskY, paintedY, 0.6);
        ++seen[classIndex].whole;
        seen[classIndex].offCentreX += maskX - paintedX;
        seen[classIndex].offCentreY += maskY - paintedY;
      }
      const AxisTransform& place = shape.inputFromImage;
      const int its = 1 + static_cast<int>(std::ceil(std::max(std::fabs(place.scaleX), place.scaleY)));
      band[classIndex] = std::max(band[classIndex], its);
      std::size_t at = 0;
      for (int y = 0; y < input.height; ++y)
        for (int x = 0; x < input.width; ++x, ++at) {
          if (mask.pixels[at] == 0) continue;
          covered[classIndex].pixels[at] = 1;
          // Of a pixel the centre decides, but a polygon's edges are rounded to fifths.
          ASSERT_TRUE(x + 0.8f >= box.x1 && x + 0.2f <= box.x2 && y + 0.8f >= box.y1 && y + 0.2f <= box.y2)
              << x << ", " << y << " of class " << classIndex << " lies outside the object's box";
          const bool cut = x < visible.left + its || y < visible.top + its || x >= visible.right - its ||
                           y >= visible.bottom - its;
          if (cut || !mask.isAll(1, x, y, its)) continue;
          ASSERT_TRUE(isPainted(classIndex, x, y)) << "class " << classIndex << " at " << x << ", " << y;
          ++seen[classIndex].inside;
        }
    }
    for (std::size_t c = 0; c < 3; ++c) {
      ++seen[c].samples;
      seen[c].mirrored += sample.inputFromImage.scaleX < 0 ? 1 : 0;
      for (int y = 0; y < input.height; ++y)
        for (int x = 0; x < input.width; ++x) {
          if (!covered[c].isAll(0, x, y, band[c])) continue;
          ASSERT_FALSE(isPainted(c, x, y)) << "class " << c << " at " << x << ", " << y;
          ++seen[c].outside;
        }
    }
  }
}

class ShapesInInput : public ::testing::Test {
 protected:
  void SetUp() override {
    spec = writeShapeSet(folder, 20);
    dataset = opened(spec);
    ASSERT_TRUE(dataset);
  }

  std::array<Seen, 3> check(const LoaderOptions& options, int count = 20) const {
    std::array<Seen, 3> seen;
    for (const Batch& batch : batches(dataset, options, count))
      expectOnColors(batch, seen);
    for (const Seen& of : seen) {
      EXPECT_GT(of.inside, 2000);
      EXPECT_GT(of.outside, 100000);
      EXPECT_GT(of.whole, 5);
      // Half a pixel would be a frame taken for another; diagonals are drawn to a part of that.
      EXPECT_NEAR(of.offCentreX / of.whole, 0, 0.2);
      EXPECT_NEAR(of.offCentreY / of.whole, 0, 0.2);
    }
    return seen;
  }

  TemporaryFolder folder;
  std::string spec;
  std::shared_ptr<const Dataset> dataset;
};

TEST_F(ShapesInInput, FittedWhole) {
  LoaderOptions options = shapeOptions();
  options.augment = false;
  for (const char* fit : {"letterbox", "stretch"}) {
    SCOPED_TRACE(fit);
    set(options, "fit", fit);
    EXPECT_EQ(check(options)[0].mirrored, 0);
  }
}

TEST_F(ShapesInInput, Mirrored) {
  LoaderOptions options = shapeOptions();
  set(options, "flip", "1");
  set(options, "zoom_min", "1");
  set(options, "zoom_max", "1");
  const Seen seen = check(options)[0];
  EXPECT_EQ(seen.mirrored, seen.samples);
}

TEST_F(ShapesInInput, ReducedAndPlacedAnywhere) {
  LoaderOptions options = shapeOptions();
  options.shape = InputShape::fixed({160, 140});
  set(options, "zoom_min", "0.6");
  set(options, "zoom_max", "0.9");
  check(options);
}

TEST_F(ShapesInInput, EnlargedAndCropped) {
  LoaderOptions options = shapeOptions();
  set(options, "zoom_min", "1.5");
  set(options, "zoom_max", "3");
  check(options, 60);
}

TEST_F(ShapesInInput, OfFourTiles) {
  LoaderOptions options = shapeOptions();
  options.shape = InputShape::fixed({200, 180});
  set(options, "mosaic", "1");
  set(options, "zoom_min", "1");
  set(options, "zoom_max", "1.5");
  check(options, 30);
}

TEST_F(ShapesInInput, InRectanglesOfSeveralSizes) {
  LoaderOptions options = shapeOptions();
  options.trainingShapes = {InputShape::rectangle(96, 200, 32), InputShape::rectangle(160, 300, 32)};
  check(options);
}

TEST_F(ShapesInInput, OfInference) {
  LoaderOptions options = shapeOptions();
  options.shape = InputShape::rectangle(128, 300, 32);
  std::array<Seen, 3> seen;
  for (std::size_t i = 0; i < dataset->images().size(); ++i) {
    const Result<Batch> batch = loadForInference(*dataset, {i}, options);
    ASSERT_TRUE(batch);
    expectOnColors(*batch, seen);
  }
  EXPECT_GT(seen[2].inside, 1000);
  EXPECT_EQ(seen[2].samples, 20);
}

TEST_F(ShapesInInput, GoWithObjectsThatAreDropped) {
  LoaderOptions options = shapeOptions();
  set(options, "min_visible", "0.95");
  set(options, "zoom_min", "1.5");
  set(options, "zoom_max", "3");
  for (const char* mosaic : {"0", "1"}) {
    set(options, "mosaic", mosaic);
    std::size_t samples = 0, objects = 0;
    for (const Batch& batch : batches(dataset, options, 20))
      for (const BatchSample& sample : batch.samples) {
        ASSERT_EQ(sample.shapesInInput.size(), sample.objectsInInput.size());
        ++samples;
        for (std::size_t k = 0; k < sample.objectsInInput.size(); ++k, ++objects) {
          const ShapeInInput& shape = sample.shapesInInput[k];
          EXPECT_EQ(shape.shape, sample.objectsInInput[k].shape);
          EXPECT_EQ(shape.shape->polygons() != nullptr, sample.objectsInInput[k].classIndex == 0);
          // The box of what is drawn is the object's, to a pixel: all but a twentieth of it is there.
          const std::vector<std::uint8_t> mask = maskInInput(shape, batch.inputSize);
          const MaskExtent extent = extentOf(maskOfPixels(mask.data(), batch.inputSize));
          const Box& box = sample.objectsInInput[k].boxInImage;
          EXPECT_NEAR(static_cast<double>(extent.left), box.x1, 1.5);
          EXPECT_NEAR(static_cast<double>(extent.right), box.x2, 1.5);
        }
      }
    EXPECT_LT(objects, samples * (mosaic[0] == '1' ? 8 : 2));
    EXPECT_GT(objects, 20u);
  }
}

TEST_F(ShapesInInput, CostNothingWhereTheyAreNotAskedFor) {
  LoaderOptions options = shapeOptions();
  set(options, "mosaic", "0.5");
  const std::vector<Batch> with = batches(dataset, options, 6);
  options.objectShapes = false;
  const std::vector<Batch> without = batches(dataset, options, 6),
                           plain = batches(opened(spec, false), options, 6);
  for (std::size_t i = 0; i < with.size(); ++i) {
    expectSame(with[i], without[i]);
    expectSame(with[i], plain[i]);
    for (const BatchSample& sample : without[i].samples)
      EXPECT_THAT(sample.shapesInInput, IsEmpty());
    for (const BatchSample& sample : plain[i].samples)
      for (const Annotation& object : sample.objectsInInput)
        EXPECT_FALSE(object.shape);
  }
}

TEST_F(ShapesInInput, AreNullWhereTheSetWasOpenedWithoutThem) {
  const auto plain = opened(spec, false);
  ASSERT_TRUE(plain);
  const std::vector<Batch> made = batches(plain, shapeOptions(), 1);
  for (const BatchSample& sample : made[0].samples) {
    ASSERT_EQ(sample.shapesInInput.size(), sample.objectsInInput.size());
    for (const ShapeInInput& shape : sample.shapesInInput)
      EXPECT_FALSE(shape.shape);
  }
}

// ---- the demo

TEST(DemoShapes, AreThePixelsThatShowAnObject) {
  std::size_t objects = 0;
  for (std::size_t i = 0; i < 30; ++i) {
    const demo::Scene scene = demo::sceneOf(0, "train", i);
    const std::vector<RunMask> masks = demo::visibleMasks(scene);
    const ImagePixels picture = demo::paint(scene);
    ASSERT_EQ(masks.size(), scene.shapes.size());
    for (std::size_t k = 0; k < masks.size(); ++k, ++objects) {
      // The same picture with the shape in other colours differs where it shows.
      demo::Scene other = scene;
      for (std::size_t c = 0; c < 3; ++c)
        other.shapes[k].first[c] = other.shapes[k].second[c] = scene.shapes[k].first[c] > 0.5f ? 0.f : 1.f;
      const ImagePixels changed = demo::paint(other);
      const Bitmap mask{{demo::kSidePx, demo::kSidePx}, ::anchorscope::pixelsOf(masks[k])};
      const Box box = scene.shapes[k].box();
      int inside = 0;
      for (int y = 0; y < demo::kSidePx; ++y)
        for (int x = 0; x < demo::kSidePx; ++x) {
          const std::size_t at = pixelOffset(mask.size, x, y);
          int largest = 0;
          for (std::size_t c = 0; c < 3; ++c)
            largest = std::max(largest, std::abs(picture.rgb[at + c] - changed.rgb[at + c]));
          if (mask.isAll(1, x, y, 1)) {
            ++inside;
            ASSERT_GT(largest, 40) << i << ", shape " << k << " at " << x << ", " << y;
          }
          if (mask.isAll(0, x, y, 2)) {
            // A tip under another shape's edge may tint what is no pixel of either.
            ASSERT_LE(largest, 10) << i << ", shape " << k << " at " << x << ", " << y;
          }
          if (mask.pixels[at / 3] != 0) {
            ASSERT_TRUE(box.contains(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f));
          }
        }
      EXPECT_GT(inside, 3) << "picture " << i << ", shape " << k;
    }
    for (std::size_t a = 0; a < masks.size(); ++a)
      for (std::size_t b = 0; b < a; ++b)
        EXPECT_EQ(intersectionOf(masks[a], masks[b]), 0u);
  }
  EXPECT_GT(objects, 100u);
}

TEST(DemoShapes, AreThereWhereAskedFor) {
  const auto with = opened("demo#val"), without = opened("demo#val", false);
  ASSERT_TRUE(with && without);
  for (std::size_t i = 0; i < with->images().size(); ++i) {
    const std::vector<Annotation>&a = with->images()[i].annotations, &b = without->images()[i].annotations;
    const std::vector<RunMask> masks = demo::visibleMasks(demo::sceneOf(0, "val", i));
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < a.size(); ++k) {
      EXPECT_EQ(a[k].boxInImage, b[k].boxInImage);
      EXPECT_EQ(a[k].areaPx, b[k].areaPx);
      EXPECT_FALSE(b[k].shape);
      ASSERT_TRUE(a[k].shape && a[k].shape->mask());
      EXPECT_EQ(*a[k].shape->mask(), masks[k]);
    }
  }
}

}  // namespace
}  // namespace anchorscope::testing
