#include "core/trainer/data_summary.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/data/epoch_list.h"
#include "core/data/largest_input.h"
#include "core/model/model_evidence.h"
#include "core/trainer/input_options.h"
#include "core/trainer/place_data.h"

namespace anchorscope {
namespace {

Quartiles quartilesOf(std::vector<float>& values) {
  Quartiles out{};
  if (values.empty()) return out;
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double at = static_cast<double>(values.size() - 1) * static_cast<double>(i) / 4;
    const auto low = static_cast<std::size_t>(std::floor(at));
    const double above = values[std::min(low + 1, values.size() - 1)];
    out[i] = values[low] + (at - static_cast<double>(low)) * (above - values[low]);
  }
  return out;
}

/// Gathers one group of objects.
class Group {
 public:
  explicit Group(std::string name) { summary_.name = std::move(name); }

  void add(std::size_t image, double share, double sidePx, bool reachable) {
    ++summary_.objects;
    if (image != lastImage_) ++summary_.images;
    lastImage_ = image;
    summary_.reachable += reachable ? 1 : 0;
    shares_.push_back(static_cast<float>(share));
    sides_.push_back(static_cast<float>(sidePx));
  }

  void addIgnored() { ++summary_.ignored; }

  ObjectSummary summary() && {
    summary_.shareOfImage = quartilesOf(shares_);
    summary_.sidePx = quartilesOf(sides_);
    return std::move(summary_);
  }

 private:
  ObjectSummary summary_;
  std::size_t lastImage_ = static_cast<std::size_t>(-1);
  std::vector<float> shares_, sides_;
};

std::vector<ObjectSummary> summaries(std::vector<Group> groups) {
  std::vector<ObjectSummary> out;
  for (Group& group : groups)
    out.push_back(std::move(group).summary());
  return out;
}

std::int64_t areaOf(SizePx size) {
  return std::int64_t{size.width} * size.height;
}

}  // namespace

Result<DataSummary> summarizeData(const Dataset& dataset, const RunConfig& config) {
  auto placed = placeData(dataset, config);
  if (!placed) return std::move(placed).error();
  DataSummary out;
  const InputShape shape = inputShapeOf(config.train);
  const auto epochs = EpochList::make(dataset, EpochOptions::from(config.dataParams),
                                      static_cast<std::uint64_t>(config.train.getInt("seed")));
  out.leftOut = epochs ? epochs->leftOut() : epochs.error().text();
  out.input = inputText(config.train);
  out.ownShapes = shape.keepsAspect();
  out.inputSize = largestInput(dataset, shape);
  out.model = config.model;
  const auto evidence = modelEvidence(config.model, config.modelParams, out.inputSize);
  if (!evidence) return evidence.error();
  out.anchors = evidence->anchors;
  out.points = placed->points;

  Group all("all");
  std::vector<Group> classes, sizes(kCocoSizes.begin(), kCocoSizes.end());
  for (const std::string& name : dataset.classNames())
    classes.emplace_back(name);
  for (std::size_t i = 0; i < placed->images.size(); ++i) {
    const PlacedImage& image = placed->images[i];
    ++out.images;
    out.imagesWithoutObjects += image.objects.empty() ? 1 : 0;
    if (i == 0 || areaOf(image.size) < areaOf(out.smallestImage)) out.smallestImage = image.size;
    if (i == 0 || areaOf(image.size) > areaOf(out.largestImage)) out.largestImage = image.size;
    for (const PlacedObject& object : image.objects) {
      ++out.objects;
      Group& ofClass = classes[static_cast<std::size_t>(object.classIndex)];
      Group& ofSize = sizes[cocoSizeOf(object.areaPx)];
      if (object.ignored) {
        ++out.ignored;
        for (Group* group : {&all, &ofClass, &ofSize})
          group->addIgnored();
        continue;
      }
      const double share =
          static_cast<double>(object.boxInImage.area()) / static_cast<double>(areaOf(image.size));
      const double sidePx = std::sqrt(static_cast<double>(object.boxInInput.area()));
      for (Group* group : {&all, &ofClass, &ofSize})
        group->add(i, share, sidePx, placed->reached(image, object));
    }
  }
  out.all = std::move(all).summary();
  out.classes = summaries(std::move(classes));
  out.sizes = summaries(std::move(sizes));
  return out;
}

}  // namespace anchorscope
