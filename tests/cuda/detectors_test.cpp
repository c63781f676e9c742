// Detectors on a device: outputs and gradients in float64 against the CPU's, in both memory orders.

#include <gtest/gtest.h>

#include "core/base/check.h"
#include "tests/cuda/device_test.h"
#include "tests/model/detector_testing.h"

namespace anchorscope {
namespace {

using namespace testing;  // NOLINT: the helpers of the detectors' tests

struct Network {
  const char *title, *model;
  Settings settings;
  SizePx size;
};
std::ostream& operator<<(std::ostream& stream, const Network& network) {
  return stream << network.title;
}

const Network kNetworks[] = {{"plain", "retina-small", {}, {96, 64}},
                             {"resnet", "retinanet-r18", {{"fpn_channels", "32"}}, {96, 64}},
                             {"lip", "retina-small", {{"downsampling", "lip"}}, {101, 67}},
                             {"groups", "fcos-small", {{"head_norm", "gn"}}, {96, 64}}};

class DetectorParity : public ::testing::TestWithParam<std::tuple<Network, const char*>> {};

TEST_P(DetectorParity, OutputsAndGradientsInFloat64) {
  const auto& [network, name] = GetParam();
  requireDevice(name);
  if (IsSkipped()) return;
  const at::Tensor images = imagesOf(2, network.size).to(at::kDouble);
  for (const bool channelsLast : {false, true}) {
    SCOPED_TRACE(channelsLast ? "channels last" : "contiguous");
    std::vector<at::Tensor> logits, boxes;
    std::vector<std::vector<at::Tensor>> gradients(2);
    for (const at::Device device : {at::Device(at::kCPU), at::Device(name)}) {
      const std::unique_ptr<Detector> detector = detectorOf(network.model, network.settings);
      disturb(*detector);
      detector->anchors(network.size);  // made on the CPU; must not be kept through the move
      detector->toDtype(at::kDouble);
      detector->moveTo(device, channelsLast);
      const HeadOutputs outputs = run(*detector, images.to(device));
      EXPECT_EQ(outputs.boxes.device(), device);
      lossOf(outputs).backward();
      for (const NamedTensor& named : detector->parameters())
        if (named.tensor.grad().defined()) gradients[logits.size()].push_back(named.tensor.grad().cpu());
      logits.push_back(outputs.logits.detach().cpu());
      boxes.push_back(outputs.boxes.detach().cpu());
    }
    ASSERT_EQ(gradients[0].size(), gradients[1].size());
    EXPECT_LT(largestDifference(logits[0], logits[1]), 1e-9);
    EXPECT_LT(largestDifference(boxes[0], boxes[1]), 1e-6);
    for (std::size_t i = 0; i < gradients[0].size(); ++i) {
      const double scale = std::max(1.0, gradients[0][i].abs().max().item<double>());
      EXPECT_LT(largestDifference(gradients[0][i], gradients[1][i]), 1e-6 * scale) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, DetectorParity,
                         ::testing::Combine(::testing::ValuesIn(kNetworks), oneDevice()),
                         [](const auto& entry) { return std::string(std::get<0>(entry.param).title); });

}  // namespace
}  // namespace anchorscope
