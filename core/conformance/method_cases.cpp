#include "core/conformance/method_cases.h"

#include <numeric>

#include "core/base/check.h"

namespace anchorscope::conformance {

PaddedObjects padObjects(const ReferenceCase& reference, std::int64_t batch, std::int64_t classes,
                         at::Device device) {
  const at::Tensor& boxes = reference.input("gt_boxes");
  const at::Tensor labels = reference.input("gt_labels").to(at::kLong).contiguous();
  const std::int64_t count = labels.numel();
  if (boxes.dim() != 2 || boxes.size(1) != 4 || boxes.size(0) != count || labels.dim() != 1) {
    throw MalformedCase("gt_boxes is not [G,4] or gt_labels not [G]");
  }
  PaddedObjects result;
  result.image = reference.hasInput("gt_image") ? reference.input("gt_image").to(at::kLong).contiguous()
                                                : at::zeros({count}, at::kLong);
  if (result.image.dim() != 1 || result.image.size(0) != count) throw MalformedCase("gt_image is not [G]");
  result.slot = at::zeros({count}, at::kLong);
  std::vector<std::int64_t> used(static_cast<std::size_t>(batch), 0);
  std::int64_t most = 0;
  for (std::int64_t g = 0; g < count; ++g) {
    const std::int64_t image = result.image.const_data_ptr<std::int64_t>()[g];
    const std::int64_t label = labels.const_data_ptr<std::int64_t>()[g];
    if (image < 0 || image >= batch)
      throw MalformedCase(concat("gt_image holds ", image, ", which is no image"));
    if (label < 0 || label >= classes)
      throw MalformedCase(concat("gt_labels holds ", label, ", which is no class"));
    result.slot.data_ptr<std::int64_t>()[g] = used[static_cast<std::size_t>(image)]++;
    most = std::max(most, used[static_cast<std::size_t>(image)]);
  }
  DenseTargets& targets = result.targets;
  targets.boxes = at::zeros({batch, most, 4}, boxes.options());
  targets.labels = at::full({batch, most}, -1, at::kLong);
  targets.valid = at::zeros({batch, most}, at::kBool);
  result.globalIndex = at::full({batch, most}, -1, at::kLong);
  if (count > 0) {
    targets.boxes.index_put_({result.image, result.slot}, boxes);
    targets.labels.index_put_({result.image, result.slot}, labels);
    targets.valid.index_put_({result.image, result.slot}, at::ones({}, at::kBool));
    result.globalIndex.index_put_({result.image, result.slot}, at::arange(count, at::kLong));
  }
  targets.ignoreBoxes = reference.hasInput("ignore_boxes") ? reference.input("ignore_boxes").unsqueeze(0)
                                                           : at::zeros({batch, 0, 4}, boxes.options());
  targets.boxes = targets.boxes.to(device);
  targets.labels = targets.labels.to(device);
  targets.valid = targets.valid.to(device);
  targets.ignoreBoxes = targets.ignoreBoxes.to(device);
  result.globalIndex = result.globalIndex.to(device);
  return result;
}

void setOption(ParamSet& params, const std::string& name, const std::string& value) {
  if (const Status status = params.set(name, value); !status) throw UnsupportedCase(status.error().text());
}

void setOptions(const ReferenceCase& reference, ParamSet& params) {
  for (const auto& [name, value] : reference.params.items()) {
    if (params.find(name) == nullptr) continue;
    ParamValue parsed;
    if (value.is_boolean()) {
      parsed = value.get<bool>();
    } else if (value.is_number_integer()) {
      parsed = value.get<std::int64_t>();
    } else if (value.is_number()) {
      parsed = value.get<double>();
    } else if (value.is_string()) {
      parsed = value.get<std::string>();
    } else {
      throw MalformedCase(concat("the parameter '", name, "' is neither number, text nor flag"));
    }
    if (const Status status = params.setValue(name, parsed); !status)
      throw UnsupportedCase(status.error().message);
  }
}

at::Tensor globalWinners(const at::Tensor& winners, const PaddedObjects& objects) {
  if (objects.globalIndex.size(1) == 0) return winners;
  return at::where(winners >= 0, objects.globalIndex.gather(1, winners.clamp_min(0)), winners);
}

namespace {

std::vector<std::int64_t> wholeNumbers(const ReferenceCase& reference, const std::string& name) {
  std::vector<std::int64_t> whole;
  for (const double value : reference.numbers(name))
    whole.push_back(static_cast<std::int64_t>(value));
  return whole;
}

}  // namespace

std::vector<LevelLayout> levelsOf(const ReferenceCase& reference, std::int64_t anchors) {
  const std::vector<std::int64_t> counts = wholeNumbers(reference, "num_per_level");
  const std::vector<std::int64_t> strides = reference.has("strides")
                                                ? wholeNumbers(reference, "strides")
                                                : std::vector<std::int64_t>(counts.size(), 1);
  if (strides.size() != counts.size() ||
      std::accumulate(counts.begin(), counts.end(), std::int64_t{0}) != anchors)
    throw MalformedCase("num_per_level does not go with strides or with the number of anchors");
  std::vector<LevelLayout> levels;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    levels.push_back({static_cast<int>(strides[i]), 1, static_cast<int>(counts[i]), 1, first});
    first += counts[i];
  }
  return levels;
}

at::Tensor stridesOf(const std::vector<LevelLayout>& levels, const at::TensorOptions& options) {
  std::vector<at::Tensor> parts;
  for (const LevelLayout& level : levels)
    parts.push_back(at::full({level.anchorCount()}, level.stride, options));
  return at::cat(parts);
}

AnchorSet pointBoxes(const ReferenceCase& reference, const at::Tensor& points) {
  if (points.dim() != 2 || points.size(1) != 2) throw MalformedCase("points are not [N,2]");
  AnchorSet set;
  set.offsets = BoxOffsets::kSideDistances;
  set.levels = levelsOf(reference, points.size(0));
  set.strides = stridesOf(set.levels, points.options());
  const at::Tensor half = (set.strides * 0.5).unsqueeze(1);
  set.boxes = at::cat({points - half, points + half}, 1);
  return set;
}

at::Tensor labelsOf(const ReferenceCase& reference, const at::Tensor& assigned) {
  const at::Tensor labels = reference.input("gt_labels").to(assigned.device());
  return labels.numel() == 0 ? assigned
                             : at::where(assigned >= 0, labels.index({assigned.clamp_min(0)}), assigned);
}

}  // namespace anchorscope::conformance
