// assigner.*: through the registered assigners and methods, reading their results where views read them: the
// assignment and the published evidence.

#include <set>

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/conformance/capture_sink.h"
#include "core/conformance/element_losses.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/op_table.h"
#include "core/losses/normalizer.h"
#include "core/methods/method.h"
#include "core/ops/box_losses.h"
#include "core/ops/box_similarity.h"
#include "core/ops/musu.h"

namespace anchorscope::conformance {
namespace {

at::Tensor matrixInput(const ReferenceCase& reference, const std::string& name, at::IntArrayRef shape) {
  const at::Tensor& tensor = reference.input(name);
  if (tensor.sizes() != shape)
    throw MalformedCase(concat("the input '", name, "' is ", tensor.sizes(), ", not ", shape));
  return tensor;
}

AnchorSet anchorSetOf(const ReferenceCase& reference, at::Device device) {
  AnchorSet set;
  set.boxes = reference.input("anchors").to(device);
  if (set.boxes.dim() != 2 || set.boxes.size(1) != 4) throw MalformedCase("anchors are not [N,4]");
  set.strides = reference.hasInput("strides") ? matrixInput(reference, "strides", {set.count()}).to(device)
                                              : at::ones({set.count()}, set.boxes.options());
  return set;
}

Outputs runMaxIou(const ReferenceCase& reference, at::Device device) {
  constexpr std::int64_t kAnyClass = std::int64_t{1} << 31;
  const AnchorSet anchors = anchorSetOf(reference, device);
  const PaddedObjects objects = padObjects(reference, 1, kAnyClass, device);
  const auto& entries = assignerEntries();
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [](const auto& e) { return e.name == "max_iou"; });
  if (entry == entries.end()) throw UnsupportedCase("there is no assigner 'max_iou'");
  ParamSet params(entry->params);
  setOptions(reference, params);
  CaptureSink sink;
  const Assignment assignment =
      unwrapped(makeAssigner("max_iou", params))->assign({anchors, HeadOutputs{}, objects.targets}, &sink);

  const at::Tensor assigned = globalWinners(assignment.clsObject, objects).squeeze(0);
  const at::Tensor labels = reference.input("gt_labels").to(device);
  Outputs outputs;
  outputs["assigned_gt"] = assigned;
  outputs["labels"] = labels.numel() == 0
                          ? assigned
                          : at::where(assigned >= 0, labels.index({assigned.clamp_min(0)}), assigned);
  at::Tensor maxIou = sink.channels.at("max_iou.margin").squeeze(0) + params.getFloat("pos_iou_thr");
  if (objects.targets.ignoreBoxes.size(1) > 0 && params.getFloat("ignore_iof_thr") > 0) {
    const at::Tensor& regions = objects.targets.ignoreBoxes[0];
    const at::Tensor share = params.getBool("ignore_wrt_candidates")
                                 ? pairwiseIof(anchors.boxes, regions).amax(1)
                                 : pairwiseIof(regions, anchors.boxes).amax(0);
    maxIou = maxIou.masked_fill(share > params.getFloat("ignore_iof_thr"), -1);
  }
  outputs["max_iou"] = maxIou;
  return outputs;
}

// ---------------------------------------------------------------------------------------------------- MuSu

ClsLossOptions musuClsLoss(const ReferenceCase& reference) {
  const std::string name = reference.text("cls_loss");
  ClsLossOptions options{ClsElementLoss::kSoftFocal, reference.number("gamma_f", 2),
                         reference.number("alpha_f", 0.25)};
  if (name == "weighted_focal") {
    options.element = ClsElementLoss::kWeightedFocal;
  } else if (name == "weighted_bce") {
    options.element = ClsElementLoss::kWeightedBce;
  } else if (name != "soft_focal") {
    throw UnsupportedCase(concat("MuSu has no classification loss '", name, "'"));
  }
  return options;
}

/// The scores of every pair, eligible or not: [N,G] each.
struct PairScores {
  at::Tensor p, q, joint;
};

PairScores scoresOfAllPairs(const ReferenceCase& reference, const at::Tensor& logits, const at::Tensor& boxes,
                            const PaddedObjects& objects) {
  const at::Device device = logits.device();
  const at::Tensor image = objects.image.to(device), labels = reference.input("gt_labels").to(device);
  PairScores scores;
  scores.p = logits.index({image})
                 .gather(2, labels.view({-1, 1, 1}).expand({-1, logits.size(1), 1}))
                 .squeeze(2)
                 .sigmoid()
                 .t();
  scores.q =
      pairwiseIou(boxes.index({image}), reference.input("gt_boxes").to(device).unsqueeze(1)).squeeze(2).t();
  const double beta = reference.number("beta");
  const at::Tensor ofP = reference.text("joint") == "product" ? scores.p : scores.p.pow(1 - beta);
  scores.joint = ofP * scores.q.pow(beta);
  return scores;
}

/// The outputs with a value for every pair, [N,G].
constexpr const char* kPairOutputs[] = {
    "p",     "q",        "P",        "eligible", "bag",  "below_threshold", "cut_by_max_bag", "s_reg",
    "s_cls", "rank_reg", "rank_cls", "w_reg",    "w_cls"};

/// Pair table columns as [N,G] matrices.
class PairMatrices {
 public:
  PairMatrices(const CaptureSink::PairColumns& table, const PaddedObjects& objects, std::int64_t anchors,
               std::int64_t objectCount)
      : table_(table),
        shape_{anchors, objectCount},
        object_(objects.globalIndex.index({table.image, table.object})) {}

