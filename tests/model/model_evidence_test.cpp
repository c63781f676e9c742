// What is said of a detector's evidence before it is built, against what it publishes.
#include "core/model/model_evidence.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "core/model/detector.h"

namespace anchorscope {
namespace {

class CountingSink final : public EvidenceSink {
 public:
  void channel(const ChannelSpec&, const at::Tensor& values, int) override { values_ += values.numel(); }
  void pairs(const PairTableSpec&, const PairRows&) override {}
  void objects(const ObjectColumnSpec&, const at::Tensor&) override {}
  std::int64_t values() const { return values_; }

 private:
  std::int64_t values_ = 0;
};

TEST(ModelEvidence, IsWhatTheDetectorPublishes) {
  const at::NoGradGuard noGrad;
  for (const char* name : {"retina-small", "fcos-small", "atss-small"})
    for (const char* downsampling : {"strided", "lip", "average"})
      for (const SizePx size : {SizePx{64, 64}, SizePx{100, 36}}) {
        auto params = modelParams(name);
        if (!params) continue;  // no such detector
        ASSERT_TRUE(params->set("downsampling", downsampling));
        ASSERT_TRUE(params->set("width", "16"));
        const auto said = modelEvidence(name, *params, size);
        ASSERT_TRUE(said) << said.error().text();
        auto detector = makeDetector(name, *params, 2, 1);
        ASSERT_TRUE(detector) << detector.error().text();
        const AnchorSet& anchors = (*detector)->anchors(size);
        EXPECT_EQ(said->anchors, static_cast<std::int64_t>(anchors.geometry->count())) << name;
        if (size.width != size.height) continue;  // the forecast is of square inputs
        CountingSink sink;
        (*detector)->forward(at::zeros({1, 3, size.height, size.width}), nullptr, {&sink});
        EXPECT_EQ(said->cells, sink.values()) << name << ' ' << downsampling;
      }
}

TEST(ModelEvidence, OfDefaultBoxesAsWell) {
  for (const SizePx size : {SizePx{300, 300}, SizePx{100, 36}}) {
    const auto params = modelParams("ssd-small");
    const auto said = modelEvidence("ssd-small", *params, size);
    ASSERT_TRUE(said) << said.error().text();
    EXPECT_EQ(said->cells, 0);
    EXPECT_EQ(said->anchors, (*makeDetector("ssd-small", *params, 2, 1))->anchors(size).count());
  }
}

TEST(ModelEvidence, FollowsTheOptionsAndTellsOfThoseItCannotRead) {
  auto params = modelParams("retina-small");
  ASSERT_TRUE(params);
  const std::int64_t before = modelEvidence("retina-small", *params, {320, 320})->anchors;
  ASSERT_TRUE(params->set("ratios", "0.5,1,2"));
  EXPECT_EQ(modelEvidence("retina-small", *params, {320, 320})->anchors, 3 * before);
  ASSERT_TRUE(params->set("ratios", "many"));
  EXPECT_FALSE(modelEvidence("retina-small", *params, {320, 320}));
  EXPECT_FALSE(modelEvidence("none", *params, {320, 320}));
}

}  // namespace
}  // namespace anchorscope
