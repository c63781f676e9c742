#include "core/model/network_detector.h"

#include "core/base/check.h"

namespace anchorscope {

AnchorSet NetworkDetector::anchors(SizePx inputSize) {
  return anchors_.get(inputSize, [&] { return makeAnchors(inputSize, device_); });
}

std::vector<ParameterRole> NetworkDetector::parameterRoles() const {
  const std::vector<NamedTensor> parameters = state_.parameters();
  const std::vector<ParameterRole::Kind> kinds = state_.parameterKinds();
  std::vector<ParameterRole> roles;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    roles.push_back({kinds[i], parameters[i].name.starts_with(backbone_)});
  return roles;
}

void NetworkDetector::moveTo(at::Device device, bool channelsLast) {
  state_.moveTo(device, channelsLast);
  if (device != device_) anchors_.clear();
  device_ = device;
  channelsLast_ = channelsLast;
}

void NetworkDetector::toDtype(at::ScalarType dtype) {
  state_.toDtype(dtype);
  dtype_ = dtype;
}

at::Tensor NetworkDetector::inputOf(const at::Tensor& images) const {
  ANCHORSCOPE_CHECK(images.dim() == 4 && images.size(1) == 3, "images ", images.sizes());
  return channelsLast_ ? images.contiguous(at::MemoryFormat::ChannelsLast) : images;
}

}  // namespace anchorscope