  /// Float values of a column; `otherwise` where the table has no row.
  at::Tensor column(const std::string& name, double otherwise) const {
    const at::Tensor& values = table_.columns.at(name);
    const at::Tensor matrix = at::full(
        shape_, otherwise,
        values.options().dtype(at::isFloatingType(values.scalar_type()) ? values.scalar_type() : at::kFloat));
    return matrix.index_put({table_.anchor, object_}, values.to(matrix.scalar_type()));
  }
  at::Tensor integers(const std::string& name, double otherwise) const {
    return column(name, otherwise).to(at::kLong);
  }

 private:
  const CaptureSink::PairColumns& table_;
  std::vector<std::int64_t> shape_;
  at::Tensor object_;
};

void addPairs(const ReferenceCase& reference, const CaptureSink& sink, const at::Tensor& logits,
              const at::Tensor& boxes, const PaddedObjects& objects, Outputs& outputs) {
  const std::int64_t count = objects.image.numel(), anchors = logits.size(1);
  const PairMatrices pairs(sink.tables.at("musu.pairs"), objects, anchors, count);
  const PairScores scores = scoresOfAllPairs(reference, logits, boxes, objects);
  const at::Tensor eligible = pairs.column("joint_rank", -1) >= 0;
  const auto orElse = [&](const std::string& name, const at::Tensor& otherwise) {
    return at::where(eligible, pairs.column(name, 0), otherwise);
  };
  outputs["p"] = orElse("p", scores.p);
  outputs["q"] = orElse("q", scores.q);
  outputs["P"] = orElse("joint", scores.joint);
  outputs["eligible"] = eligible;
  outputs["bag"] = pairs.column("in_bag", 0) > 0;
  outputs["below_threshold"] = eligible & (pairs.column("reaches", 1) == 0);
  outputs["cut_by_max_bag"] = eligible & (pairs.column("kept", 1) == 0);
  for (const char* name : {"s_reg", "s_cls", "w_reg", "w_cls"})
    outputs[name] = pairs.column(name, 0);
  for (const char* name : {"rank_reg", "rank_cls"})
    outputs[name] = pairs.integers(name, -1);

  const at::Tensor image = objects.image.to(logits.device()), slot = objects.slot.to(logits.device());
  const auto ofObjects = [&](const std::string& name) {
    return sink.objectColumns.at(name).index({image, slot});
  };
  outputs["t_g"] = ofObjects("musu.threshold");
  outputs["bag_size"] = ofObjects("musu.bag_size").to(at::kLong);
  outputs["starved"] = ofObjects(kStarvedColumn).to(at::kBool);
}

Outputs runMusu(const ReferenceCase& reference, at::Device device) {
  const AnchorSet anchors = anchorSetOf(reference, device);
  const at::Tensor& logitsGiven = reference.input("logits");
  if (logitsGiven.dim() != 3 || logitsGiven.size(1) != anchors.count())
    throw MalformedCase("logits are not [B,N,C]");
  const std::int64_t batch = logitsGiven.size(0), classes = logitsGiven.size(2);
  const PaddedObjects objects = padObjects(reference, batch, classes, device);
  HeadOutputs heads;
  heads.logits = logitsGiven.to(device).detach().requires_grad_();
  heads.boxes =
      matrixInput(reference, "boxes", {batch, anchors.count(), 4}).to(device).detach().requires_grad_();

  heads.offsets = at::zeros_like(heads.boxes);  // not used by MuSu's losses

  ParamSet params = unwrapped(methodParams("musu"));
  setOptions(reference, params);
  CaptureSink sink;
  const auto method = unwrapped(makeMethod("musu", params));
  const LossTerms terms = method->loss({anchors, heads, objects.targets}, &sink);
  terms.total.backward();
  const Assignment assignment =
      unwrapped(makeAssigner("musu", params))->assign({anchors, heads, objects.targets}, nullptr);

  Outputs outputs;
  if (objects.image.numel() > 0) {
    addPairs(reference, sink, heads.logits.detach(), heads.boxes.detach(), objects, outputs);
  } else {  // no object, no pair: the table is empty
    const at::Tensor perPair = at::zeros({anchors.count(), 0}, at::kLong),
                     perObject = at::zeros({0}, at::kLong);
    for (const char* name : kPairOutputs)
      outputs[name] = perPair;
    for (const char* name : {"t_g", "bag_size", "starved"})
      outputs[name] = perObject;
  }
  outputs["W_cls"] = assignment.clsTarget;
  outputs["W_reg"] = assignment.regWeight;
  outputs["winner_reg"] = globalWinners(assignment.regObject, objects);
  outputs["winner_cls"] = globalWinners(assignment.clsObject, objects);
  outputs["cls_elements"] = clsElements(heads.logits, assignment.clsTarget, musuClsLoss(reference));
  outputs["reg_elements"] = matchedSimilarityLoss(heads.boxes, objects.targets.boxes, assignment.regObject,
                                                  assignment.regWeight, {BoxSimilarity::kGiou});
  const at::Tensor none = at::zeros({batch}, heads.logits.options().dtype(at::kLong));
  outputs["cls_normalizer"] =
      divisors(Normalizer::kSumOfWeights, none, assignment.clsTarget.sum({1, 2}), 1)[0];
  outputs["reg_normalizer"] = divisors(Normalizer::kSumOfWeights, none, assignment.regWeight.sum(1), 1e-6)[0];
  for (const NamedScalar& scalar : terms.scalars) {
    if (scalar.name == "loss.cls") outputs["cls_loss"] = scalar.value;
    if (scalar.name == "loss.loc") outputs["reg_loss"] = scalar.value;
  }
  outputs["total_loss"] = terms.total;
  outputs["grad_logits"] = heads.logits.grad();
  outputs["grad_boxes"] = heads.boxes.grad().defined() ? heads.boxes.grad() : at::zeros_like(heads.boxes);
  return outputs;
}

}  // namespace

std::vector<OpEntry> assignerOps() {
  return {{"assigner.max_iou", runMaxIou}, {"assigner.musu", runMusu}};
}

}  // namespace anchorscope::conformance
