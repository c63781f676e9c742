#include "core/ops/lip.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"
#include "tests/support/two_average_pools.h"

namespace anchorscope {
namespace {

using testing::expectGradient;
using testing::randomValues;

struct Result {
  at::Tensor y, gradX, gradLogit;  // float64, contiguous
};

/// The definition, element by element in double, for upstream [B,C,OH,OW].
Result bruteForce(const at::Tensor& x, const at::Tensor& logit, const at::Tensor& upstream,
                  const LipWindow& window) {
  const at::Tensor xs = x.detach().to(at::kDouble).contiguous(),
                   gs = logit.detach().to(at::kDouble).contiguous();
  const at::Tensor ups = upstream.detach().to(at::kDouble).contiguous();
  Result result{at::zeros_like(ups), at::zeros_like(xs), at::zeros_like(xs)};
  const std::int64_t height = x.size(2), width = x.size(3), outH = ups.size(2), outW = ups.size(3);
  const double *px = xs.const_data_ptr<double>(), *pg = gs.const_data_ptr<double>();
  for (std::int64_t plane = 0; plane < x.size(0) * x.size(1); ++plane) {
    for (std::int64_t oy = 0; oy < outH; ++oy) {
      for (std::int64_t ox = 0; ox < outW; ++ox) {
        std::vector<std::int64_t> pixels;
        for (std::int64_t dy = 0; dy < window.kernel; ++dy) {
          for (std::int64_t dx = 0; dx < window.kernel; ++dx) {
            const std::int64_t iy = oy * window.stride + dy - window.padding,
                               ix = ox * window.stride + dx - window.padding;
            if (iy >= 0 && iy < height && ix >= 0 && ix < width)
              pixels.push_back((plane * height + iy) * width + ix);
          }
        }
        double largest = -INFINITY, sum = 0, y = 0;
        for (const std::int64_t j : pixels)
          largest = std::max(largest, pg[j]);
        for (const std::int64_t j : pixels)
          sum += std::exp(pg[j] - largest);
        for (const std::int64_t j : pixels)
          y += std::exp(pg[j] - largest) / sum * px[j];
        const std::int64_t cell = (plane * outH + oy) * outW + ox;
        const double up = ups.const_data_ptr<double>()[cell];
        result.y.data_ptr<double>()[cell] = y;
        for (const std::int64_t j : pixels) {
          const double share = std::exp(pg[j] - largest) / sum;
          result.gradX.data_ptr<double>()[j] += up * share;
          result.gradLogit.data_ptr<double>()[j] += up * share * (px[j] - y);
        }
      }
    }
  }
  return result;
}

at::Tensor upstreamFor(const at::Tensor& x, const LipWindow& window) {
  return randomValues({x.size(0), x.size(1), window.outputs(x.size(2)), window.outputs(x.size(3))}, 77, -1, 1,
                      at::kDouble);
}

/// lipPool and its gradients for inputs as they are, layout and dtype included.
Result pooled(const at::Tensor& x, const at::Tensor& logit, const at::Tensor& upstream,
              const LipWindow& window) {
  const at::Tensor a = x.detach().requires_grad_(), b = logit.detach().requires_grad_();
  const at::Tensor y = lipPool(a, b, window);
  y.backward(upstream.to(y.scalar_type()));
  return {y.detach(), a.grad(), b.grad()};
}

void expectClose(const at::Tensor& got, const at::Tensor& wanted, double rtol, double atol,
                 const char* what) {
  ASSERT_EQ(got.sizes(), wanted.sizes()) << what;
  const at::Tensor a = got.to(at::kDouble).contiguous(), b = wanted.to(at::kDouble).contiguous();
  EXPECT_TRUE(at::allclose(a, b, rtol, atol)) << what << " is off by " << (a - b).abs().max().item<double>();
}

void expectClose(const Result& got, const Result& wanted, double rtol, double atol) {
  expectClose(got.y, wanted.y, rtol, atol, "y");
  expectClose(got.gradX, wanted.gradX, rtol, atol, "gradX");
  expectClose(got.gradLogit, wanted.gradLogit, rtol, atol, "gradLogit");
}

at::Tensor channelsLast(const at::Tensor& map) {
  return map.contiguous(at::MemoryFormat::ChannelsLast);
}

TEST(LipPool, WindowWorkedByHand) {
  // One channel, 2 x 2 pixels, one window of four: e^g = 1, 2, 4, 1; x = 1, 2, 3, 4.
  const at::Tensor x = at::tensor({1., 2., 3., 4.}).view({1, 1, 2, 2});
  const at::Tensor logit = at::tensor({0., std::log(2.), std::log(4.), 0.}).view({1, 1, 2, 2});
  const Result result = pooled(x, logit, at::ones({1, 1, 1, 1}), {2, 2, 0});
  // y = (1 + 4 + 12 + 4) / 8
  EXPECT_NEAR(result.y.item<double>(), 21. / 8, 1e-14);
  expectClose(result.gradX, at::tensor({1 / 8., 2 / 8., 4 / 8., 1 / 8.}).view({1, 1, 2, 2}), 0, 1e-14,
              "gradX");
  const at::Tensor toLogit =
      at::tensor({-13 / 64., -5 / 8. * 2 / 8., 3 / 8. * 4 / 8., 11 / 64.}).view({1, 1, 2, 2});
  expectClose(result.gradLogit, toLogit, 0, 1e-14, "gradLogit");
}

TEST(LipPool, PaddingTakesNoPart) {
  // The corner window of k3 s2 p1 holds 2 x 2 pixels.
  const at::Tensor x = at::arange(16, at::kDouble).view({1, 1, 4, 4});
  const at::Tensor y = lipPool(x, at::zeros_like(x), 3, 2, 1);
  EXPECT_NEAR(y[0][0][0][0].item<double>(), (0 + 1 + 4 + 5) / 4., 1e-14);
  EXPECT_NEAR(y[0][0][1][1].item<double>(), (5 + 6 + 7 + 9 + 10 + 11 + 13 + 14 + 15) / 9., 1e-14);
}

struct Case {
  std::int64_t batch, channels, height, width;
  LipWindow window;
};

std::vector<Case> everyForm() {
  return {{2, 3, 8, 10, {3, 2, 1}},  {1, 70, 7, 9, {3, 2, 1}},   {2, 5, 9, 7, {2, 2, 0}},
          {1, 4, 6, 6, {1, 1, 0}},   {2, 3, 11, 13, {5, 3, 2}},  {1, 2, 7, 7, {3, 1, 1}},
          {1, 2, 7, 8, {3, 1, 2}},   {3, 1, 5, 5, {2, 3, 1}},    {1, 3, 9, 20, {1, 4, 0}},
          {2, 6, 1, 1, {3, 2, 1}},   {1, 6, 1, 1, {2, 1, 1}},    {1, 3, 1, 17, {3, 2, 1}},
          {1, 3, 17, 1, {3, 2, 1}},  {1, 2, 6, 7, {4, 2, 1}},    {2, 130, 4, 5, {3, 2, 1}},
          {1, 2, 3, 300, {3, 2, 1}}, {1, 1, 12, 12, {12, 1, 0}}, {1, 2, 10, 9, {7, 5, 6}}};
}

TEST(LipPool, AgreesWithTheDefinition) {
  for (const Case& c : everyForm()) {
    SCOPED_TRACE(::testing::Message()
                 << c.batch << "x" << c.channels << "x" << c.height << "x" << c.width << " k"
                 << c.window.kernel << " s" << c.window.stride << " p" << c.window.padding);
    const at::Tensor x = randomValues({c.batch, c.channels, c.height, c.width}, 1, -2, 3, at::kDouble);
    const at::Tensor logit = randomValues(x.sizes(), 2, 0, 12, at::kDouble);
    const at::Tensor upstream = upstreamFor(x, c.window);
    const Result wanted = bruteForce(x, logit, upstream, c.window);
    expectClose(pooled(x, logit, upstream, c.window), wanted, 1e-12, 1e-13);
    expectClose(pooled(channelsLast(x), channelsLast(logit), upstream, c.window), wanted, 1e-12, 1e-13);
    const at::Tensor x32 = x.to(at::kFloat), logit32 = logit.to(at::kFloat);
    const Result wanted32 = bruteForce(x32, logit32, upstream, c.window);
    expectClose(pooled(x32, logit32, upstream, c.window), wanted32, 1e-5, 2e-6);
    expectClose(pooled(channelsLast(x32), channelsLast(logit32), upstream, c.window), wanted32, 1e-5, 2e-6);
  }
}

TEST(LipPool, AgreesWithTwoAveragePools) {
  const at::Tensor x = randomValues({2, 6, 13, 12}, 3, -2, 3, at::kDouble);
  const at::Tensor logit = randomValues(x.sizes(), 4, 0, 12, at::kDouble);
  for (const LipWindow& window : {LipWindow{3, 2, 1}, LipWindow{2, 2, 0}, LipWindow{3, 1, 1}}) {
    const at::Tensor upstream = upstreamFor(x, window);
    const at::Tensor a = x.clone().requires_grad_(), b = logit.clone().requires_grad_();
    const at::Tensor y = testing::lipPoolTwoAverages(a, b, window);
    y.backward(upstream);
    expectClose(pooled(x, logit, upstream, window), {y.detach(), a.grad(), b.grad()}, 1e-11, 1e-13);
  }
}

TEST(LipPool, EqualLogitsAreAveragePooling) {
  const at::Tensor x = randomValues({2, 33, 15, 18}, 5, -2, 3);
  const at::Tensor average = at::avg_pool2d(x, 3, 2, 1, false, /*count_include_pad=*/false);
  for (const double level : {0.0, 6.0, -300.0, 5000.0}) {
    expectClose(lipPool(x, at::full_like(x, level), 3, 2, 1), average, 2e-6, 1e-6, "y");
    expectClose(lipPool(channelsLast(x), channelsLast(at::full_like(x, level)), 3, 2, 1), average, 2e-6, 1e-6,
                "y in channels_last");
  }
}

TEST(LipPool, SteepLogitsOfTheFeaturesAreMaxPooling) {
  // Features are multiples of 1/8 apart: e^(-1e5 / 8) is nothing.
  const at::Tensor x = at::randperm(2 * 5 * 12 * 14, at::kLong).to(at::kFloat).view({2, 5, 12, 14}) / 8;
  const at::Tensor most = at::max_pool2d(x, 3, 2, 1);
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    EXPECT_TRUE(at::equal(lipPool(x.to(dtype), x.to(dtype) * 1e5, 3, 2, 1).to(at::kFloat), most));
    EXPECT_TRUE(at::equal(
        lipPool(channelsLast(x).to(dtype), channelsLast(x).to(dtype) * 1e5, 3, 2, 1).to(at::kFloat), most));
  }
}

TEST(LipPool, AnyFiniteLogitGivesFiniteNumbers) {
  const LipWindow window;
  const at::Tensor x = randomValues({1, 20, 9, 8}, 6, -2, 3, at::kDouble);
  const at::Tensor sign = at::where(randomValues(x.sizes(), 7, -1, 1, at::kDouble) > 0, 1.0, -1.0);
  const at::Tensor upstream = upstreamFor(x, window);
  for (const double size : {30.0, 90.0, 1000.0, 60000.0}) {
    const at::Tensor logit = sign * size;
    const Result wanted = bruteForce(x, logit, upstream, window);
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16, at::kHalf}) {
      for (const bool last : {false, true}) {
        SCOPED_TRACE(::testing::Message() << size << " " << toString(dtype) << (last ? " last" : ""));
        const auto as = [&](const at::Tensor& map) { return (last ? channelsLast(map) : map).to(dtype); };
        // The logits are not representable exactly; equal ones stay equal, which is all that counts here.
        const Result got = pooled(as(x), as(logit), upstream, window);
        const double unit = dtype == at::kFloat ? 2e-5 : dtype == at::kHalf ? 2e-3 : 2e-2;
        expectClose(got, wanted, unit, 6 * unit);
      }
    }
  }
}

