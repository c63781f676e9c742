#include "core/data/demo_dataset.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/data/object_shape.h"
#include "core/data/readers.h"

namespace anchorscope {
namespace demo {
namespace {

/// Hue 0..1, saturation, value to RGB.
Rgb fromHsv(double hue, double saturation, double value) {
  Rgb rgb;
  const double offsets[3] = {0, 2.0 / 3, 1.0 / 3};
  for (std::size_t c = 0; c < 3; ++c) {
    const double turn = hue + offsets[c];
    const double h = 6 * (turn - std::floor(turn));
    const double ramp = std::clamp(std::fabs(h - 3) - 1, 0.0, 1.0);
    rgb[c] = static_cast<float>(value * (1 - saturation * (1 - ramp)));
  }
  return rgb;
}

/// Share of `below`'s box that `above`'s box covers.
double coveredShare(const Box& below, const Box& above) {
  const double overlap =
      boxmath::intersection(below.x1, below.y1, below.x2, below.y2, above.x1, above.y1, above.x2, above.y2);
  return overlap / static_cast<double>(below.area());
}

struct Style {
  bool darkBackground = false;
  double backgroundHue = 0;
};

Shape randomShape(Random& random, const Style& style, double minRadius, double maxRadius) {
  Shape shape;
  shape.shapeClass = static_cast<ShapeClass>(random.below(classNames().size()));
  shape.radius = static_cast<float>(minRadius * std::pow(maxRadius / minRadius, random.uniform()));
  const double margin = shape.radius + 1.0;
  shape.centerX = static_cast<float>(random.uniform(margin, kSidePx - margin));
  shape.centerY = static_cast<float>(random.uniform(margin, kSidePx - margin));
  shape.angle = static_cast<float>(random.uniform(0, 6.28318));
  shape.texture = static_cast<Texture>(random.below(5));
  shape.textureAngle = static_cast<float>(random.uniform(0, 6.28318));
  shape.texturePeriodPx = static_cast<float>(std::max(4.0, shape.radius * random.uniform(0.35, 0.7)));
  // Away from the background's hue and on the other side of its brightness; colour says nothing about the
  // class.
  const double hue = style.backgroundHue + random.uniform(0.18, 0.82);
  const double value = style.darkBackground ? random.uniform(0.78, 1.0) : random.uniform(0.32, 0.72);
  const double saturation = style.darkBackground ? random.uniform(0.45, 0.8) : random.uniform(0.6, 0.9);
  shape.first = fromHsv(hue, saturation, value);
  shape.second = fromHsv(hue + random.uniform(-0.08, 0.08), saturation * random.uniform(0.4, 0.8),
                         value * random.uniform(0.55, 0.8));
  return shape;
}

/// Boxes cover more than the shapes, so these bounds keep every shape at least half visible.
bool leavesAllVisible(const std::vector<Shape>& shapes, const Shape& candidate) {
  constexpr double kMaxCoveredShare = 0.3, kMaxTotalShare = 0.45;
  const Box box = candidate.box();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Box below = shapes[i].box();
    const double covered = coveredShare(below, box);
    if (covered > kMaxCoveredShare) return false;
    // A small shape in front of a large one hides little of it but would look like its texture.
    if (coveredShare(box, below) > 0.6) return false;
    double total = covered;
    for (std::size_t above = i + 1; above < shapes.size(); ++above)
      total += coveredShare(below, shapes[above].box());
    if (total > kMaxTotalShare) return false;
  }
  return true;
}

}  // namespace

const std::vector<std::string>& classNames() {
  static const std::vector<std::string> kNames{"disc", "square", "triangle", "star", "ring"};
  return kNames;
}

Scene sceneOf(std::uint64_t seed, const std::string& split, std::size_t index) {
  Random random = Random::of(seed, RandomPurpose::kDemo, {split == "val" ? 1ULL : 0ULL, index});
  Style style;
  style.darkBackground = random.chance(0.6);
  style.backgroundHue = random.uniform();
  Scene scene;
  scene.noiseSeed = random.next();
  const double saturation = random.uniform(0.12, 0.38);
  const double value = style.darkBackground ? random.uniform(0.16, 0.3) : random.uniform(0.72, 0.86);
  scene.backgroundFirst = fromHsv(style.backgroundHue, saturation, value);
  scene.backgroundSecond = fromHsv(style.backgroundHue + random.uniform(-0.1, 0.1), saturation,
                                   value * (style.darkBackground ? 1.9 : 1.15));
  scene.backgroundAngle = static_cast<float>(random.uniform(0, 6.28318));
  scene.backgroundGrainPx = static_cast<float>(random.uniform(14, 34));

  const bool crowded = random.chance(0.3);
  const std::size_t count = crowded ? 9 + random.below(8) : 2 + random.below(6);
  const double minRadius = crowded ? 7 : 9, maxRadius = crowded ? 20 : 36;
  for (std::size_t i = 0; i < count; ++i)
    for (int attempt = 0; attempt < 25; ++attempt) {
      Shape shape = randomShape(random, style, minRadius, maxRadius);
      if (!leavesAllVisible(scene.shapes, shape)) continue;
      scene.shapes.push_back(shape);
      break;
    }
  return scene;
}

namespace {

void addShapes(const Scene& scene, std::vector<Annotation>& annotations) {
  std::vector<RunMask> masks = visibleMasks(scene);
  for (std::size_t i = 0; i < masks.size(); ++i)
    annotations[i].shape = std::make_shared<const ObjectShape>(ObjectShape{std::move(masks[i])});
}

/// The generated set: objects at once, pixels when asked for.
class DemoDataset final : public Dataset {
 public:
  DemoDataset(std::string spec, std::uint64_t seed, std::string split, bool shapes)
      : spec_(std::move(spec)), seed_(seed), split_(std::move(split)) {
    const std::size_t count = split_ == "val" ? kValImages : kTrainImages;
    for (std::size_t i = 0; i < count; ++i) {
      ImageRecord image;
      char name[32];
      std::snprintf(name, sizeof name, "%s_%04zu", split_.c_str(), i);
      image.name = name;
      image.size = {kSidePx, kSidePx};
      image.sourceId = concat(i);
      const Scene scene = sceneOf(seed_, split_, i);
      for (const Shape& shape : scene.shapes) {
        Annotation annotation;
        annotation.boxInImage = shape.box();
        annotation.classIndex = static_cast<int>(shape.shapeClass);
        annotation.areaPx = static_cast<double>(annotation.boxInImage.area());
        image.annotations.push_back(annotation);
      }
      if (shapes) addShapes(scene, image.annotations);
      images_.push_back(std::move(image));
    }
  }

