#include "core/model/retinanet.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "core/base/check.h"

namespace anchorscope {

DenseHead::DenseHead(StateList& state, const std::string& prefix, const std::string& lastName,
                     const RetinaNetOptions& options, std::int64_t outPerAnchor)
    : outPerAnchor_(outPerAnchor) {
  const std::int64_t channels = options.channels;
  for (int i = 0; i < options.headDepth; ++i) {
    const std::string name = concat(prefix, "conv.", i, ".");
    tower_.emplace_back(state, name + "0", Conv::Shape{channels, channels, 3, 1, !options.headNorm},
                        options.headInit);
    if (options.headNorm) norms_.emplace_back(state, name + "1", NormKind::kGroup, channels);
  }
  last_ = Conv(state, prefix + lastName,
               {channels, options.anchors.anchorsPerCell() * outPerAnchor, 3, 1, true}, ConvInit::kNormal001);
}

at::Tensor DenseHead::operator()(const at::Tensor& features, bool training) const {
  at::Tensor value = features;
  for (std::size_t i = 0; i < tower_.size(); ++i) {
    value = tower_[i](value);
    if (!norms_.empty()) value = norms_[i](value, training);
    value.relu_();
  }
  // In channels_last this permutation is the memory order, and the reshape a view.
  return last_(value).permute({0, 2, 3, 1}).reshape({features.size(0), -1, outPerAnchor_});
}

void DenseHead::fillLastBias(double value) {
  const at::NoGradGuard noGrad;
  last_.bias().fill_(value);
}

RetinaNet::RetinaNet(const RetinaNetOptions& options, std::uint64_t seed)
    : options_(options),
      state_(seed),
      body_(state_, "backbone.body.", options.backbone, options.norm, options.trainableStages),
      pyramid_(state_, "backbone.fpn.", body_.channels(), options.channels,
               static_cast<int>(options.anchors.strides.size())),
      clsHead_(state_, "head.classification_head.", "cls_logits", options, options.classCount),
      boxHead_(state_, "head.regression_head.", "bbox_reg", options, 4) {
  setPrior(options.prior);
  if (options.centerScale != 1 || options.sizeScale != 1) {
    deltaScale_ = at::tensor({options.centerScale, options.centerScale, options.sizeScale, options.sizeScale},
                             at::kFloat);
  }
}

void RetinaNet::setPrior(double prior) {
  clsHead_.fillLastBias(-std::log((1 - prior) / prior));
}

std::vector<at::Tensor> RetinaNet::features(const at::Tensor& images) const {
  ANCHORSCOPE_CHECK(images.dim() == 4 && images.size(1) == 3, "images ", images.sizes());
  const at::Tensor input = channelsLast_ ? images.contiguous(at::MemoryFormat::ChannelsLast) : images;
  return pyramid_(body_(input, training_));
}

DenseOutputs RetinaNet::heads(const std::vector<at::Tensor>& features, const AnchorSet& anchors) const {
  std::vector<at::Tensor> logits, deltas;
  for (const at::Tensor& map : features) {
    logits.push_back(clsHead_(map, training_));
    deltas.push_back(boxHead_(map, training_));
  }
  DenseOutputs outputs;
  outputs.logits = at::cat(logits, 1).to(dtype_);
  outputs.deltas = at::cat(deltas, 1).to(dtype_);
  if (deltaScale_.defined()) outputs.deltas = outputs.deltas * deltaScale_;
  ANCHORSCOPE_CHECK(outputs.deltas.size(1) == anchors.count(), "outputs for ", outputs.deltas.size(1),
                    " anchors, given ", anchors.count(), ": the anchors are of another input size");
  outputs.boxes = options_.coder.decode(anchors.boxes.to(dtype_), outputs.deltas);
  return outputs;
}

DenseOutputs RetinaNet::forward(const at::Tensor& images, const AnchorSet& anchors, EvidenceSink*) {
  return heads(features(images), anchors);
}

const AnchorSet& RetinaNet::anchors(SizePx inputSize) {
  const std::pair key(inputSize.width, inputSize.height);
  auto found = anchors_.find(key);
  if (found == anchors_.end()) {
    found = anchors_.emplace(key, makeRetinaAnchors(options_.anchors, inputSize, device_)).first;
  }
  return found->second;
}

void RetinaNet::moveTo(at::Device device, bool channelsLast) {
  state_.moveTo(device, channelsLast);
  if (deltaScale_.defined()) deltaScale_ = deltaScale_.to(device);
  if (device != device_) anchors_.clear();
  device_ = device;
  channelsLast_ = channelsLast;
}

void RetinaNet::toDtype(at::ScalarType dtype) {
  state_.toDtype(dtype);
  if (deltaScale_.defined()) deltaScale_ = deltaScale_.to(dtype);
  dtype_ = dtype;
}

}  // namespace anchorscope
