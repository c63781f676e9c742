#include "core/methods/dense_evidence.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scalars_scope.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kCommon = "Common practice";
constexpr const char* kOurs = "Ours";

ChannelSpec channelSpec(std::string name, std::string title, std::string unit, std::string description,
                        ColorScale scale, std::optional<float> min, std::optional<float> max, Sense sense) {
  return channelOf(std::move(name), std::move(title), std::move(unit), std::move(description), kCommon, scale,
                   min, max, sense);
}

struct Channels {
  explicit Channels(bool boxPerClass) {
    if (boxPerClass) iou.description += " The predicted box is that of the class of the largest score.";
  }

  ChannelSpec score =
      channelSpec("cls_score", "Class score", "1", "Largest class score of the anchor (after sigmoid).",
                  ColorScale::kClassification, 0.f, 1.f, Sense::kHigherIsBetter);
  ChannelSpec objectScore = channelSpec("cls_score_object", "Score of the object's class", "1",
                                        "Score of the class of the anchor's object: the winner of either "
                                        "head, else the object its predicted box "
                                        "overlaps most; undefined without one.",
                                        ColorScale::kClassification, 0.f, 1.f, Sense::kHigherIsBetter);
  ChannelSpec logit =
      channelSpec("logit", "Class logit", "1", "Largest class logit of the anchor.",
                  ColorScale::kClassification, std::nullopt, std::nullopt, Sense::kHigherIsBetter);
  ChannelSpec scoreClass =
      channelSpec("cls_index", "Predicted class", "", "Index of the class of the largest score.",
                  ColorScale::kSequential, 0.f, std::nullopt, Sense::kNeutral);
  ChannelSpec iou =
      channelSpec("iou", "Predicted IoU", "1", "Largest IoU of the predicted box with any object.",
                  ColorScale::kRegression, 0.f, 1.f, Sense::kHigherIsBetter);
  ChannelSpec anchorIou =
      channelSpec("anchor_iou", "Anchor IoU", "1", "Largest IoU of the anchor itself with any object.",
                  ColorScale::kSequential, 0.f, 1.f, Sense::kHigherIsBetter);
  ChannelSpec clsObject =
      channelSpec(kClsObjectChannel, "Object, classification head", "",
                  "Object that the classification head learns at the anchor; -1 background, -2 ignored.",
                  ColorScale::kClassification, -2.f, std::nullopt, Sense::kNeutral);
  ChannelSpec regObject = channelSpec(kRegObjectChannel, "Object, regression head", "",
                                      "Object that the box head learns at the anchor; -1 none, -2 ignored.",
                                      ColorScale::kRegression, -2.f, std::nullopt, Sense::kNeutral);
  ChannelSpec state = channelSpec("state", "State", "", "1 positive for a head, 0 background, -1 ignored.",
                                  ColorScale::kDiverging, -1.f, 1.f, Sense::kNeutral);
};

/// Of a further output that learns.
struct QualityChannels {
  ChannelSpec score, target, loss;

  explicit QualityChannels(const std::string& output) {
    // "iou" is what the predicted boxes have, whatever a head says of it.
    const std::string name = output == kCenternessOutput ? output : concat("output.", output);
    std::string title = output == kIouOutput ? "IoU output" : output;
    title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
    const std::string means = output == kCenternessOutput ? ": 1 at the object's middle, 0 at its edge" : "";
    score = channelSpec(name, title, "1", concat("The ", output, " head's score (after sigmoid)."),
                        ColorScale::kSequential, 0.f, 1.f, Sense::kHigherIsBetter);
    target = channelSpec(
        concat(name, "_target"), concat(title, " target"), "1",
        concat("What the ", output, " head learns", means, "; undefined where the anchor has no object."),
        ColorScale::kSequential, 0.f, 1.f, Sense::kHigherIsBetter);
    loss = channelSpec(concat("loss.", qualityHeadOf(output)), concat(title, " loss"), "nat",
                       concat("The anchor's ", output, " loss before it is normalised."),
                       ColorScale::kSequential, 0.f, std::nullopt, Sense::kLowerIsBetter);
  }
  ScalarSpec scalar() const {
    return scalarOf(loss.name, loss.title, "nat", concat(loss.title, " of the batch, normalised."), kCommon);
  }
};

