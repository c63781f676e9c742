#pragma once
// View header. What a newcomer to a data set wants to see first: how many objects of which class and size,
// how large they are in the detector's input, and how many of them its anchors can reach at all.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// Smallest, lower quartile, median, upper quartile, largest; 0 without values.
using Quartiles = std::array<double, 5>;

/// One class, one of COCO's sizes, or all. Objects are those that are trained on: neither crowd nor
/// difficult.
struct ObjectSummary {
  std::string name;
  std::int64_t objects = 0;
  std::int64_t ignored = 0;    ///< Crowd or difficult ones, which are counted nowhere else here.
  std::int64_t images = 0;     ///< With at least one of them.
  std::int64_t reachable = 0;  ///< See DataSummary::points.
  Quartiles shareOfImage{};    ///< Share of the image's area that the box has, 1.
  Quartiles sidePx{};          ///< Square root of the box's area in the input, px.

  /// Best possible recall at IoU 0.5; -1 without objects.
  double bestRecall() const {
    return objects == 0 ? -1 : static_cast<double>(reachable) / static_cast<double>(objects);
  }
};

struct DataSummary {
  std::int64_t images = 0, objects = 0, imagesWithoutObjects = 0;
  std::int64_t ignored = 0;            ///< Crowd or difficult objects; they count in none of the lists below.
  std::string leftOut;                 ///< Images that no batch holds, and why; empty: all come.
  SizePx smallestImage, largestImage;  ///< By area.
  std::string model;
  std::string input;         ///< What images are scaled to, in words.
  bool ownShapes = false;    ///< Inputs differ from image to image.
  SizePx inputSize;          ///< Of the largest input.
  std::int64_t anchors = 0;  ///< There.
  /// False: reachable is an object that some anchor overlaps with IoU 0.5 or more, in the input without
  /// augmentation. True, for detectors without anchors: one with a location inside.
  bool points = false;
  ObjectSummary all;
  std::vector<ObjectSummary> classes;  ///< In the set's order.
  std::vector<ObjectSummary>
      sizes;  ///< COCO's small, medium, large: area below 32^2, below 96^2, above, px of the image.
};

/// Of the set as the run would train on it: `config` gives model, options and input size. No pixel is
/// decoded. kUsage for options that do not go together.
Result<DataSummary> summarizeData(const Dataset& dataset, const RunConfig& config);

}  // namespace anchorscope
