#include "core/model/vgg.h"

#include <algorithm>

#include "core/base/check.h"

namespace anchorscope {
namespace {

/// Length that the fourth stage's pixels are scaled to at first: Liu et al. 2016.
constexpr double kFirstLength = 20;

at::Tensor halved(const at::Tensor& map) {
  return at::max_pool2d(map, {2, 2}, {2, 2}, {0, 0}, {1, 1}, /*ceil_mode=*/true);
}

/// Filled up to 3 x 3 px.
at::Tensor wideEnough(const at::Tensor& map) {
  const std::int64_t right = std::max<std::int64_t>(3 - map.size(3), 0),
                     below = std::max<std::int64_t>(3 - map.size(2), 0);
  return right + below == 0 ? map : at::constant_pad_nd(map, {0, right, 0, below}, 0);
}

}  // namespace

at::Tensor SsdBackbone::Layer::operator()(const at::Tensor& input, bool training) const {
  const at::Tensor map = conv(input);
  return norm ? norm->rectified(map, training) : at::relu(map);
}

SsdBackbone::Layers SsdBackbone::makeStage(StateList& state, const std::string& prefix, int& place, int count,
                                           std::int64_t in, std::int64_t out, std::optional<NormKind> norm,
                                           bool learn) {
  Layers layers;
  for (int i = 0; i < count; ++i) {
    const Conv::Shape shape{i == 0 ? in : out, out, 3, 1, true};
    Layer layer{Conv(state, concat(prefix, place++), shape, ConvInit::kKaimingFanOut, learn), {}};
    if (norm) layer.norm = Norm(state, concat(prefix, place++), *norm, out, 1, learn);
    ++place;  // the ReLU
    layers.push_back(std::move(layer));
  }
  return layers;
}

SsdBackbone::SsdBackbone(StateList& state, const std::string& prefix, const VggShape& shape,
                         int trainableStages) {
  const std::int64_t width = shape.width;
  scale_ = state.addParameter(prefix + "scale_weight", at::full({8 * width}, kFirstLength, at::kFloat), true,
                              ParameterRole::Kind::kNorm);
  const auto learns = [&](int stage) { return trainableStages >= 5 - stage; };
  const std::string features = prefix + "features.", extra = prefix + "extra.";
  std::int64_t in = 3;
  int place = 0;
  for (int stage = 0; stage < 5; ++stage) {
    const std::int64_t out = width << std::min(stage, 3);
    const bool fifth = stage == 4;
    if (fifth) place = 1;  // behind the fourth pooling, with which the first of `extra` begins
    stages_[static_cast<std::size_t>(stage)] =
        makeStage(state, fifth ? extra + "0." : features, place, shape.convs[static_cast<std::size_t>(stage)],
                  in, out, shape.norm, learns(stage));
    if (!fifth) ++place;  // the pooling
    in = out;
  }
  const auto layer = [&](const std::string& name, const Conv::Shape& conv) {
    return Layer{Conv(state, name, conv, ConvInit::kXavier), {}};
  };
  // Beside the fifth stage's, torchvision counts the convolutions behind a pooling.
  const std::string fullName = concat(extra, "0.", place, ".");
  const std::int64_t fullWidth = 16 * width;
  full_ = {layer(fullName + "1", {in, fullWidth, 3, 1, true, 6, 6}),
           layer(fullName + "3", {fullWidth, fullWidth, 1, 1, true})};
  channels_ = {8 * width, fullWidth, 8 * width, 4 * width, 4 * width, 4 * width};
  for (std::size_t i = 0; i < further_.size(); ++i) {
    const std::string name = concat(extra, i + 1, ".");
    const std::int64_t out = channels_[i + 2];
    const bool halves = i < 2;
    further_[i] = {layer(name + "0", {channels_[i + 1], out / 2, 1, 1, true}),
                   layer(name + "2", {out / 2, out, 3, halves ? 2 : 1, true, halves ? 1 : 0})};
  }
}

std::array<at::Tensor, SsdBackbone::kMaps> SsdBackbone::operator()(const at::Tensor& images,
                                                                   bool training) const {
  const auto through = [&](const Layers& layers, at::Tensor map) {
    for (const Layer& layer : layers)
      map = layer(map, training);
    return map;
  };
  at::Tensor map = images;
  for (std::size_t stage = 0; stage < 4; ++stage)
    map = through(stages_[stage], stage == 0 ? map : halved(map));
  std::array<at::Tensor, kMaps> maps;
  // Squares of many channels are summed: not in 16 bits.
  const at::Tensor wide = map.scalar_type() == at::kDouble ? map : map.to(at::kFloat);
  maps[0] = wide / wide.norm(2, {1}, true).clamp_min(1e-12) * scale_.view({1, -1, 1, 1});
  map = through(stages_[4], halved(map));
  map = through(full_, at::max_pool2d(map, {3, 3}, {1, 1}, {1, 1}));
  maps[1] = map;
  for (std::size_t i = 0; i < further_.size(); ++i) {
    map = further_[i][0](map, training);
    map = further_[i][1](i < 2 ? map : wideEnough(map), training);
    maps[i + 2] = map;
  }
  return maps;
}

}  // namespace anchorscope
