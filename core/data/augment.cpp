#include "core/data/augment.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace anchorscope {
namespace {

/// Offset of a scaled image of `length` in a span of `room`: anywhere without a gap when larger, anywhere
/// inside when smaller; both are the range between 0 and room - length.
double randomOffset(double room, double length, Random& random) {
  return random.uniform() * (room - length);
}

AxisTransform placed(SizePx image, double scaleX, double scaleY, const PixelRect& room,
                     const AugmentOptions& options, Random& random) {
  AxisTransform transform;
  transform.scaleX = scaleX;
  transform.scaleY = scaleY;
  transform.offsetX = room.left + randomOffset(room.right - room.left, scaleX * image.width, random);
  transform.offsetY = room.top + randomOffset(room.bottom - room.top, scaleY * image.height, random);
  if (!random.chance(options.flip)) return transform;
  // Mirrored in place: image x = 0 goes to where its right edge was.
  transform.offsetX += scaleX * image.width;
  transform.scaleX = -scaleX;
  return transform;
}

double randomZoom(const AugmentOptions& options, Random& random) {
  return options.zoomMin * std::pow(options.zoomMax / options.zoomMin, random.uniform());
}

}  // namespace

AugmentOptions AugmentOptions::from(const ParamSet& params) {
  AugmentOptions options;
  options.fit = params.getText("fit") == "stretch" ? Fit::kStretch : Fit::kLetterbox;
  options.flip = params.getFloat("flip");
  options.zoomMin = params.getFloat("zoom_min");
  options.zoomMax = params.getFloat("zoom_max");
  options.brightness = params.getFloat("brightness");
  options.contrast = params.getFloat("contrast");
  options.saturation = params.getFloat("saturation");
  options.mosaic = params.getFloat("mosaic");
  options.minVisible = params.getFloat("min_visible");
  return options;
}

Status AugmentOptions::validate() const {
  if (zoomMin > zoomMax)
    return makeError(ErrorCode::kUsage, concat("zoom_min ", zoomMin, " is larger than zoom_max ", zoomMax),
                     "Swap them or make them equal");
  return {};
}

AxisTransform fittedTransform(SizePx image, SizePx input, Fit fit) {
  const double scaleX = static_cast<double>(input.width) / image.width,
               scaleY = static_cast<double>(input.height) / image.height;
  if (fit == Fit::kStretch) return {scaleX, scaleY, 0, 0};
  const double scale = std::min(scaleX, scaleY);
  return {scale, scale, std::floor((input.width - scale * image.width) / 2 + 1e-9),
          std::floor((input.height - scale * image.height) / 2 + 1e-9)};
}

AxisTransform randomTransform(SizePx image, SizePx input, const AugmentOptions& options, Random& random) {
  const AxisTransform fitted = fittedTransform(image, input, options.fit);
  const double zoom = randomZoom(options, random);
  return placed(image, zoom * fitted.scaleX, zoom * fitted.scaleY, {0, 0, input.width, input.height}, options,
                random);
}

AxisTransform randomCellTransform(SizePx image, const PixelRect& cell, const AugmentOptions& options,
                                  Random& random) {
  const double scaleX = static_cast<double>(cell.right - cell.left) / image.width;
  const double scaleY = static_cast<double>(cell.bottom - cell.top) / image.height;
  const double cover = std::max(scaleX, scaleY) * std::max(1.0, randomZoom(options, random));
  return placed(image, cover, cover, cell, options, random);
}

void randomColor(const AugmentOptions& options, Random& random, ColorMap& map) {
  const auto factor = [&](double range) { return static_cast<float>(random.uniform(1 - range, 1 + range)); };
  const float brightness = factor(options.brightness), contrast = factor(options.contrast),
              saturation = factor(options.saturation);
  map.changesColor = options.brightness > 0 || options.contrast > 0 || options.saturation > 0;
  // Each is linear: rgb * brightness; grey + contrast * (rgb - grey); luma + saturation * (rgb - luma).
  constexpr float kLuma[3] = {0.299f, 0.587f, 0.114f};  // ITU-R BT.601
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column) {
      const float toGrey = (1 - saturation) * kLuma[column] + (row == column ? saturation : 0.0f);
      map.matrix[3 * row + column] = toGrey * contrast * brightness;
    }
  // Saturation leaves grey as it is.
  map.offset.fill(0.5f * (1 - contrast));
}

void appendObjectsInInput(const std::vector<Annotation>& objects, const AxisTransform& inputFromImage,
                          const PixelRect& window, double minVisible,
                          std::vector<Annotation>& objectsInInput) {
  constexpr float kMinSidePx = 1;
  const auto left = static_cast<float>(window.left), top = static_cast<float>(window.top);
  const auto right = static_cast<float>(window.right), bottom = static_cast<float>(window.bottom);
  for (Annotation object : objects) {
    const Box whole = inputFromImage.map(object.boxInImage);
    const Box part{std::clamp(whole.x1, left, right), std::clamp(whole.y1, top, bottom),
                   std::clamp(whole.x2, left, right), std::clamp(whole.y2, top, bottom)};
    if (part.degenerate()) continue;
    if (minVisible > 0) {
      const bool thin = part.width() < std::min(kMinSidePx, whole.width()) ||
                        part.height() < std::min(kMinSidePx, whole.height());
      if (thin || static_cast<double>(part.area()) < minVisible * static_cast<double>(whole.area())) continue;
    }
    object.boxInImage = part;
    object.areaPx *= std::fabs(inputFromImage.scaleX * inputFromImage.scaleY);
    objectsInInput.push_back(object);
  }
}

void appendShapesInInput(std::span<const Annotation> appended, const AxisTransform& inputFromImage,
                         const PixelRect& visibleInInput, std::vector<ShapeInInput>& shapesInInput) {
  for (const Annotation& object : appended)
    shapesInInput.push_back({object.shape, inputFromImage, visibleInInput});
}

}  // namespace anchorscope