TEST(LipPool, HalfTypesAreCloseToFloat32) {
  const LipWindow window;
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
    const at::Tensor x = randomValues({2, 40, 14, 11}, 8, 0, 3).to(dtype);
    const at::Tensor logit = randomValues(x.sizes(), 9, 0, 12).to(dtype);
    const at::Tensor upstream = upstreamFor(x, window).to(dtype);
    const Result wanted = bruteForce(x, logit, upstream, window);
    // Only the results are rounded, and y before the logit's gradient is taken from it.
    const double epsilon = dtype == at::kHalf ? std::ldexp(1.0, -11) : std::ldexp(1.0, -8);
    for (const bool last : {false, true}) {
      const Result got = last ? pooled(channelsLast(x), channelsLast(logit), upstream, window)
                              : pooled(x, logit, upstream, window);
      EXPECT_EQ(got.y.scalar_type(), dtype);
      EXPECT_EQ(got.gradX.scalar_type(), dtype);
      expectClose(got.y, wanted.y, 1.01 * epsilon, 1e-6, "y");
      expectClose(got.gradX, wanted.gradX, 1.01 * epsilon, 1e-6, "gradX");
      expectClose(got.gradLogit, wanted.gradLogit, 1.01 * epsilon, 12 * epsilon, "gradLogit");
    }
  }
}