struct ObjectColumns {
  explicit ObjectColumns(bool boxPerClass) {
    if (boxPerClass) bestIou.description += " Of each candidate the box of the object's class counts.";
  }

  ObjectColumnSpec clsPositives{"positives.cls", "Positives, classification", "anchors",
                                "Anchors at which the classification head learns the object.", kCommon};
  ObjectColumnSpec regPositives{"positives.reg", "Positives, regression", "anchors",
                                "Anchors at which the box head learns the object.", kCommon};
  ObjectColumnSpec bestIou{"iou.best", "Best predicted IoU", "1",
                           "Largest IoU of any predicted box with the object.", kCommon};
  ObjectColumnSpec locLoss{"loss.loc", "Box loss", "1",
                           "Sum of the object's weighted box losses before normalising.", kOurs};
};

ColorScale scaleOf(const LossHead& loss) {
  return loss.head == kClsHead   ? ColorScale::kClassification
         : loss.head == kLocHead ? ColorScale::kRegression
                                 : ColorScale::kSequential;
}

ChannelSpec lossChannel(const LossHead& loss) {
  return channelSpec(concat("loss.", loss.head), loss.title, loss.unit, loss.description, scaleOf(loss), 0.f,
                     std::nullopt, Sense::kLowerIsBetter);
}

ObjectColumnSpec lossColumn(const LossHead& loss) {
  return {concat("loss.", loss.head), loss.title, loss.unit, loss.description, kCommon};
}

ScalarSpec lossScalar(const LossHead& loss) {
  const std::string weight = loss.head == kLocHead ? ", before its weight in the total" : "";
  return scalarOf(concat("loss.", loss.head), loss.title, loss.unit,
                  concat(loss.title, " of the batch, normalised", weight, "."), kCommon, scaleOf(loss));
}

bool has(const std::vector<LossHead>& losses, std::string_view head) {
  return std::any_of(losses.begin(), losses.end(), [&](const LossHead& loss) { return loss.head == head; });
}

/// [B,N] largest entry over objects and, if asked, the smallest index that reaches it; -1 where it is 0.
at::Tensor bestObjectOf(const at::Tensor& overlaps, const at::Tensor& best) {
  const std::int64_t objects = overlaps.size(1);
  const at::Tensor indices = at::arange(objects, overlaps.options().dtype(at::kLong)).view({1, objects, 1});
  return at::where(overlaps == best.unsqueeze(1), indices, objects).amin(1).masked_fill(best <= 0, -1);
}

}  // namespace

std::string qualityHeadOf(const std::string& output) {
  return output == kCenternessOutput ? kQualityHead : output;
}

LossHead clsLossHead() {
  return {kClsHead, "Classification loss", "nat",
          "The anchor's classification loss, summed over classes, before it is normalised."};
}

LossHead locLossHead() {
  return {kLocHead, "Box loss", "1", "The anchor's weighted box loss before it is normalised."};
}