  const std::string& spec() const override { return spec_; }
  const std::vector<std::string>& classNames() const override { return demo::classNames(); }
  const std::vector<ImageRecord>& images() const override { return images_; }
  const Diagnostics& diagnostics() const override { return diagnostics_; }
  Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const override {
    ANCHORSCOPE_CHECK(imageIndex < images_.size(), "image ", imageIndex, " of ", images_.size());
    return std::make_shared<const ImagePixels>(paint(sceneOf(seed_, split_, imageIndex)));
  }

 private:
  std::string spec_;
  std::uint64_t seed_;
  std::string split_;
  std::vector<ImageRecord> images_;
  Diagnostics diagnostics_;
};

}  // namespace
}  // namespace demo

Result<std::shared_ptr<const Dataset>> makeDemo(const ReaderRequest& request) {
  const DatasetSpec& spec = request.spec;
  const std::string split = spec.split.empty() ? "train" : spec.split;
  if (split != "train" && split != "val")
    return makeError(ErrorCode::kUsage, concat("The demo has no split '", split, "'"),
                     "Use demo#train or demo#val");
  const std::uint64_t seed = spec.paths.empty() ? 0 : std::strtoull(spec.paths[0].c_str(), nullptr, 10);
  return std::shared_ptr<const Dataset>(
      std::make_shared<demo::DemoDataset>(spec.text, seed, split, request.options.shapes));
}

}  // namespace anchorscope
