// The average of the weights on a device, against the CPU's.

#include "core/trainer/weight_average.h"

#include <gtest/gtest.h>

#include "core/model/detector.h"
#include "tests/cuda/device_test.h"
#include "tests/support/random_boxes.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope {
namespace {

class WeightAverageOnDevice : public testing::DeviceTest {
 protected:
  static std::unique_ptr<Detector> detectorOn(at::Device device) {
    const RunConfig config = testing::smallConfig("max_iou");
    auto detector = makeDetector(config.model, config.modelParams, /*classCount=*/2, /*seed=*/1);
    EXPECT_TRUE(detector.ok());
    (*detector)->moveTo(device, /*channelsLast=*/false);
    return *std::move(detector);
  }
  static void move(Detector& detector, unsigned seed) {
    const at::NoGradGuard noGrad;
    for (const NamedTensor& parameter : detector.parameters())
      parameter.tensor.add_(testing::randomValues(parameter.tensor.sizes().vec(), seed, -0.1F, 0.1F)
                                .to(parameter.tensor.device()));
  }
};

TEST_P(WeightAverageOnDevice, IsTheCpus) {
  const auto onCpu = detectorOn(at::kCPU), onDevice = detectorOn(device());
  WeightAverage cpu(*onCpu), other(*onDevice);
  const double decays[] = {0.9, 0.5, 0.99, 0.75};
  for (unsigned step = 0; step < 4; ++step) {
    move(*onCpu, step);
    move(*onDevice, step);
    const at::Tensor skip = at::full({}, step == 2 ? 1 : 0, at::kFloat);
    cpu.update(decays[step], skip);
    other.update(decays[step], skip.to(device()));
    const auto wanted = cpu.state(), got = other.state();
    ASSERT_EQ(got.size(), wanted.size());
    ASSERT_FALSE(wanted.empty());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(got[i].name, wanted[i].name);
      EXPECT_TRUE(at::allclose(got[i].tensor.cpu(), wanted[i].tensor, 1e-5, 1e-6))
          << wanted[i].name << " after step " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, WeightAverageOnDevice, testing::devicesInOneOrder(), testing::deviceTitle);

}  // namespace
}  // namespace anchorscope
