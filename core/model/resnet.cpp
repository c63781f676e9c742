#include "core/model/resnet.h"

#include <cmath>

#include "core/base/check.h"

namespace anchorscope {
namespace {

/// What the last norm of a block starts with. Zero makes every block the identity at first, which trains
/// faster from random weights (Goyal et al. 2017). A frozen norm must let the block through, damped so that
/// the variance of random weights stays bounded over `blockCount` blocks (ours).
double lastNormWeight(NormKind norm, int blockCount) {
  return norm == NormKind::kFrozenBatch ? 1 / std::sqrt(static_cast<double>(blockCount)) : 0;
}

}  // namespace

at::Tensor ResNet::Block::operator()(const at::Tensor& input, bool training) const {
  at::Tensor value = input;
  for (std::size_t i = 0; i < convs.size(); ++i) {
    value = norms[i](convs[i](value), training);
    if (i + 1 < convs.size()) value.relu_();
  }
  value.add_(hasShortcut ? shortcutNorm(shortcutConv(input), training) : input);
  return value.relu_();
}

ResNet::ResNet(StateList& state, const std::string& prefix, const ResNetShape& shape, NormKind norm,
               int trainableStages) {
  const auto learns = [&](int stage) { return trainableStages >= 5 - stage; };  // stage 0 is the stem
  stemConv_ = Conv(state, prefix + "conv1", {3, shape.width, shape.stemKernel, 2, false},
                   ConvInit::kKaimingFanOut, learns(0));
  stemNorm_ = Norm(state, prefix + "bn1", norm, shape.width, 1, learns(0));

  int blockCount = 0;
  for (const int count : shape.blocks)
    blockCount += count;
  const std::int64_t expansion = shape.bottleneck ? 4 : 1;
  std::int64_t in = shape.width;
  for (int stage = 0; stage < 4; ++stage) {
    const std::int64_t width = shape.width << stage;
    const std::int64_t out = width * expansion;
    const bool learn = learns(stage + 1);
    for (int index = 0; index < shape.blocks[static_cast<std::size_t>(stage)]; ++index) {
      const std::string name = concat(prefix, "layer", stage + 1, ".", index, ".");
      const std::int64_t stride = stage > 0 && index == 0 ? 2 : 1;
      std::vector<Conv::Shape> shapes;
      if (shape.bottleneck) {
        shapes = {{in, width, 1, 1, false}, {width, width, 3, stride, false}, {width, out, 1, 1, false}};
      } else {
        shapes = {{in, width, 3, stride, false}, {width, width, 3, 1, false}};
      }
      Block block;
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        const bool last = i + 1 == shapes.size();
        block.convs.emplace_back(state, concat(name, "conv", i + 1), shapes[i], ConvInit::kKaimingFanOut,
                                 learn);
        block.norms.emplace_back(state, concat(name, "bn", i + 1), norm, shapes[i].out,
                                 last ? lastNormWeight(norm, blockCount) : 1, learn);
      }
      block.hasShortcut = stride != 1 || in != out;
      if (block.hasShortcut) {
        block.shortcutConv =
            Conv(state, name + "downsample.0", {in, out, 1, stride, false}, ConvInit::kKaimingFanOut, learn);
        block.shortcutNorm = Norm(state, name + "downsample.1", norm, out, 1, learn);
      }
      stages_[static_cast<std::size_t>(stage)].push_back(std::move(block));
      in = out;
    }
    if (stage > 0) channels_[static_cast<std::size_t>(stage - 1)] = out;
  }
}

std::array<at::Tensor, 3> ResNet::operator()(const at::Tensor& images, bool training) const {
  at::Tensor value = stemNorm_(stemConv_(images), training).relu_();
  value = at::max_pool2d(value, {3, 3}, {2, 2}, {1, 1});
  std::array<at::Tensor, 3> maps;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    for (const Block& block : stages_[stage])
      value = block(value, training);
    if (stage > 0) maps[stage - 1] = value;
  }
  return maps;
}

}  // namespace anchorscope