TEST(LipPool, GradientsAreDerivatives) {
  const LipWindow window;
  const at::Tensor x = randomValues({2, 2, 5, 6}, 10, -2, 3, at::kDouble);
  const at::Tensor logit = randomValues(x.sizes(), 11, 0, 6, at::kDouble);
  for (const bool last : {false, true}) {
    const auto as = [&](const at::Tensor& map) { return last ? channelsLast(map) : map; };
    expectGradient([&](const at::Tensor& v) { return lipPool(as(v), as(logit), window); }, x);
    expectGradient([&](const at::Tensor& v) { return lipPool(as(x), as(v), window); }, logit);
    // The same tensor as both (SoftPool).
    expectGradient([&](const at::Tensor& v) { return lipPool(as(v), as(v), window); }, x);
  }
}

TEST(LipPool, OneLargeLogitChangesNothingElse) {
  // Rows within 40 of 0 are computed in another way than those with a logit beyond.
  for (const Case& c : everyForm()) {
    SCOPED_TRACE(::testing::Message() << c.height << "x" << c.width << " k" << c.window.kernel << " s"
                                      << c.window.stride << " p" << c.window.padding);
    const at::Tensor x = randomValues({c.batch, c.channels, c.height, c.width}, 20, -2, 3);
    const at::Tensor upstream = upstreamFor(x, c.window);
    for (const double beyond : {40.5, -41.0, 300.0, -2e4}) {
      const at::Tensor logit = randomValues(x.sizes(), 21, 0, 12);
      logit.view({-1})[logit.numel() / 2] = beyond;
      logit.view({-1})[logit.numel() / 5] = 40;
      logit.slice(2, 1, 2).fill_(beyond);  // a row that some windows leave out
      const Result wanted = bruteForce(x, logit, upstream, c.window);
      expectClose(pooled(x, logit, upstream, c.window), wanted, 1e-5, 2e-6);
      expectClose(pooled(channelsLast(x), channelsLast(logit), upstream, c.window), wanted, 1e-5, 2e-6);
      const at::NoGradGuard noGrad;
      expectClose(lipPool(x, logit, c.window), wanted.y, 1e-5, 2e-6, "y without gradient");
    }
  }
}

