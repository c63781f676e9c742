#include "core/model/downsampling.h"

#include <cmath>

#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/lip.h"

namespace anchorscope {
namespace {

constexpr LipWindow kWindow{3, 2, 1};  // of the official code, and of ResNet's max-pool

std::vector<ChannelSpec> lipChannels(const PoolPlace::Site& site) {
  const auto channel = [&](const char* name, const char* title, const char* unit, std::string description,
                           ColorScale scale, std::optional<float> max) {
    ChannelSpec spec =
        channelOf(concat("lip.", site.place, ".", name), concat("LIP ", title, ", ", site.title), unit,
                  std::move(description), "Gao et al., ICCV 2019; the measure is ours", scale, 0.f, max);
    spec.domain = ChannelDomain::kCell;
    return spec;
  };
  return {
      channel("importance", "importance", "1",
              "Weight of the pixel in the pooled map relative to average pooling: 1 = as average pooling, "
              "0 = passed over; mean over channels.",
              ColorScale::kDiverging /* around 1, which is average pooling */, {}),
      channel("entropy", "window entropy", "nat",
              "Entropy of the weights in the window: ln 9 = average pooling (less at the border, whose "
              "windows hold fewer pixels), 0 = one pixel is taken; mean over channels.",
              ColorScale::kSequential, static_cast<float>(std::log(9.0))),
      channel("saturation", "gate saturation", "1",
              concat("Part of the channels whose logit, 12 sigmoid(.), is below ", kLipGateLow, " or above ",
                     kLipGateHigh, ", where hardly any gradient is left."),
              ColorScale::kSequential, 1.f)};
}

}  // namespace

std::vector<ParamSpec> downsamplingParams(std::int64_t lipWidth) {
  std::vector<ParamSpec> specs = {
      choiceParam(
          "downsampling", "strided", {"strided", "lip", "average", "max"},
          "How the backbone halves its maps: strided convolutions after a max-pool stem, or importance-based "
          "(LIP), average or max pooling at the seven places of LIP-ResNet, with convolutions of stride 1 "
          "after them; the three pooled forms differ in nothing else.",
          "strided: He et al., CVPR 2016, torchvision 0.26; lip: Gao et al., ICCV 2019, official code; lip "
          "on "
          "basic blocks, average and max: ours"),
      onlyWhen(choiceParam("lip_logits", "bottleneck", {"bottleneck", "simplified", "projection"},
                           "What gives LIP its logits: a bottleneck per block shared by its two places (3x3 "
                           "convolution in the stem), or a 3x3 or 1x1 convolution of the pooled map.",
                           "bottleneck: official code; projection: Gao et al., ICCV 2019; simplified beyond "
                           "the stem: ours"),
               "downsampling", {"lip"}),
      onlyWhen(intParam("lip_width", lipWidth, 8, 512, "channels",
                        "Channels of LIP's bottleneck; the paper's larger form has 256.",
                        lipWidth == 128 ? "official code" : "ours; 128 in the official code"),
               "lip_logits", {"bottleneck"}),
  };
  for (ParamSpec& spec : specs)
    spec.effect = ParamEffect::kNextRun;
  return specs;
}

Downsampling downsamplingOf(const ParamSet& params) {
  Downsampling how;
  const std::string& kind = params.getText("downsampling");
  how.kind = kind == "lip"       ? DownsamplingKind::kLip
             : kind == "average" ? DownsamplingKind::kAverage
             : kind == "max"     ? DownsamplingKind::kMax
                                 : DownsamplingKind::kStrided;
  const std::string& logits = params.getText("lip_logits");
  how.logits = logits == "simplified"   ? LipLogits::kSimplified
               : logits == "projection" ? LipLogits::kProjection
                                        : LipLogits::kBottleneck;
  how.lipWidth = params.getInt("lip_width");
  return how;
}

PoolPlace::PoolPlace(StateList& state, const Site& site, const Downsampling& how, bool hasTrunk,
                     bool trainable)
    : kind_(how.pools() ? how.kind : DownsamplingKind::kMax), stride_(site.stride) {
  if (kind_ != DownsamplingKind::kLip) return;
  const std::string prefix = concat(site.module, hasTrunk ? ".postprocessing." : ".logit.");
  gateName_ = prefix + "gate";
  const std::int64_t kernel = hasTrunk || how.logits == LipLogits::kProjection ? 1 : 3;
  logit_.emplace(state, prefix, hasTrunk ? how.lipWidth : site.channels, site.channels, kernel, trainable);
  channels_ = lipChannels(site);
}

at::Tensor PoolPlace::operator()(const at::Tensor& input, const at::Tensor& trunk,
                                 const BackbonePass& pass) const {
  if (kind_ == DownsamplingKind::kMax) return at::max_pool2d(input, {3, 3}, {2, 2}, {1, 1});
  if (kind_ == DownsamplingKind::kAverage)
    return at::avg_pool2d(input, {3, 3}, {2, 2}, {1, 1}, false, /*count_include_pad=*/false);
  const at::Tensor logit = (*logit_)(trunk.defined() ? trunk : input);
  if (pass.trace != nullptr) pass.trace->push_back({gateName_, logit});
  if (pass.sink != nullptr) {
    const LipStatistics statistics = lipWindowStatistics(logit, kWindow);
    pass.sink->channel(channels_[0], statistics.importance, stride_);
    pass.sink->channel(channels_[1], statistics.entropy, stride_ * static_cast<int>(kWindow.stride));
    pass.sink->channel(channels_[2], statistics.saturated, stride_);
  }
  return lipPool(input, logit, kWindow).to(input.scalar_type());
}

}  // namespace anchorscope