EvidenceDeclaration denseDeclaration(const std::vector<LossHead>& losses,
                                     const std::vector<std::string>& learnt,
                                     const std::vector<std::string>& read, bool boxPerClass) {
  const Channels c(boxPerClass);
  const ObjectColumns o(boxPerClass);
  EvidenceDeclaration declaration;
  declaration.channels = {c.score,     c.objectScore, c.logit,     c.scoreClass, c.iou,
                          c.anchorIou, c.clsObject,   c.regObject, c.state};
  declaration.objectColumns = {o.clsPositives, o.regPositives, o.bestIou};
  declaration.scalars = {scalarOf("loss.total", "Total loss", "1", "What is minimised.", kCommon)};
  for (const LossHead& loss : losses) {
    declaration.scalars.push_back(lossScalar(loss));
    if (loss.domain == LossDomain::kCandidate) declaration.channels.push_back(lossChannel(loss));
    if (loss.domain == LossDomain::kObject) declaration.objectColumns.push_back(lossColumn(loss));
  }
  const auto add = [&](std::vector<ScalarSpec> scalars) {
    declaration.scalars.insert(declaration.scalars.end(), scalars.begin(), scalars.end());
  };
  if (has(losses, kClsHead))
    add({scalarOf("loss.cls_fg", "Classification loss, positives", "nat",
                  "Share of loss.cls at anchors with an object.", kCommon, ColorScale::kClassification),
         scalarOf("loss.cls_bg", "Classification loss, background", "nat",
                  "Share of loss.cls at anchors without an object.", kCommon, ColorScale::kClassification),
         scalarOf("loss.cls_normalizer", "Divisor of the classification loss", "1",
                  "Mean over images of what loss.cls is divided by.", kCommon)});
  if (has(losses, kLocHead)) {
    declaration.objectColumns.push_back(o.locLoss);
    add({scalarOf("loss.loc_normalizer", "Divisor of the box loss", "1",
                  "Mean over images of what loss.loc is divided by.", kCommon)});
  }
  add({
      scalarOf("positives.cls", "Positives, classification", "anchors",
               "Anchors of the batch with an object for the classification head.", kCommon,
               ColorScale::kClassification),
      scalarOf("positives.reg", "Positives, regression", "anchors",
               "Anchors of the batch with an object for the box head.", kCommon, ColorScale::kRegression),
      scalarOf("ignored", "Ignored", "anchors", "Anchors of the batch that the classification head ignores.",
               kCommon),
      scalarOf("background", "Background", "anchors",
               "Anchors of the batch that learn that there is no object.", kCommon),
      scalarOf("objects", "Objects", "objects", "Objects of the batch that are trained on.", kCommon),
      scalarOf("grad.cls_fg", "Gradient at positives", "1",
               "Sum of absolute values of the total loss's gradient to the class logits, at anchors with an "
               "object; "
               "0 "
               "where no backward pass was made.",
               "Chen et al., TIP 2021", ColorScale::kClassification),
      scalarOf(
          "grad.cls_bg", "Gradient at background", "1",
          "The same at anchors without an object: what floods a detector that starts with the wrong prior.",
          "Chen et al., TIP 2021", ColorScale::kClassification),
  });
  for (const std::string& output : read)
    declaration.channels.push_back(QualityChannels(output).score);
  for (const std::string& output : learnt) {
    const QualityChannels quality(output);
    declaration.channels.insert(declaration.channels.end(), {quality.score, quality.target, quality.loss});
    declaration.scalars.push_back(quality.scalar());
  }
  return declaration;
}

std::vector<NamedScalar> denseScalars(const StageInputs& context, const LossTable& losses,
                                      const std::vector<LossHead>& heads, const Assignment& assignment,
                                      const CombinedLoss& combined) {
  const c10::NoGradGuard noGrad;
  const at::Tensor positive = losses.clsObject >= 0;
  std::vector<NamedScalar> scalars = {{"loss.total", combined.total.detach()}};
  const auto tell = [&](const std::string& head) {
    for (std::size_t i = 0; i < losses.rows.size(); ++i)
      if (losses.rows[i].head == head) scalars.push_back({concat("loss.", head), combined.heads[i].detach()});
  };
  for (const LossHead& head : heads)
    tell(head.head);
  if (const LossRows* cls = has(heads, kClsHead) ? &losses.at(kClsHead) : nullptr) {
    // A divisor of 0 counts as 1, as with the guard of the rule that has one.
    const at::Tensor divisors = cls->divisors.masked_fill(cls->divisors <= 0, 1);
    const at::Tensor rows = cls->values.detach();
    const auto normalized = [&](const at::Tensor& values) { return (values.sum(1) / divisors).sum(); };
    // A loss that compares all of an image's scores is of no candidate: all of it counts as positives'.
    const bool ofCandidates = cls->domain == LossDomain::kCandidate;
    const at::Tensor background =
        ofCandidates ? normalized(rows.masked_fill(positive, 0)) : at::zeros_like(divisors.sum());
    scalars.push_back({"loss.cls_fg", ofCandidates ? normalized(rows.masked_fill(positive.logical_not(), 0))
                                                   : normalized(rows)});
    scalars.push_back({"loss.cls_bg", background});
    scalars.push_back({"loss.cls_normalizer", cls->divisors.mean()});
  }
  if (has(heads, kLocHead)) scalars.push_back({"loss.loc_normalizer", losses.at(kLocHead).divisors.mean()});
  const std::vector<NamedScalar> generic = {{"positives.cls", positive.sum()},
                                            {"positives.reg", losses.regObject.ge(0).sum()},
                                            {"ignored", losses.clsObject.eq(-2).sum()},
                                            {"background", losses.clsObject.eq(-1).sum()},
                                            {"objects", context.targets.valid.sum()}};
  scalars.insert(scalars.end(), generic.begin(), generic.end());
  for (const QualityTarget& quality : assignment.quality)
    tell(qualityHeadOf(quality.output));
  return scalars;
}

