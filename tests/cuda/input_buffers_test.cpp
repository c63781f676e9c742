// Batches on a device: in the same memory when their shapes are, whatever lay there before.

#include "core/trainer/input_buffers.h"

#include <ATen/record_function.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cuda/device_test.h"
#include "tests/support/random_boxes.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

class InputBuffersOnDevice : public testing::DeviceTest {};

INSTANTIATE_TEST_SUITE_P(Devices, InputBuffersOnDevice, testing::oneDevice(), testing::deviceTitle);

at::Tensor numbers(at::IntArrayRef shape, unsigned seed) {
  return testing::randomValues(shape, seed, -1, 1);
}

TEST_P(InputBuffersOnDevice, AShapeComesBackToItsMemoryWithTheNumbersOfItsBatch) {
  InputBuffers buffers(device());
  std::map<std::int64_t, const void*> places;
  for (unsigned step = 0; step < 6; ++step) {
    const std::int64_t height = 32 + 16 * (step % 3);
    const at::Tensor onHost = numbers({2, height, 48, 3}, step);
    const at::Tensor moved = buffers.moved(BatchPart::kPixels, onHost);
    EXPECT_EQ(moved.device(), device());
    EXPECT_TRUE(at::equal(moved.cpu(), onHost));
    const auto [place, isNew] = places.emplace(height, moved.const_data_ptr());
    EXPECT_EQ(place->second, moved.const_data_ptr());
    EXPECT_EQ(isNew, step < 3);
  }
}

TEST_P(InputBuffersOnDevice, TwoPartsOfOneShapeAreNotMixedUp) {
  InputBuffers buffers(device());
  const at::Tensor boxes = numbers({2, 8, 4}, 1), regions = numbers({2, 8, 4}, 2);
  const at::Tensor first = buffers.moved(BatchPart::kBoxes, boxes),
                   second = buffers.moved(BatchPart::kIgnored, regions);
  EXPECT_TRUE(at::equal(first.cpu(), boxes));
  EXPECT_TRUE(at::equal(second.cpu(), regions));
}

TEST_P(InputBuffersOnDevice, WhatIsBeyondTheBoundIsMadeAnewAndWhatIsInUseStays) {
  const at::Tensor wide = numbers({2, 8}, 1), high = numbers({8, 2}, 2);
  InputBuffers buffers(device(), static_cast<std::int64_t>(wide.nbytes()));
  const at::Tensor first = buffers.moved(BatchPart::kPixels, wide);
  EXPECT_TRUE(at::equal(buffers.moved(BatchPart::kPixels, high).cpu(), high));
  const at::Tensor again = buffers.moved(BatchPart::kPixels, numbers({2, 8}, 3));
  EXPECT_NE(again.const_data_ptr(), first.const_data_ptr());
  EXPECT_TRUE(at::equal(first.cpu(), wide));
}

/// Where the copies from pinned memory to a device go while `body` runs on this thread.
std::vector<const void*> targetsOfCopies(const std::function<void()>& body) {
  static std::vector<const void*> seen;
  seen.clear();
  const auto handle = at::addThreadLocalCallback(
      at::RecordFunctionCallback([](const at::RecordFunction& call) -> std::unique_ptr<at::ObserverContext> {
        if (std::string_view(call.name()) != "aten::copy_") return nullptr;
        const at::Tensor to = call.inputs()[0].toTensor(), from = call.inputs()[1].toTensor();
        if (!to.is_cpu() && to.numel() > 0 && from.is_cpu() && from.is_pinned())
          seen.push_back(to.const_data_ptr());
        return nullptr;
      })
          .needsInputs(true)
          .scopes({at::RecordScope::FUNCTION}));
  body();
  at::removeCallback(handle);
  return seen;
}

TEST_P(InputBuffersOnDevice, EveryStepOfATrainerTakesItsBatchFromTheSamePlaces) {
  RunConfig config = testing::smallConfig();
  testing::set(config, "train.device", GetParam());
  testing::set(config, "train.max_objects", "32");  // as many rows in every batch
  const auto trainer = testing::prepareOrFail(config);
  ASSERT_TRUE(trainer);
  const auto step = [&] { return targetsOfCopies([&] { EXPECT_TRUE(trainer->step().ok()); }); };
  const std::vector<const void*> first = step();
  EXPECT_THAT(first, Not(IsEmpty()));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(step(), first);
}

}  // namespace
}  // namespace anchorscope