TEST(LipPool, NumberOfThreadsChangesNothing) {
  const int before = at::get_num_threads();
  const at::Tensor x = randomValues({3, 40, 61, 50}, 22, -2, 3), logit = randomValues(x.sizes(), 23, -3, 50);
  const LipWindow window;
  const at::Tensor upstream = upstreamFor(x, window);
  for (const bool last : {false, true}) {
    const auto run = [&](int threads) {
      at::set_num_threads(threads);
      return last ? pooled(channelsLast(x), channelsLast(logit), upstream, window)
                  : pooled(x, logit, upstream, window);
    };
    const Result one = run(1), three = run(3);
    EXPECT_TRUE(at::equal(one.y, three.y));
    EXPECT_TRUE(at::equal(one.gradX, three.gradX));
    EXPECT_TRUE(at::equal(one.gradLogit, three.gradLogit));
  }
  at::set_num_threads(before);
}

TEST(LipPool, FeaturesWithoutNumbersStayWhereTheyAre) {
  const at::Tensor x = at::ones({1, 20, 12, 12}), logit = at::zeros_like(x);
  x[0][3][6][6] = std::numeric_limits<float>::quiet_NaN();
  logit[0][7][0][0] = std::numeric_limits<float>::quiet_NaN();
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    for (const bool last : {false, true}) {
      const auto as = [&](const at::Tensor& map) { return (last ? channelsLast(map) : map).to(dtype); };
      const at::Tensor bad = lipPool(as(x), as(logit), 3, 2, 1).isnan();
      // Pixel (6,6) is the middle of one window, (0,0) that of the first.
      EXPECT_EQ(bad.sum().item<std::int64_t>(), 2);
      EXPECT_TRUE(bad[0][3][3][3].item<bool>());
      EXPECT_TRUE(bad[0][7][0][0].item<bool>());
    }
  }
}

