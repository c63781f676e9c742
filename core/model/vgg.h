#pragma once
// Internal header (ATen). The backbone of SSD (Liu et al., ECCV 2016): VGG (Simonyan and Zisserman, ICLR
// 2015) with its first two fully connected layers as convolutions, and four pairs of convolutions behind
// them; under the names of torchvision 0.26's ssd300_vgg16.

#include <ATen/ATen.h>

#include <array>
#include <string>
#include <vector>

#include "core/model/layers.h"

namespace anchorscope {

struct VggShape {
  std::array<int, 5> convs{2, 2, 3, 3, 3};  ///< 3x3 convolutions before each pooling.
  std::int64_t width = 64;                  ///< Channels of the first stage; doubles up to 8 times.
  std::optional<NormKind> norm =
      {};  ///< Behind each convolution of `features` and of the fifth stage (ours).
};

/// Gives six maps: of stride 8, whose pixels are scaled to a learned length, 16, 32 and 64, and two more of a
/// row and column less on each side. Each halving rounds up (torchvision's round down but for one; at 300 px
/// they agree), and a map smaller than a kernel of 3 is filled up with zeros.
class SsdBackbone {
 public:
  static constexpr std::size_t kMaps = 6;

  /// trainableStages: 5 trains all of VGG, 4 freezes its first stage, ... 0 all five (torchvision's count);
  /// what comes after them always trains.
  SsdBackbone(StateList& state, const std::string& prefix, const VggShape& shape, int trainableStages);

  std::array<at::Tensor, kMaps> operator()(const at::Tensor& images, bool training) const;

  const std::array<std::int64_t, kMaps>& channels() const { return channels_; }

 private:
  struct Layer {
    Conv conv;
    std::optional<Norm> norm;
    at::Tensor operator()(const at::Tensor& input, bool training) const;
  };
  using Layers = std::vector<Layer>;

  /// The convolutions of a stage; `place` is the number that the next module is named by, and moves on.
  static Layers makeStage(StateList& state, const std::string& prefix, int& place, int count, std::int64_t in,
                          std::int64_t out, std::optional<NormKind> norm, bool learn);

  at::Tensor scale_;  ///< [channels of the fourth stage]
  std::array<Layers, 5> stages_;
  Layers full_;                    ///< fc6, dilated, and fc7.
  std::array<Layers, 4> further_;  ///< 1x1 and 3x3 each; the last two without padding.
  std::array<std::int64_t, kMaps> channels_{};
};

}  // namespace anchorscope
