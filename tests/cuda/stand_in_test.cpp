// The kernels' stand-in on the host itself: it has to see what a GPU would stumble over.

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cub/block/block_reduce.cuh>
#include <numeric>
#include <vector>

#include "core/ops/cuda/launch.h"
#include "tests/support/cuda_on_host/device.h"

namespace anchorscope {
namespace {

using cuda_on_host::Order;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Order kOrders[] = {Order::kForwards, Order::kBackwards, Order::kShuffled};

/// Each block turns its 256 numbers around, by way of shared memory.
template <bool kWaits>
__global__ void reverseKernel(const int* in, int* out) {
  __shared__ int values[256];
  const unsigned first = blockIdx.x * blockDim.x;
  values[threadIdx.x] = in[first + threadIdx.x];
  if (kWaits) __syncthreads();
  out[first + threadIdx.x] = values[blockDim.x - 1 - threadIdx.x];
}

template <bool kWaits>
std::vector<int> reversed(Order order) {
  std::vector<int> in(512), out(512);
  std::iota(in.begin(), in.end(), 0);
  CUstream_st stream{order};
  EXPECT_TRUE(kernels::launch(reverseKernel<kWaits>, 2, 256, &stream, in.data(), out.data()).ok());
  return out;
}

TEST(KernelsOnTheHost, AMissingBarrierGivesEachOrderAnotherResult) {
  std::vector<int> wanted(512);
  for (int i = 0; i < 512; ++i)
    wanted[static_cast<std::size_t>(i)] = i / 256 * 256 + 255 - i % 256;
  for (const Order order : kOrders) {
    EXPECT_EQ(reversed<true>(order), wanted);
    EXPECT_NE(reversed<false>(order), wanted);
  }
  EXPECT_NE(reversed<false>(Order::kForwards), reversed<false>(Order::kBackwards));
  EXPECT_NE(reversed<false>(Order::kForwards), reversed<false>(Order::kShuffled));
}

/// Two reductions over one storage; the second may begin while thread 0 still reads for the first.
template <bool kWaits>
__global__ void twoSumsKernel(int* sums) {
  using Reduce = cub::BlockReduce<int, 64>;
  __shared__ typename Reduce::TempStorage storage;
  const int first = Reduce(storage).Sum(1);
  if (kWaits) __syncthreads();
  const int second = Reduce(storage).Sum(100);
  if (threadIdx.x != 0) return;
  sums[0] = first;
  sums[1] = second;
}

TEST(KernelsOnTheHost, AStorageThatIsUsedAgainTooEarlyShows) {
  using Sums = std::vector<int>;
  bool shows = false;
  for (const Order order : kOrders) {
    CUstream_st stream{order};
    Sums right(2), wrong(2);
    ASSERT_TRUE(kernels::launch(twoSumsKernel<true>, 1, 64, &stream, right.data()).ok());
    ASSERT_TRUE(kernels::launch(twoSumsKernel<false>, 1, 64, &stream, wrong.data()).ok());
    EXPECT_EQ(right, (Sums{64, 6400}));
    shows = shows || wrong != right;
  }
  EXPECT_TRUE(shows);
}

__global__ void unwrittenKernel(unsigned* seen) {
  __shared__ unsigned value;
  if (blockIdx.x == 0 && threadIdx.x == 0) value = 7;
  seen[blockIdx.x] = value;
}

TEST(KernelsOnTheHost, SharedMemoryOfAnotherBlockIsNotSeen) {
  std::vector<unsigned> seen(2);
  ASSERT_TRUE(kernels::launch(unwrittenKernel, 2, 1, nullptr, seen.data()).ok());
  EXPECT_EQ(seen[0], 7u);
  EXPECT_EQ(seen[1], 0xffffffffu);
}

__global__ void divergedKernel(int which) {
  const bool half = threadIdx.x < 32;
  switch (which) {
    case 0:  // the others have ended, which is fine
      if (half) __syncthreads();
      break;
    case 1:  // two barriers
      if (half) {
        __syncthreads();
      } else {
        __syncthreads();
      }
      break;
    case 2:  // lanes that have gone
      if (threadIdx.x % 2 == 0) __syncwarp();
      break;
    case 3:  // a warp that waits for lanes that wait for the block
      if (threadIdx.x % 2 == 0) {
        __shfl_down_sync(0xffffffffU, 1, 1);
      } else {
        __syncthreads();
      }
      break;
    case 4:  // a lane outside the mask
      if (threadIdx.x % 2 == 0) __shfl_down_sync(0x55555555U, 1, 1);
      break;
    default:
      break;
  }
}

TEST(KernelsOnTheHost, BarriersThatNotAllReachAreFaults) {
  for (const Order order : kOrders) {
    CUstream_st stream{order};
    const auto fault = [&](int which) -> std::string {
      const kernels::KernelStatus status = kernels::launch(divergedKernel, 1, 64, &stream, which);
      return status.ok() ? "" : status.error;
    };
    EXPECT_EQ(fault(0), "");
    EXPECT_THAT(fault(1), HasSubstr("stand_in_test.cpp:"));
    EXPECT_THAT(fault(2), HasSubstr("lanes that do not come"));
    EXPECT_THAT(fault(3), HasSubstr("stand_in_test.cpp:"));
    EXPECT_THAT(fault(4), HasSubstr("does not name"));
    EXPECT_EQ(fault(0), "") << "a fault is not the next launch's";
  }
}

TEST(KernelsOnTheHost, GridsThatNoGpuTakesAreFaults) {
  EXPECT_FALSE(kernels::launch(divergedKernel, 0, 64, nullptr, 0).ok());
  EXPECT_FALSE(kernels::launch(divergedKernel, 1, 1025, nullptr, 0).ok());
  EXPECT_TRUE(kernels::launch(divergedKernel, 1, 1024, nullptr, 9).ok());
}

__global__ void warpKernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  int sum = lane;
  for (int offset = 16; offset > 0; offset /= 2)
    sum += __shfl_down_sync(0xffffffffU, sum, offset);
  const int first = __shfl_sync(0xffffffffU, sum, 0);
  const unsigned odd = __ballot_sync(0xffffffffU, lane % 2);
  out[threadIdx.x] =
      first + static_cast<int>(odd == 0xaaaaaaaaU) * 1000 + __shfl_xor_sync(0xffffffffU, lane, 1) * 10000;
}

TEST(KernelsOnTheHost, WarpsExchangeTheirNumbers) {
  for (const Order order : kOrders) {
    CUstream_st stream{order};
    std::vector<int> out(96);
    ASSERT_TRUE(kernels::launch(warpKernel, 1, 96, &stream, out.data()).ok());
    for (int i = 0; i < 96; ++i)
      EXPECT_EQ(out[static_cast<std::size_t>(i)], 496 + 1000 + (i % 32 ^ 1) * 10000);
  }
}

// ------------------------------------------------------------------------------------------------ the
// devices

TEST(DevicesOnTheHost, ComputeAsTheCpuDoes) {
  const at::Tensor a = at::arange(12, at::kFloat).view({3, 4}), b = at::ones({4, 2}) * 2;
  const at::Tensor wanted = at::relu(a.mm(b) - 20).sum(1);
  for (const Order order : kOrders) {
    const at::Device device = cuda_on_host::device(order);
    const at::Tensor x = a.to(device).requires_grad_();
    const at::Tensor got = at::relu(x.mm(b.to(device)) - 20).sum(1);
    EXPECT_EQ(got.device(), device);
    EXPECT_TRUE(at::equal(got.cpu(), wanted));
    got.sum().backward();
    EXPECT_EQ(x.grad().device(), device);
    EXPECT_TRUE(at::equal(x.grad().cpu()[2], at::full({4}, 4.0)));
    at::Tensor view = x.detach().clone();
    view.select(0, 1).slice(0, 1, 3).fill_(9);
    EXPECT_EQ(view.cpu()[1][2].item<float>(), 9);
    EXPECT_EQ(view.cpu()[1][3].item<float>(), 7);
  }
}

TEST(DevicesOnTheHost, CountWhatTheHostWaitsFor) {
  const at::Device device = cuda_on_host::device(Order::kForwards);
  const at::Tensor x = at::arange(6, at::kFloat).to(device);
  const cuda_on_host::Traffic traffic;
  const at::Tensor y = (x * 2 + x.sum()).clamp_min(20);
  EXPECT_THAT(traffic.reads(), IsEmpty());
  EXPECT_THAT(traffic.writes(), IsEmpty());
  y[0].item<float>();
  y.cpu();
  y.nonzero();
  y.masked_select(y > 20);
  y.index({y > 20});
  y.index_put_({y > 20}, at::full({}, 3, y.options()));
  EXPECT_THAT(traffic.reads(),
              ElementsAre(HasSubstr("_local_scalar_dense"), HasSubstr("to the host"), HasSubstr("nonzero"),
                          HasSubstr("masked_select"), HasSubstr("nonzero"), HasSubstr("index_put")));
  EXPECT_THAT(traffic.writes(), IsEmpty());
  y.copy_(at::zeros({6}));
  EXPECT_THAT(traffic.writes(), ElementsAre(HasSubstr("from the host")));
}

TEST(DevicesOnTheHost, RefuseTensorsOfTwoDevices) {
  const at::Tensor x = at::ones({3}).to(cuda_on_host::device(Order::kForwards));
  EXPECT_THROW(x + at::ones({3}), c10::Error);
  EXPECT_THROW(x.mul_(at::ones({3}).to(cuda_on_host::device(Order::kBackwards))), c10::Error);
  EXPECT_NO_THROW(x + 1);
}

}  // namespace
}  // namespace anchorscope
