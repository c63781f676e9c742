#pragma once
// Internal header (ATen). Made-up batches for MuSu, its options in many combinations, and the comparison with
// the oracle.

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/musu_oracle.h"
#include "tests/support/random_boxes.h"

namespace anchorscope::testing {

/// `images` images of `anchors` predictions around a grid, 3 classes, up to `objects` objects each: the last
/// object of the first image is padding, the second image has none, and one object lies far outside.
inline MusuInputs musuBatch(std::int64_t images, std::int64_t anchors, std::int64_t objects, unsigned seed,
                            at::ScalarType dtype = at::kDouble) {
  MusuInputs in;
  in.anchors = randomBoxes(anchors, seed, 128, dtype);
  in.strides = at::full({anchors}, 16, dtype);
  in.logits = randomValues({images, anchors, 3}, seed + 1, -5, 2, dtype);
  in.boxes = randomBoxes(images * anchors, seed + 2, 128, dtype).view({images, anchors, 4});
  in.gtBoxes = randomBoxes(images * objects, seed + 3, 128, dtype).view({images, objects, 4}).clone();
  in.gtLabels = at::randint(0, 3, {images, objects}, at::detail::createCPUGenerator(seed), at::kLong);
  in.gtValid = at::ones({images, objects}, at::kBool);
  if (objects > 1) {
    in.gtValid[0][objects - 1] = false;
    in.gtLabels[0][objects - 1] = -1;
    in.gtBoxes[0][objects - 1] = at::zeros({4}, dtype);
    in.gtBoxes[0][0] = in.gtBoxes[0][0] + 4000;
  }
  if (images > 1) {
    in.gtValid[1].fill_(false);
    in.gtLabels[1].fill_(-1);
    in.gtBoxes[1].zero_();
  }
  return in;
}

inline MusuInputs toDevice(MusuInputs in, at::Device device) {
  for (at::Tensor* t :
       {&in.anchors, &in.strides, &in.logits, &in.boxes, &in.gtBoxes, &in.gtLabels, &in.gtValid})
    *t = t->to(device);
  return in;
}

/// Every value of every choice, and their awkward neighbours.
inline std::vector<MusuOptions> musuOptions() {
  std::vector<MusuOptions> all(1);
  const auto add = [&](auto change) {
    MusuOptions options;
    change(options);
    all.push_back(options);
  };
  using O = MusuOptions;
  add([](O& o) { o.eligibility = O::Eligibility::kCenterInGt; });
  add([](O& o) { o.eligibility = O::Eligibility::kCenterRadius; });
  add([](O& o) {
    o.joint = O::Joint::kProduct;
    o.beta = 0.5;
  });
  add([](O& o) { o.beta = 0; });
  add([](O& o) {
    o.beta = 1;
    o.alpha = 0;
  });
  add([](O& o) { o.alpha = 0.5; });
  add([](O& o) {
    o.beta = 0.6;
    o.alpha = 0.35;
  });
  add([](O& o) {
    o.threshold = O::Threshold::kMaxRatio;
    o.weighting = O::Weighting::kLinear;
  });
  add([](O& o) {
    o.threshold = O::Threshold::kTopK;
    o.k = 7;
  });
  add([](O& o) {
    o.threshold = O::Threshold::kTopK;
    o.k = 100000;
    o.maxBag = 12;
  });
  add([](O& o) {
    o.threshold = O::Threshold::kTopK;
    o.k = 1;
  });
  add([](O& o) { o.threshold = O::Threshold::kAbsolute; });
  add([](O& o) {
    o.threshold = O::Threshold::kAbsolute;
    o.t = 0;
    o.maxBag = 5;
  });
  add([](O& o) {
    o.threshold = O::Threshold::kAbsolute;
    o.t = 1;
  });
  add([](O& o) {
    o.weighting = O::Weighting::kHardTopK;
    o.kWeight = 3;
  });
  add([](O& o) {
    o.maxBag = 1;
    o.tauCls = 1;
    o.tauReg = 10;
  });
  return all;
}

/// Everything the result holds against the oracle, dense. Floats within rtol; decisions exactly.
inline void expectAgrees(const MusuResult& result, const MusuOracle& oracle, double rtol) {
  const auto cpu = [](const at::Tensor& t) { return t.cpu(); };
  const auto close = [&](const at::Tensor& got, const at::Tensor& wanted, const char* what) {
    EXPECT_TRUE(at::allclose(cpu(got).to(at::kDouble), wanted, rtol, rtol * 0.1, /*equal_nan=*/true)) << what;
  };
  const auto same = [&](const at::Tensor& got, const at::Tensor& wanted, const char* what) {
    EXPECT_TRUE(at::equal(cpu(got), wanted)) << what;
  };
  close(result.weightCls, oracle.weightCls, "weightCls");
  close(result.weightReg, oracle.weightReg, "weightReg");
  same(result.winnerReg, oracle.winnerReg, "winnerReg");
  same(result.winnerCls, oracle.winnerCls, "winnerCls");
  close(result.threshold, oracle.threshold, "threshold");
  same(result.bagSize, oracle.inBag.sum(2), "bagSize");
  same(result.eligible, oracle.eligible.sum(2), "eligible");
  if (result.statistics.defined()) {
    same(result.bestJoint, oracle.bestJoint, "bestJoint");
    same(result.bestP, oracle.bestP, "bestP");
    same(result.bestQ, oracle.bestQ, "bestQ");
    for (int k = 0; k < kMusuStatistics; ++k) {
      SCOPED_TRACE(::testing::Message() << "MusuStatistic " << k);
      close(result.statistics[k], oracle.statistics[k], "statistic");
    }
  }
  if (!result.pairs) return;
  const MusuPairs& pairs = *result.pairs;
  const at::Tensor where = oracle.eligible.nonzero();  // sorted by image, object, anchor
  same(pairs.image, where.select(1, 0), "image");
  same(pairs.object, where.select(1, 1), "object");
  same(pairs.anchor, where.select(1, 2), "anchor");
  const auto pick = [&](const at::Tensor& dense) { return dense.masked_select(oracle.eligible); };
  close(pairs.p, pick(oracle.p), "p");
  close(pairs.q, pick(oracle.q), "q");
  close(pairs.joint, pick(oracle.joint), "joint");
  same(pairs.inBag, pick(oracle.inBag), "inBag");
  same(pairs.belowThreshold, pick(oracle.below), "belowThreshold");
  same(pairs.fallback, pick(oracle.fallback), "fallback");
  same(pairs.cutByMaxBag, pick(oracle.cut), "cutByMaxBag");
  close(pairs.sReg, pick(oracle.sReg), "sReg");
  close(pairs.sCls, pick(oracle.sCls), "sCls");
  same(pairs.rankReg, pick(oracle.rankReg), "rankReg");
  same(pairs.rankCls, pick(oracle.rankCls), "rankCls");
  close(pairs.wReg, pick(oracle.wReg), "wReg");
  close(pairs.wCls, pick(oracle.wCls), "wCls");
}

}  // namespace anchorscope::testing
