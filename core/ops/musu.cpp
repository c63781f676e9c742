#include "core/ops/musu.h"

#include <c10/core/GradMode.h>

#include <cmath>
#include <limits>

#include "core/ops/dispatch.h"
#include "core/ops/musu_backends.h"

namespace anchorscope {
namespace {

MusuInputs checked(const MusuInputs& inputs) {
  ANCHORSCOPE_CHECK(inputs.logits.dim() == 3 && isFloating(inputs.logits), "logits are ",
                    inputs.logits.sizes());
  const std::int64_t batch = inputs.logits.size(0), anchors = inputs.logits.size(1);
  const auto prepared = [&](const at::Tensor& tensor, const std::vector<std::int64_t>& shape,
                            const char* name) {
    ANCHORSCOPE_CHECK(tensor.defined() && tensor.sizes() == at::IntArrayRef(shape), name, " are ",
                      tensor.sizes());
    ANCHORSCOPE_CHECK(tensor.device() == inputs.logits.device(), name, " are on ", tensor.device());
    return tensor.detach().contiguous();
  };
  const auto floats = [&](const at::Tensor& tensor, const std::vector<std::int64_t>& shape,
                          const char* name) {
    ANCHORSCOPE_CHECK(tensor.scalar_type() == inputs.logits.scalar_type(), name,
                      " have another dtype than the logits");
    return prepared(tensor, shape, name);
  };
  ANCHORSCOPE_CHECK(anchors < std::int64_t{1} << 31, "there are ", anchors, " anchors");
  ANCHORSCOPE_CHECK(inputs.gtBoxes.dim() == 3, "object boxes are ", inputs.gtBoxes.sizes());
  const std::int64_t objects = inputs.gtBoxes.size(1);
  ANCHORSCOPE_CHECK(inputs.gtLabels.scalar_type() == at::kLong, "labels must be int64");
  ANCHORSCOPE_CHECK(inputs.gtValid.scalar_type() == at::kBool, "valid must be bool");
  return {floats(inputs.anchors, {anchors, 4}, "anchors"),
          floats(inputs.strides, {anchors}, "strides"),
          inputs.logits.detach().contiguous(),
          floats(inputs.boxes, {batch, anchors, 4}, "boxes"),
          floats(inputs.gtBoxes, {batch, objects, 4}, "object boxes"),
          prepared(inputs.gtLabels, {batch, objects}, "labels"),
          prepared(inputs.gtValid, {batch, objects}, "valid flags")};
}

bool inUnit(double value) {
  return value >= 0 && value <= 1;
}

}  // namespace

Status MusuOptions::validate() const {
  const auto wrong = [](const char* name, double value, const char* range) {
    return makeError(ErrorCode::kUsage, concat("MuSu's ", name, " is ", value, "; it must be ", range));
  };
  if (!inUnit(beta)) return wrong("beta", beta, "within 0..1");
  if (!inUnit(alpha)) return wrong("alpha", alpha, "within 0..1");
  if (!inUnit(gamma)) return wrong("gamma", gamma, "within 0..1");
  if (!inUnit(t)) return wrong("t", t, "within 0..1");
  if (k < 1) return wrong("k", static_cast<double>(k), "at least 1");
  if (kWeight < 1) return wrong("k_weight", static_cast<double>(kWeight), "at least 1");
  if (maxBag < 0) return wrong("max_bag", static_cast<double>(maxBag), "at least 0 (0: no limit)");
  if (!(centerMarginPx >= 0)) return wrong("center_margin", centerMarginPx, "at least 0 px");
  if (!(radius > 0)) return wrong("radius", radius, "positive");
  if (!(tauCls > 0)) return wrong("tau_cls", tauCls, "positive");
  if (!(tauReg > 0)) return wrong("tau_reg", tauReg, "positive");
  return {};
}

MusuResult emptyMusuResult(const MusuInputs& inputs, MusuDetail detail) {
  const at::TensorOptions floats = inputs.logits.options(), integers = floats.dtype(at::kLong),
                          flags = floats.dtype(at::kBool);
  const std::int64_t batch = inputs.logits.size(0), anchors = inputs.logits.size(1),
                     objects = inputs.gtBoxes.size(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  MusuResult result;
  result.weightCls = at::zeros(inputs.logits.sizes(), floats);
  result.weightReg = at::zeros({batch, anchors}, floats);
  result.winnerReg = at::full({batch, anchors}, -1, integers);
  result.winnerCls = at::full({batch, anchors}, -1, integers);
  result.threshold = at::full({batch, objects}, nan, floats);
  result.bagSize = at::zeros({batch, objects}, integers);
  result.eligible = at::zeros({batch, objects}, integers);
  result.starved = inputs.gtValid.clone();
  if (detail == MusuDetail::kWeights) return result;
  result.statistics = at::full({kMusuStatistics, batch, objects}, nan, floats.dtype(at::kDouble));
  for (at::Tensor* best : {&result.bestJoint, &result.bestP, &result.bestQ})
    *best = at::full({batch, objects}, -1, integers);
  if (detail == MusuDetail::kStatistics) return result;
  MusuPairs& pairs = result.pairs.emplace();
  for (at::Tensor* column : {&pairs.image, &pairs.anchor, &pairs.object, &pairs.rankReg, &pairs.rankCls})
    *column = at::empty({0}, integers);
  for (at::Tensor* column : {&pairs.inBag, &pairs.belowThreshold, &pairs.fallback, &pairs.cutByMaxBag})
    *column = at::empty({0}, flags);
  for (at::Tensor* column : {&pairs.p, &pairs.q, &pairs.joint, &pairs.threshold, &pairs.sReg, &pairs.sCls,
                             &pairs.wReg, &pairs.wCls})
    *column = at::empty({0}, floats);
  return result;
}

MusuResult assignMusu(const MusuInputs& given, const MusuOptions& options, MusuDetail detail) {
  ANCHORSCOPE_CHECK(options.validate().ok(), "invalid MuSu options");
  const c10::NoGradGuard noGradient;
  const MusuInputs inputs = checked(given);
  if (inputs.logits.numel() == 0 || inputs.gtBoxes.numel() == 0) return emptyMusuResult(inputs, detail);
  const c10::DeviceGuard guard(inputs.logits.device());
  return usesKernels(inputs.logits) ? assignMusuOnCuda(inputs, options, detail)
                                    : assignMusuOnCpu(inputs, options, detail);
}

}  // namespace anchorscope
