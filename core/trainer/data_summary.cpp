#include "core/trainer/data_summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/data/anchor_reach.h"
#include "core/data/augment.h"
#include "core/data/epoch_list.h"
#include "core/data/largest_input.h"
#include "core/model/detector.h"
#include "core/trainer/batch_tensors.h"
#include "core/trainer/input_options.h"

namespace anchorscope {
namespace {

constexpr float kReachIou = 0.5f;

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

std::size_t cocoSize(double areaPx) {
  return areaPx < 32 * 32 ? 0 : areaPx < 96 * 96 ? 1 : 2;
}

}  // namespace

Result<DataSummary> summarizeData(const Dataset& dataset, const RunConfig& config) {
  const AugmentOptions augment = AugmentOptions::from(config.dataParams);
  auto detector = makeDetector(config.model, config.modelParams, /*classCount=*/1, /*seed=*/0);
  if (!detector) return std::move(detector).error();
  DataSummary out;
  const InputShape shape = inputShapeOf(config.train);
  const auto epochs = EpochList::make(dataset, EpochOptions::from(config.dataParams),
                                      static_cast<std::uint64_t>(config.train.getInt("seed")));
  out.leftOut = epochs ? epochs->leftOut() : epochs.error().text();
  out.input = inputText(config.train);
  out.ownShapes = shape.keepsAspect();
  out.inputSize = largestInput(dataset, shape);
  out.model = config.model;
  out.anchors = static_cast<std::int64_t>((*detector)->anchors(out.inputSize).geometry->count());
  out.points = (*detector)->stages().front().heads.points;
  std::map<std::pair<int, int>, AnchorReach> reaches;
  const auto reachOf = [&](SizePx input) -> const AnchorReach& {
    const std::pair key(input.width, input.height);
    const auto found = reaches.find(key);
    if (found != reaches.end()) return found->second;
    return reaches.emplace(key, AnchorReach(*(*detector)->anchors(input).geometry)).first->second;
  };

  Group all("all");
  std::vector<Group> classes, sizes{Group("small"), Group("medium"), Group("large")};
  for (const std::string& name : dataset.classNames())
    classes.emplace_back(name);
  for (std::size_t i = 0; i < dataset.images().size(); ++i) {
    const ImageRecord& image = dataset.images()[i];
    ++out.images;
    out.imagesWithoutObjects += image.annotations.empty() ? 1 : 0;
    if (i == 0 || areaOf(image.size) < areaOf(out.smallestImage)) out.smallestImage = image.size;
    if (i == 0 || areaOf(image.size) > areaOf(out.largestImage)) out.largestImage = image.size;
    const SizePx windowSize = shape.window(image.size);
    const PixelRect window{0, 0, windowSize.width, windowSize.height};
    const AxisTransform inputFromImage = fittedTransform(image.size, windowSize, augment.fitIn(shape));
    const AnchorReach& reach = reachOf(shape.inputOf(image.size));
    for (const Annotation& annotation : image.annotations) {
      ++out.objects;
      if (isIgnored(annotation)) {
        ++out.ignored;
        for (Group* group : {&all, &classes[static_cast<std::size_t>(annotation.classIndex)],
                             &sizes[cocoSize(annotation.areaPx)]})
          group->addIgnored();
        continue;
      }
      std::vector<Annotation> placed;
      appendObjectsInInput({annotation}, inputFromImage, window, /*minVisible=*/0, placed);
      const Box box = placed.empty() ? Box{} : placed.front().boxInImage;
      const bool reachable =
          !placed.empty() && (out.points ? reach.holdsCenter(box) : reach.bestIou(box) >= kReachIou);
      const double share =
          static_cast<double>(annotation.boxInImage.area()) / static_cast<double>(areaOf(image.size));
      const double sidePx = std::sqrt(static_cast<double>(box.area()));
      all.add(i, share, sidePx, reachable);
      classes[static_cast<std::size_t>(annotation.classIndex)].add(i, share, sidePx, reachable);
      sizes[cocoSize(annotation.areaPx)].add(i, share, sidePx, reachable);
    }
  }
  out.all = std::move(all).summary();
  out.classes = summaries(std::move(classes));
  out.sizes = summaries(std::move(sizes));
  return out;
}

}  // namespace anchorscope