TEST(LipPool, LayoutsGiveTheSameBits) {
  // The same operations in the same order for every element, whatever its neighbours in memory.
  const at::Tensor x = randomValues({2, 37, 11, 10}, 12, -2, 3), logit = randomValues(x.sizes(), 13, -3, 15);
  for (const LipWindow& window : {LipWindow{3, 2, 1}, LipWindow{2, 2, 0}, LipWindow{5, 2, 2}}) {
    const at::Tensor upstream = upstreamFor(x, window);
    const Result plain = pooled(x, logit, upstream, window);
    const Result last = pooled(channelsLast(x), channelsLast(logit), upstream, window);
    EXPECT_TRUE(plain.y.is_contiguous());
    EXPECT_TRUE(last.y.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(last.gradX.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(at::equal(plain.y, last.y));
    EXPECT_TRUE(at::equal(plain.gradX, last.gradX));
    EXPECT_TRUE(at::equal(plain.gradLogit, last.gradLogit));
    const at::NoGradGuard noGrad;
    EXPECT_TRUE(at::equal(lipPool(x, logit, window), plain.y));
  }
}

TEST(LipPool, TakesAnyStridesAndMixedDtypes) {
  const LipWindow window;
  const at::Tensor x = randomValues({2, 6, 10, 12}, 14, -2, 3), logit = randomValues(x.sizes(), 15, 0, 12);
  const at::Tensor wanted = lipPool(x, logit, window);
  EXPECT_TRUE(at::equal(lipPool(x, channelsLast(logit), window), wanted));
  EXPECT_TRUE(at::equal(lipPool(channelsLast(x), logit, window), wanted));
  const at::Tensor wide = at::cat({x, x}, 3), flipped = logit.transpose(2, 3).contiguous().transpose(2, 3);
  EXPECT_TRUE(at::equal(lipPool(wide.slice(3, 0, 12), flipped, window), wanted));
  const at::Tensor one = logit.select(1, 0).unsqueeze(1).expand_as(x);
  EXPECT_TRUE(at::equal(lipPool(x, one, window), lipPool(x, one.contiguous(), window)));
  const at::Tensor mixed = lipPool(x.to(at::kBFloat16), logit, window);
  EXPECT_EQ(mixed.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(mixed, lipPool(x.to(at::kBFloat16).to(at::kFloat), logit, window)));
  // An upstream gradient without storage of its own.
  const at::Tensor leaf = x.clone().requires_grad_();
  lipPool(leaf, logit, window).sum().backward();
  const at::Tensor again = x.clone().requires_grad_();
  lipPool(again, logit, window).backward(at::ones_like(wanted));
  EXPECT_TRUE(at::equal(leaf.grad(), again.grad()));
}

TEST(LipPool, EmptyBatch) {
  const at::Tensor x = at::zeros({0, 4, 8, 8}).requires_grad_();
  const at::Tensor y = lipPool(x, at::zeros({0, 4, 8, 8}), 3, 2, 1);
  EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{0, 4, 4, 4}));
  y.sum().backward();
  EXPECT_EQ(x.grad().sizes(), x.sizes());
}

TEST(LipPool, LeavesItsInputsAlone) {
  const at::Tensor x = randomValues({1, 3, 6, 6}, 16, -1, 1), logit = randomValues(x.sizes(), 17, 0, 12);
  const at::Tensor xBefore = x.clone(), logitBefore = logit.clone();
  pooled(x, logit, upstreamFor(x, {}), {});
  EXPECT_TRUE(at::equal(x, xBefore));
  EXPECT_TRUE(at::equal(logit, logitBefore));
}

TEST(LipPool, RefusesWhatIsNoWindow) {
  const at::Tensor x = at::zeros({1, 2, 6, 6});
  EXPECT_THROW(lipPool(x, at::zeros({1, 2, 6, 5}), 3, 2, 1), std::exception);
  EXPECT_THROW(lipPool(x, at::zeros({1, 1, 6, 6}), 3, 2, 1), std::exception);
  EXPECT_THROW(lipPool(x[0], x[0], 3, 2, 1), std::exception);
  EXPECT_THROW(lipPool(x.to(at::kLong), x, 3, 2, 1), std::exception);
  EXPECT_THROW(lipPool(x, x.to(at::kLong), 3, 2, 1), std::exception);
  EXPECT_THROW(lipPool(x, x, 0, 2, 0), std::exception);
  EXPECT_THROW(lipPool(x, x, 3, 0, 1), std::exception);
  EXPECT_THROW(lipPool(x, x, 3, 2, -1), std::exception);
  EXPECT_THROW(lipPool(x, x, 3, 2, 3), std::exception);
  EXPECT_THROW(lipPool(x, x, 9, 2, 1), std::exception);
  EXPECT_THROW(lipPool(at::zeros({1, 2, 0, 6}), at::zeros({1, 2, 0, 6}), 2, 2, 1), std::exception);
  EXPECT_NO_THROW(lipPool(x, x, 8, 2, 1));
}

