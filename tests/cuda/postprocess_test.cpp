// Post-processing on a device gives the CPU's detections.

#include "core/eval/postprocess.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/cuda/device_test.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

class PostprocessParity : public testing::DeviceTest {};

INSTANTIATE_TEST_SUITE_P(Devices, PostprocessParity, testing::testedDevices(), testing::deviceTitle);

/// More candidates than are looked at first, most of which suppress each other.
constexpr PostprocessOptions kCrowded{0.0, 2000, 0.01, 300};

TEST_P(PostprocessParity, Detections) {
  const std::vector<LevelLayout> levels{{8, 6, 8, 2, 0}, {16, 3, 4, 2, 96}};
  for (const auto& [centerness, boxPerClass] : {std::pair{false, false}, {true, false}, {false, true}}) {
    HeadOutputs outputs;
    // Many equal logits, and some without a number.
    outputs.logits = (testing::randomValues({3, 120, 20}, 1, -6, 2) * 8).round() / 8;
    outputs.logits[0][5][3] = std::numeric_limits<float>::quiet_NaN();
    outputs.boxes = testing::randomBoxes(360, 2, 64).view({3, 120, 4});
    if (boxPerClass) outputs.boxes = testing::randomBoxes(360 * 20, 2, 64).view({3, 120, 20, 4});
    if (centerness) {
      outputs.further[kCenternessOutput] = testing::randomValues({3, 120}, 3, -2, 2);
      outputs.rankedBy = kCenternessOutput;
    }
    HeadOutputs onDevice = outputs;
    for (at::Tensor* tensor : {&onDevice.logits, &onDevice.boxes})
      *tensor = tensor->to(device());
    for (auto& [name, tensor] : onDevice.further)
      tensor = tensor.to(device());
    const std::vector<PostprocessImage> images(3, {{}, {64, 48}});
    for (PostprocessOptions options :
         {PostprocessOptions{}, PostprocessOptions{0.0, 50, 0.5, 20}, kCrowded,
          PostprocessOptions{0.0, 1000, 0.5, 100, CenternessScore::kSqrt, 12, 9}}) {
      options.centernessScore = CenternessScore::kSqrt;
      const auto wanted = postprocess(outputs, levels, images, options),
                 got = postprocess(onDevice, levels, images, options);
      for (std::size_t b = 0; b < wanted.size(); ++b) {
        ASSERT_EQ(got[b].size(), wanted[b].size());
        EXPECT_FALSE(got[b].empty());
        for (std::size_t k = 0; k < got[b].size(); ++k) {
          EXPECT_EQ(got[b][k].candidate, wanted[b][k].candidate);
          EXPECT_EQ(got[b][k].classIndex, wanted[b][k].classIndex);
          EXPECT_NEAR(got[b][k].score, wanted[b][k].score, 1e-6);
          EXPECT_EQ(got[b][k].boxInImage, wanted[b][k].boxInImage);
        }
      }
    }
  }
}

}  // namespace
}  // namespace anchorscope
