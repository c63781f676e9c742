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

struct ResNet::BlockPlan {
  std::string name;  ///< "layer2.0."
  std::string stage;
  std::int64_t in = 0, width = 0, out = 0;
  bool bottleneck = false;
  bool halves = false;
  int inputStride = 0;  ///< px of the input frame.
  Downsampling downsampling;
  NormKind norm = NormKind::kBatch;
  double lastNormWeight = 0;
  bool learn = true;
};

ResNet::Block ResNet::makeBlock(StateList& state, const BlockPlan& plan) {
  Block block;
  const Downsampling& how = plan.downsampling;
  const bool pools = plan.halves && how.pools(), hasTrunk = plan.halves && how.hasTrunks();
  const auto poolAt = [&](const std::string& module, const std::string& part, const std::string& partTitle,
                          std::int64_t channels) {
    const PoolPlace::Site site{module, concat("layer", plan.stage, ".", part),
                               concat("layer ", plan.stage, ", ", partTitle), plan.inputStride, channels};
    return PoolPlace(state, site, how, hasTrunk, plan.learn);
  };

  const std::int64_t stride = plan.halves && !pools ? 2 : 1;
  std::vector<Conv::Shape> shapes;
  if (plan.bottleneck) {
    shapes = {{plan.in, plan.width, 1, 1, false},
              {plan.width, plan.width, pools ? 1 : 3, stride, false},
              {plan.width, plan.out, 1, 1, false}};
  } else {
    shapes = {{plan.in, plan.width, 3, stride, false}, {plan.width, plan.width, 3, 1, false}};
  }
  block.pooledConv = plan.bottleneck ? 1 : 0;
  if (hasTrunk)
    block.trunk.emplace(state, plan.name + "bottleneck_shared.logit.", plan.in, how.lipWidth, plan.learn);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    std::string convName = concat(plan.name, "conv", i + 1);
    if (pools && i == block.pooledConv) {
      block.convPool = poolAt(convName + ".0", "conv", "conv", shapes[i].in);
      convName += ".1";
    }
    block.convs.emplace_back(state, convName, shapes[i], ConvInit::kKaimingFanOut, plan.learn);
    block.norms.emplace_back(state, concat(plan.name, "bn", i + 1), plan.norm, shapes[i].out,
                             i + 1 == shapes.size() ? plan.lastNormWeight : 1, plan.learn);
  }
  block.hasShortcut = plan.halves || plan.in != plan.out;
  if (block.hasShortcut) {
    const std::string name = plan.name + "downsample.";
    if (pools) block.shortcutPool = poolAt(name + "lip", "shortcut", "shortcut", plan.in);
    // The official LIP code names the parts that torchvision counts.
    block.shortcutConv = Conv(state, name + (how.pools() ? "conv" : "0"),
                              {plan.in, plan.out, 1, stride, false}, ConvInit::kKaimingFanOut, plan.learn);
    block.shortcutNorm = Norm(state, name + (how.pools() ? "bn" : "1"), plan.norm, plan.out, 1, plan.learn);
  }
  return block;
}

at::Tensor ResNet::Block::operator()(const at::Tensor& input, const BackbonePass& pass) const {
  at::Tensor value = input, logitSource;
  if (trunk) logitSource = (*trunk)(input);
  const auto convolved = [&](std::size_t i) {
    if (convPool && i == pooledConv) value = (*convPool)(value, logitSource, pass);
    return convs[i](value);
  };
  const std::size_t last = convs.size() - 1;
  for (std::size_t i = 0; i < last; ++i)
    value = norms[i].rectified(convolved(i), pass.training);
  value = convolved(last);
  at::Tensor shortcut = shortcutPool ? (*shortcutPool)(input, logitSource, pass) : input;
  if (hasShortcut) shortcut = shortcutNorm(shortcutConv(shortcut), pass.training);
  return norms[last].rectified(value, pass.training, shortcut);
}

ResNet::ResNet(StateList& state, const std::string& prefix, const ResNetShape& shape, NormKind norm,
               int trainableStages) {
  const auto learns = [&](int stage) { return trainableStages >= 5 - stage; };  // stage 0 is the stem
  stemConv_ = Conv(state, prefix + "conv1", {3, shape.width, shape.stemKernel, 2, false},
                   ConvInit::kKaimingFanOut, learns(0));
  stemNorm_ = Norm(state, prefix + "bn1", norm, shape.width, 1, learns(0));
  stemPool_.emplace(state, PoolPlace::Site{prefix + "maxpool", "stem", "stem", 2, shape.width},
                    shape.downsampling, false, learns(0));

  int blockCount = 0;
  for (const int count : shape.blocks)
    blockCount += count;
  BlockPlan plan;
  plan.in = shape.width;
  plan.bottleneck = shape.bottleneck;
  plan.downsampling = shape.downsampling;
  plan.norm = norm;
  plan.lastNormWeight = lastNormWeight(norm, blockCount);
  for (int stage = 1; stage <= 4; ++stage) {
    const auto place = static_cast<std::size_t>(stage - 1);
    plan.stage = std::to_string(stage);
    plan.width = shape.width << (stage - 1);
    plan.out = plan.width * (shape.bottleneck ? 4 : 1);
    plan.inputStride = 2 << (stage - 1);
    plan.learn = learns(stage);
    for (int index = 0; index < shape.blocks[place]; ++index) {
      plan.name = concat(prefix, "layer", stage, ".", index, ".");
      plan.halves = stage > 1 && index == 0;
      stages_[place].push_back(makeBlock(state, plan));
      plan.in = plan.out;
    }
    channels_[place] = plan.out;
  }
}

std::array<at::Tensor, 3> ResNet::operator()(const at::Tensor& images, const BackbonePass& pass) const {
  std::array<at::Tensor, 4> maps = fourMaps(images, pass);
  return {std::move(maps[1]), std::move(maps[2]), std::move(maps[3])};
}

std::array<at::Tensor, 4> ResNet::fourMaps(const at::Tensor& images, const BackbonePass& pass) const {
  const auto record = [&](const std::string& name, const at::Tensor& map) {
    if (pass.trace != nullptr) pass.trace->push_back({name, map});
  };
  at::Tensor value = stemNorm_.rectified(stemConv_(images), pass.training);
  record("stem", value);
  value = (*stemPool_)(value, at::Tensor(), pass);
  record("pool", value);
  std::array<at::Tensor, 4> maps;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    for (const Block& block : stages_[stage])
      value = block(value, pass);
    record(concat("layer", stage + 1), value);
    maps[stage] = value;
  }
  return maps;
}

EvidenceDeclaration ResNet::declaration() const {
  EvidenceDeclaration all;
  const auto add = [&](const std::optional<PoolPlace>& place) {
    if (place) all.channels.insert(all.channels.end(), place->channels().begin(), place->channels().end());
  };
  add(stemPool_);
  for (const std::vector<Block>& blocks : stages_) {
    for (const Block& block : blocks) {
      add(block.convPool);
      add(block.shortcutPool);
    }
  }
  return all;
}

}  // namespace anchorscope
