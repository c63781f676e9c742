// loss.harmonic, loss.harmonic_iou, loss.task_contrast.

#include "core/base/check.h"
#include "core/conformance/element_losses.h"
#include "core/conformance/leaves.h"
#include "core/conformance/op_table.h"
#include "core/ops/box_losses.h"
#include "core/ops/cls_losses.h"
#include "core/ops/harmonic.h"

namespace anchorscope::conformance {
namespace {

/// [n]: the sample's classification loss; labels -1 = negative, with softmax the last column is background.
at::Tensor clsPerSample(const std::string& kind, const at::Tensor& logits, const at::Tensor& labels) {
  if (kind == "bce") return clsLossRowsOfLabels(logits, labels, {ClsElementLoss::kBce});
  if (kind == "focal") return clsLossRowsOfLabels(logits, labels, {ClsElementLoss::kFocal, 2, 0.25});
  if (kind == "softmax") {
    const at::Tensor column = at::where(labels >= 0, labels, logits.size(1) - 1);
    return at::log_softmax(logits, 1).gather(1, column.unsqueeze(1)).squeeze(1).neg();
  }
  throw UnsupportedCase(concat("there is no classification loss '", kind, "' here"));
}

Outputs runHarmonic(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafAsGiven(reference, "logits", device),
                   pred = leafAsGiven(reference, "pred", device);
  const at::Tensor labels = reference.input("labels").to(device);
  const bool detach = reference.flag("detach", true);
  const at::Tensor positive = labels >= 0;
  const at::Tensor c = clsPerSample(reference.text("cls"), logits, labels);
  const at::Tensor l =
      smoothL1Elements(pred, reference.input("target").to(device), reference.number("beta")).sum(1);
  const HarmonicTerms terms = harmonicTerms(c, l, detach);
  const HarmonicSlopes slopes = harmonicSlopes(c, l, detach);
  const at::Tensor elements = at::where(positive, terms.cls + terms.loc, c);
  const at::Tensor loss = elements.sum() / reference.number("avg_factor");
  loss.backward();
  const at::Tensor zero = at::zeros_like(c), one = at::ones_like(c);
  return {{"cls_per_sample", c},
          {"loc_per_sample", l},
          {"beta_r", at::where(positive, terms.betaReg, zero)},
          {"beta_c", at::where(positive, terms.betaCls, zero)},
          {"elements", elements},
          {"dL_dc", at::where(positive, slopes.byCls, one)},
          {"dL_dl", at::where(positive, slopes.byLoc, zero)},
          {"loss", loss},
          {"grad_logits", logits.grad()},
          {"grad_pred", pred.grad().defined() ? pred.grad() : at::zeros_like(pred)}};
}

Outputs runHarmonicIou(const ReferenceCase& reference, at::Device device) {
  const at::Tensor pred = leafAsGiven(reference, "pred", device);
  const at::Tensor iouLoss =
      similarityElements(pred, reference.input("target").to(device), {BoxSimilarity::kIou});
  const at::Tensor elements =
      harmonicIouLoss(iouLoss, reference.number("gamma"), reference.flag("detach_factor", false)) *
      reference.input("weights").to(device);
  const at::Tensor loss = elements.sum() / reference.number("avg_factor");
  loss.backward();
  return {{"iou", 1 - iouLoss}, {"elements", elements}, {"loss", loss}, {"grad_pred", pred.grad()}};
}

Outputs runTaskContrast(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafAsGiven(reference, "logits", device);
  const at::Tensor labels = reference.input("labels").to(device), iou = reference.input("iou").to(device);
  const double margin = reference.number("margin");
  const at::Tensor p = at::softmax(logits, 1).gather(1, labels.unsqueeze(1)).squeeze(1);
  const at::Tensor entropy = scoreEntropy(logits, ScoreKind::kSoftmax);
  const at::Tensor elements = taskContrast(p, iou, entropy, margin, reference.flag("detach_weight", true));
  const at::Tensor loss = elements.sum() / reference.number("avg_factor");
  loss.backward();
  return {{"p", p},
          {"entropy", entropy},
          {"active", (p - iou).abs() > margin},
          {"elements", elements},
          {"loss", loss},
          {"grad_logits", logits.grad()}};
}

}  // namespace

std::vector<OpEntry> harmonicOps() {
  return {{"loss.harmonic", runHarmonic},
          {"loss.harmonic_iou", runHarmonicIou},
          {"loss.task_contrast", runTaskContrast}};
}

}  // namespace anchorscope::conformance
