#include "core/trainer/place_data.h"

#include <map>
#include <utility>

#include "core/base/numbers.h"
#include "core/data/augment.h"
#include "core/model/detector.h"
#include "core/trainer/batch_tensors.h"
#include "core/trainer/input_options.h"

namespace anchorscope {

namespace {

std::optional<AnchorOptions> anchorOptionsOf(const ParamSet& model) {
  if (!model.find("anchor_scale") || !model.find("scales_per_octave") || !model.find("ratios"))
    return std::nullopt;
  const auto ratios = parseNumbers(model.getText("ratios"));
  if (!ratios || ratios->empty()) return std::nullopt;
  return AnchorOptions{model.getFloat("anchor_scale"), static_cast<int>(model.getInt("scales_per_octave")),
                       *ratios};
}

}  // namespace

Result<PlacedData> placeData(const Dataset& dataset, const RunConfig& config) {
  auto detector = makeDetector(config.model, config.modelParams, /*classCount=*/1, /*seed=*/0);
  if (!detector) return std::move(detector).error();
  const AugmentOptions augment = AugmentOptions::from(config.dataParams);
  const InputShape shape = inputShapeOf(config.train);
  std::map<std::pair<int, int>, std::shared_ptr<const AnchorReach>> reaches;
  PlacedData out;
  out.classNames = dataset.classNames();
  out.points = (*detector)->stages().front().heads.points;
  out.anchors = anchorOptionsOf(config.modelParams);
  out.images.reserve(dataset.images().size());
  for (const ImageRecord& record : dataset.images()) {
    const SizePx windowSize = shape.window(record.size);
    const PixelRect window{0, 0, windowSize.width, windowSize.height};
    const AxisTransform inputFromImage = fittedTransform(record.size, windowSize, augment.fitIn(shape));
    PlacedImage image{record.name, record.size, shape.inputOf(record.size), nullptr, {}};
    auto& reach = reaches[{image.inputSize.width, image.inputSize.height}];
    if (!reach) reach = std::make_shared<const AnchorReach>(*(*detector)->anchors(image.inputSize).geometry);
    image.reach = reach;
    for (const Annotation& annotation : record.annotations) {
      std::vector<Annotation> placed;
      appendObjectsInInput({annotation}, inputFromImage, window, /*minVisible=*/0, placed);
      image.objects.push_back({annotation.boxInImage, placed.empty() ? Box{} : placed.front().boxInImage,
                               annotation.classIndex, isIgnored(annotation), annotation.areaPx});
    }
    out.images.push_back(std::move(image));
  }
  return out;
}

}  // namespace anchorscope