TEST(LipStatistics, AveragePoolingIsTheUnitOfImportance) {
  const LipStatistics result = lipWindowStatistics(at::full({2, 5, 7, 9}, 6.0), {3, 2, 1});
  EXPECT_EQ(result.importance.sizes(), (std::vector<std::int64_t>{2, 7, 9}));
  EXPECT_EQ(result.entropy.sizes(), (std::vector<std::int64_t>{2, 4, 5}));
  expectClose(result.importance, at::ones({2, 7, 9}), 0, 1e-6, "importance");
  EXPECT_NEAR(result.entropy[0][0][0].item<double>(), std::log(4.0), 1e-6);
  EXPECT_NEAR(result.entropy[0][1][1].item<double>(), std::log(9.0), 1e-6);
  EXPECT_EQ(result.saturated.abs().max().item<float>(), 0);
}

TEST(LipStatistics, AgreesWithTheDefinition) {
  for (const LipWindow& window : {LipWindow{3, 2, 1}, LipWindow{2, 2, 0}, LipWindow{3, 1, 1}}) {
    const at::Tensor logit = randomValues({2, 4, 9, 7}, 18, 0, 12);
    const LipStatistics got = lipWindowStatistics(logit, window);
    // A pixel's shares are what it receives of ones, as gradient to x.
    const Result ones = bruteForce(logit, logit, at::ones_like(upstreamFor(logit, window)), window);
    expectClose(got.share, ones.gradX.mean(1), 1e-5, 1e-6, "share");
    EXPECT_NEAR(got.share[1].sum().item<double>(), static_cast<double>(window.outputs(9) * window.outputs(7)),
                1e-4);
    const at::Tensor flat = at::zeros_like(logit);
    const Result average = bruteForce(flat, flat, at::ones_like(upstreamFor(logit, window)), window);
    const at::Tensor ofAverage = average.gradX.mean(1);
    expectClose(got.importance, at::where(ofAverage > 0, ones.gradX.mean(1) / ofAverage, 0.0), 1e-5, 1e-6,
                "importance");
    const at::Tensor saturated = ((logit < 0.5).to(at::kFloat) + (logit > 11.5).to(at::kFloat)).mean(1);
    EXPECT_TRUE(at::equal(got.saturated, saturated));
    EXPECT_GT(saturated.max().item<float>(), 0);
  }
}

TEST(LipStatistics, EntropyOfAWindowWorkedByHand) {
  const at::Tensor logit = at::tensor({0., std::log(2.), std::log(4.), 0.}).to(at::kFloat).view({1, 1, 2, 2});
  const double wanted = 2 * std::log(8.) / 8 + 2 * std::log(4.) / 8 + 4 * std::log(2.) / 8;
  EXPECT_NEAR(lipWindowStatistics(logit, {2, 2, 0}).entropy.item<double>(), wanted, 1e-6);
  // One pixel takes all.
  EXPECT_EQ(lipWindowStatistics(logit * 1e6, {2, 2, 0}).entropy.item<float>(), 0);
}

TEST(LipStatistics, TakesWhatPoolingTakes) {
  const at::Tensor logit = channelsLast(randomValues({1, 3, 6, 6}, 19, -1000, 1000)).requires_grad_();
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf}) {
    const LipStatistics result = lipWindowStatistics(logit.to(dtype), {});
    for (const at::Tensor& map : {result.share, result.importance, result.entropy, result.saturated}) {
      EXPECT_EQ(map.scalar_type(), at::kFloat);
      EXPECT_FALSE(map.requires_grad());
      EXPECT_TRUE(map.isfinite().all().item<bool>());
    }
  }
  EXPECT_EQ(lipWindowStatistics(at::zeros({0, 3, 6, 6}), {}).share.size(0), 0);
  EXPECT_THROW(lipWindowStatistics(at::zeros({3, 6, 6}), {}), std::exception);
}

}  // namespace
}  // namespace anchorscope