LogitGradients watchLogitGradients(const at::Tensor& logits, const at::Tensor& clsObject) {
  const at::TensorOptions options = clsObject.options().dtype(at::kFloat);
  LogitGradients sums{at::zeros({}, options), at::zeros({}, options)};
  if (!c10::GradMode::is_enabled() || !logits.requires_grad()) return sums;
  logits.register_hook([sums, clsObject](const at::Tensor& gradient) {
    RECORD_USER_SCOPE(kScalarsScope);
    const c10::NoGradGuard noGrad;
    const at::Tensor rows = gradient.abs().sum(2, /*keepdim=*/false, at::kFloat);
    const at::Tensor foreground = rows.masked_fill(clsObject < 0, 0).sum();
    sums.foreground.copy_(foreground);
    sums.background.copy_(rows.sum() - foreground);
  });
  return sums;
}

void addPairQuality(PairTableSpec& table, bool boxPerClass) {
  for (const ColumnSpec& column : table.columns)
    if (column.scale == ColorScale::kClassification && !column.integer) return;
  table.columns.insert(table.columns.begin(),
                       {{"score", "score", "1", "Score of the object's class at the anchor (after sigmoid).",
                         false, ColorScale::kClassification},
                        {"box_iou", "box IoU", "1",
                         boxPerClass ? "IoU of the anchor's box of the object's class with the object."
                                     : "IoU of the anchor's predicted box with the object.",
                         false, ColorScale::kRegression}});
}

void PairQualitySink::pairs(const PairTableSpec& spec, const PairRows& rows) {
  PairTableSpec table = spec;
  addPairQuality(table, boxPerClass(context_.outputs));
  if (table.columns.size() == spec.columns.size()) return sink_.pairs(spec, rows);
  const c10::NoGradGuard noGrad;
  const at::Tensor label = context_.targets.labels.index({rows.image, rows.object}).clamp_min(0);
  const at::Tensor score = scoresAt(context_.outputs, rows.image, rows.anchor, label).detach().to(at::kFloat);
  const at::Tensor overlap =
      elementwiseIou(boxesAt(context_.outputs, rows.image, rows.anchor, label).detach(),
                     context_.targets.boxes.index({rows.image, rows.object}));
  PairRows extended = rows;
  extended.columns.insert(extended.columns.begin(), {score, overlap});
  sink_.pairs(table, extended);
}

std::vector<NamedTensor> lossesOfImages(const LossTable& losses) {
  const c10::NoGradGuard noGrad;
  std::vector<NamedTensor> out;
  for (const LossRows& rows : losses.rows) {
    // As in the scalars: where a divisor is 0 the step may be sound all the same.
    const at::Tensor divisors = rows.divisors.masked_fill(rows.divisors <= 0, 1);
    out.push_back({concat("loss.", rows.head), (rows.values.detach().sum(1) / divisors).to(at::kDouble)});
  }
  return out;
}

void publishAnchorIou(const AnchorSet& anchors, const DenseTargets& targets, EvidenceSink& sink) {
  const c10::NoGradGuard noGrad;
  const at::Tensor absent = targets.valid.logical_not().unsqueeze(2);
  sink.channel(Channels(false).anchorIou,
               pairwiseIou(targets.boxes, anchors.boxes).masked_fill_(absent, 0).amax(1));
}

void publishOutputs(const StageInputs& context, EvidenceSink& sink) {
  const c10::NoGradGuard noGrad;
  const auto& [anchors, outputs, targets] = context;
  const Channels channels(boxPerClass(outputs));
  const at::Tensor absent = targets.valid.logical_not().unsqueeze(2);
  const auto [logit, scoreClass] = foregroundLogits(outputs).detach().max(2);
  sink.channel(channels.score, scoresAt(outputs, scoreClass));
  sink.channel(channels.logit, logit);
  sink.channel(channels.scoreClass, scoreClass);
  sink.channel(channels.iou,
               pairwiseIou(targets.boxes, predictedBoxes(outputs)).masked_fill_(absent, 0).amax(1));
  publishAnchorIou(anchors, targets, sink);
}

