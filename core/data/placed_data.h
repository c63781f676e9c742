#pragma once
// View header. A data set as a detector's anchors meet it: every object where it lies in the input, without
// augmentation. No pixel is decoded for it.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/geometry.h"
#include "core/data/anchor_reach.h"

namespace anchorscope {

/// COCO's sizes: area below 32^2, below 96^2, above, px of the image.
inline constexpr std::array<const char*, 3> kCocoSizes{"small", "medium", "large"};
inline std::size_t cocoSizeOf(double areaPx) {
  return areaPx < 32 * 32 ? 0 : areaPx < 96 * 96 ? 1 : 2;
}

/// What an anchor has to overlap an object by to reach it.
inline constexpr float kReachIou = 0.5f;

struct PlacedObject {
  Box boxInImage;
  Box boxInInput;  ///< Clipped to what the image fills; degenerate: nothing of it is left there.
  int classIndex = 0;
  bool ignored = false;  ///< Crowd or difficult: not trained on.
  double areaPx = 0;     ///< Annotation::areaPx
};

struct PlacedImage {
  std::string name;
  SizePx size, inputSize;
  std::shared_ptr<const AnchorReach> reach;  ///< Of that input size; shared between images.
  std::vector<PlacedObject> objects;         ///< In the order of the annotations.
};

/// The options that a detector's anchors follow from: on a level of stride s, sides of s * scale * 2^(k /
/// perOctave) px, k < perOctave, at each ratio.
struct AnchorOptions {
  double scale = 4;
  int perOctave = 1;
  std::vector<double> ratios{1};  ///< height / width
  bool operator==(const AnchorOptions&) const = default;
};

struct PlacedData {
  std::vector<std::string> classNames;
  bool points = false;  ///< Of a detector without anchors: reached is what has a location inside.
  std::optional<AnchorOptions> anchors;  ///< None: the detector's anchors do not follow from such options.
  std::vector<PlacedImage> images;

  bool reached(const PlacedImage& image, const PlacedObject& object) const {
    if (object.boxInInput.degenerate()) return false;
    return points ? image.reach->holdsCenter(object.boxInInput)
                  : image.reach->bestIou(object.boxInInput) >= kReachIou;
  }
};

}  // namespace anchorscope
