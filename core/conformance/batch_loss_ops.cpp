// loss.qfl, loss.vfl, loss.ghm_c, loss.ghm_r, loss.dfl, loss.balanced_l1, loss.ap, loss.dr: the registered
// losses, and formulas where a case is of single elements.

#include "core/base/check.h"
#include "core/conformance/capture_sink.h"
#include "core/conformance/leaves.h"
#include "core/conformance/op_table.h"
#include "core/conformance/registered_losses.h"
#include "core/conformance/steps.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/ops/box_losses.h"
#include "core/ops/distance_distribution.h"

namespace anchorscope::conformance {
namespace {

constexpr double kMmdetFactorEpsilon = 1.1920929e-07;

/// mmdet's form: loss_weight * weight * element, summed / (avg_factor + epsilon).
Outputs finish(const ReferenceCase& reference, const at::Tensor& rows, const at::Tensor& leaf,
               const std::string& gradientKey) {
  at::Tensor elements = rows * reference.number("loss_weight");
  if (reference.hasInput("weights")) elements = elements * reference.input("weights").to(rows.device());
  const at::Tensor loss = elements.sum() / (reference.number("avg_factor") + kMmdetFactorEpsilon);
  loss.backward();
  return {{"elements", elements}, {"loss", loss}, {gradientKey, gradientOf(leaf)}};
}

Outputs runQfl(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafOf(reference.input("logits"), device);
  const at::Tensor labels = reference.input("labels").to(device),
                   scores = reference.input("scores").to(device);
  const at::Tensor soft =
      labels.unsqueeze(1).eq(at::arange(logits.size(1), labels.options())).to(at::kDouble) *
      scores.unsqueeze(1);  // the background's label is no class
  const auto loss = madePart(clsLossEntries(), "soft_focal", reference, {{"gamma_f", "beta"}});
  return finish(reference, loss->rows(logits.unsqueeze(0), {{}, soft.unsqueeze(0), {}}, {}).squeeze(0),
                logits, "grad_logits");
}

/// Every element as a candidate with one class.
at::Tensor asRows(const at::Tensor& elements) {
  return elements.reshape({1, -1, 1});
}

Outputs runVfl(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafOf(reference.input("logits"), device);
  const at::Tensor targets = reference.input("targets").to(device, at::kDouble);
  const auto loss =
      madePart(clsLossEntries(), "varifocal", reference,
               {{"vfl_alpha", "alpha"}, {"vfl_gamma", "gamma"}, {"iou_weighted", "iou_weighted"}});
  return finish(reference, loss->rows(asRows(logits), {{}, asRows(targets), {}}, {}).view(logits.sizes()),
                logits, "grad_logits");
}

Outputs runGhmC(const ReferenceCase& reference, at::Device device) {
  const auto loss = madePart(clsLossEntries(), "ghm_c", reference,
                             {{"ghm_c_bins", "bins"}, {"ghm_c_momentum", "momentum"}});
  placeState(loss->buffers(), device);
  Steps steps;
  for (std::int64_t step = 0; step < reference.input("logits").size(0); ++step) {
    const at::Tensor logits = leafOf(reference.input("logits")[step], device);
    const at::Tensor valid = reference.input("label_weight")[step].to(device) > 0;
    const at::Tensor labels =
        (reference.input("targets")[step].to(device, at::kLong) - 1).masked_fill(valid.logical_not(), -2);
    CaptureSink sink;
    const at::Tensor rows = loss->rows(asRows(logits), {labels.reshape({1, -1}), {}, {}}, &sink);
    const at::Tensor elements = rows.view(logits.sizes()) * reference.number("loss_weight");
    elements.sum().backward();
    const at::Tensor bins = sink.channels.at("ghm_c.bin").nan_to_num(-1).to(at::kLong).view(logits.sizes());
    steps.add("loss", elements.sum());
    steps.add("elements", elements * valid.sum().clamp_min(1));
    steps.add("grad_logits", gradientOf(logits));
    steps.add("bin_id", bins);
    steps.add("bin_count", at::stack([&] {
                std::vector<at::Tensor> counts;
                for (std::int64_t bin = 0; bin < reference.integer("bins"); ++bin)
                  counts.push_back(bins.eq(bin).sum());
                return counts;
              }()));
    steps.add("acc_sum", loss->buffers().front().tensor.to(at::kDouble));
  }
  return steps.stacked();
}

Outputs runGhmR(const ReferenceCase& reference, at::Device device) {
  const auto loss = madePart(boxLossEntries(), "ghm_r", reference,
                             {{"ghm_r_bins", "bins"}, {"ghm_r_momentum", "momentum"}, {"ghm_r_mu", "mu"}});
  placeState(loss->buffers(), device);
  Steps steps;
  for (std::int64_t step = 0; step < reference.input("pred").size(0); ++step) {
    const at::Tensor pred = leafOf(reference.input("pred")[step], device);
    const at::Tensor target = reference.input("target")[step].to(device, at::kDouble);
    const at::Tensor weights = reference.input("label_weight")[step].to(device, at::kDouble);
    if (!at::equal(weights, weights.narrow(1, 0, 1).expand_as(weights)))
      throw UnsupportedCase("weights differ within a box");
    const OffsetStage stage = stageOfOffsets(pred, target);
    const at::Tensor total = loss->rows(stage.anchors, stage.outputs,
                                        {stage.objects, stage.matched, weights.select(1, 0).unsqueeze(0)}, {})
                                 .sum() *
                             reference.number("loss_weight");
    total.backward();
    steps.add("loss", total);
    steps.add("grad_pred", gradientOf(pred));
    steps.add("acc_sum", loss->buffers().front().tensor.to(at::kDouble));
  }
  return steps.stacked();
}

Outputs runDfl(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafOf(reference.input("logits"), device);
  return finish(reference, distributionFocalLoss(logits, reference.input("target").to(device, at::kDouble)),
                logits, "grad_logits");
}

Outputs runBalancedL1(const ReferenceCase& reference, at::Device device) {
  const at::Tensor pred = leafOf(reference.input("pred"), device);
  const at::Tensor difference = pred - reference.input("target").to(device, at::kDouble);
  return finish(
      reference,
      balancedL1(difference, reference.number("alpha"), reference.number("gamma"), reference.number("beta")),
      pred, "grad_pred");
}

Outputs runAp(const ReferenceCase& reference, at::Device device) {
  const auto loss = madePart(clsLossEntries(), "ap", reference, {{"ap_delta", "delta"}});
  const at::Tensor logits = leafOf(reference.input("logits"), device);
  const at::Tensor labels = reference.input("targets").to(device) - 1;  // one class
  CaptureSink sink;
  const at::Tensor total = loss->rows(asRows(logits), {labels.unsqueeze(0), {}, {}}, &sink).sum();
  total.backward();
  return {{"loss", total},
          {"precision", sink.channels.at("ap.precision")[0].index({labels >= 0})},
          {"grad_logits", gradientOf(logits)}};
}

Outputs runDr(const ReferenceCase& reference, at::Device device) {
  const auto loss = madePart(clsLossEntries(), "dr", reference,
                             {{"dr_margin", "margin"},
                              {"dr_pos_lambda", "pos_lambda"},
                              {"dr_neg_lambda", "neg_lambda"},
                              {"dr_slope", "L"},
                              {"dr_tau", "tau"}});
  const at::Tensor logits = leafOf(reference.input("logits"), device);
  const at::Tensor total =
      loss->rows(logits.unsqueeze(0), {reference.input("labels").to(device).unsqueeze(0), {}, {}}, {}).sum();
  total.backward();
  return {{"loss", total}, {"grad_logits", gradientOf(logits)}};
}

}  // namespace

std::vector<OpEntry> batchLossOps() {
  return {{"loss.qfl", runQfl},    {"loss.vfl", runVfl},
          {"loss.ghm_c", runGhmC}, {"loss.ghm_r", runGhmR},
          {"loss.dfl", runDfl},    {"loss.ap", runAp},
          {"loss.dr", runDr},      {"loss.balanced_l1", runBalancedL1}};
}

}  // namespace anchorscope::conformance