void publishAssignment(const DenseTargets& targets, const at::Tensor& clsObject, const at::Tensor& regObject,
                       EvidenceSink& sink) {
  const c10::NoGradGuard noGrad;
  const Channels channels(false);
  sink.channel(channels.clsObject, clsObject);
  sink.channel(channels.regObject, regObject);
  const at::Tensor positive = (clsObject >= 0) | (regObject >= 0);
  sink.channel(channels.state,
               positive.to(at::kFloat) - (positive.logical_not() & (clsObject == -2)).to(at::kFloat));
  const ObjectColumns columns(false);
  const at::Tensor ones = at::ones_like(clsObject, at::kFloat);
  sink.objects(columns.clsPositives, sumPerObject(clsObject, ones, targets.maxObjects()));
  sink.objects(columns.regPositives, sumPerObject(regObject, ones, targets.maxObjects()));
}

void publishDense(const StageInputs& context, const LossTable& losses, const std::vector<LossHead>& heads,
                  const Assignment& assignment, EvidenceSink& sink) {
  const c10::NoGradGuard noGrad;
  const auto& [anchors, outputs, targets] = context;
  const bool perClass = boxPerClass(outputs);
  const Channels channels(perClass);
  const ObjectColumns columns(perClass);
  const at::Tensor absent = targets.valid.logical_not().unsqueeze(2);
  const auto [logit, scoreClass] = foregroundLogits(outputs).detach().max(2);
  const at::Tensor overlaps =
      pairwiseIou(targets.boxes, predictedBoxes(outputs)).masked_fill_(absent, 0);  // [B,G,N]
  const at::Tensor iou = overlaps.amax(1);
  const at::Tensor clsObject = losses.clsObject, regObject = losses.regObject;

  sink.channel(channels.score, scoresAt(outputs, scoreClass));
  const at::Tensor object =
      at::where(clsObject >= 0, clsObject, at::where(regObject >= 0, regObject, bestObjectOf(overlaps, iou)));
  const at::Tensor label = gatherObjects(targets.labels, object).clamp_min(0);
  sink.channel(channels.objectScore, scoresAt(outputs, label).masked_fill(object < 0, kNan));
  sink.channel(channels.logit, logit);
  sink.channel(channels.scoreClass, scoreClass);
  sink.channel(channels.iou, iou);
  publishAnchorIou(anchors, targets, sink);
  for (const LossHead& head : heads) {
    const at::Tensor values = losses.at(head.head).values.detach();
    if (head.domain == LossDomain::kCandidate) sink.channel(lossChannel(head), values);
    if (head.domain == LossDomain::kObject) sink.objects(lossColumn(head), values);
  }
  publishAssignment(targets, clsObject, regObject, sink);

  for (const auto& [name, logits] : outputs.further)
    sink.channel(QualityChannels(name).score, logits.detach().sigmoid());
  for (const QualityTarget& given : assignment.quality) {
    const LossRows* rows = losses.find(qualityHeadOf(given.output));
    if (rows == nullptr) continue;
    const QualityChannels quality(given.output);
    const at::Tensor unset = given.mask.defined() ? given.mask.logical_not() : regObject < 0;
    sink.channel(quality.target, given.target.masked_fill(unset, kNan));
    sink.channel(quality.loss, rows->values.detach());
  }

  const at::Tensor ofClass =
      perClass ? predictedIou(outputs, targets.boxes, targets.labels).masked_fill_(absent, 0) : overlaps;
  sink.objects(columns.bestIou,
               anchors.count() > 0 ? ofClass.amax(2) : at::zeros_like(targets.valid, overlaps.options()));
  if (!has(heads, kLocHead)) return;
  const LossRows& loc = losses.at(kLocHead);
  sink.objects(columns.locLoss, loc.ofObjects.defined()
                                    ? loc.ofObjects
                                    : sumPerObject(regObject, loc.values.detach(), targets.maxObjects()));
}

}  // namespace anchorscope
