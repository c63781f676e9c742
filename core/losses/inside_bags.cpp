#include "core/losses/inside_bags.h"

#include <limits>

#include "core/evidence/spec_forms.h"
#include "core/ops/scores.h"

namespace anchorscope::inside_bags {

Likelihoods likelihoodsOf(const StageInputs& inputs, const CandidatePairs& bags, const LossCosts& own,
                          double boxWeight) {
  Likelihoods p;
  p.label = bags.ofObjects(inputs.targets.labels);
  p.cls = scoresAt(inputs.outputs, bags.image, bags.candidate, p.label);
  p.loc = (own.loc(inputs, bags) * -boxWeight).exp();
  p.both = p.cls * p.loc;
  return p;
}

at::Tensor centerPrior(const StageInputs& inputs, const CandidatePairs& bags, const at::Tensor& mean,
                       const at::Tensor& sigma) {
  const AnchorSet& anchors = inputs.anchors;
  const at::Tensor boxes = bags.ofObjects(inputs.targets.boxes).to(inputs.outputs.logits.scalar_type());
  const at::Tensor own = anchors.boxes.index_select(0, bags.candidate).to(boxes.scalar_type());
  const at::Tensor stride =
      anchors.strides.index_select(0, bags.candidate).to(boxes.scalar_type()).unsqueeze(1);
  const auto centre = [](const at::Tensor& of) { return (of.slice(1, 0, 2) + of.slice(1, 2, 4)) * 0.5; };
  const at::Tensor offset = (centre(own) - centre(boxes)) / stride;
  return ((offset - mean).square() / (2 * sigma.square())).sum(1).neg().exp();
}

Extremes extremesOf(const CandidatePairs& bags, const at::Tensor& values, std::int64_t batch,
                    std::int64_t objects) {
  const at::Tensor place = bags.image * objects + bags.object, plain = values.detach();
  const auto reduced = [&](const char* how) {
    return at::zeros({batch * objects}, plain.options())
        .scatter_reduce_(0, place, plain, how, /*include_self=*/false)
        .index_select(0, place);
  };
  return {reduced("amin"), reduced("amax")};
}

at::Tensor classWeights(const StageInputs& inputs, const CandidatePairs& bags, const at::Tensor& label,
                        const at::Tensor& values) {
  const std::int64_t batch = inputs.targets.batchSize(), candidates = inputs.anchors.count(),
                     classes = foregroundLogits(inputs.outputs).size(2);
  const at::Tensor place = (bags.image * candidates + bags.candidate) * classes + label;
  return at::ones({batch * candidates * classes}, values.options())
      .scatter_reduce_(0, place, values, "amin")
      .view({batch, candidates, classes});
}

PairTableSpec pairSpec(const char* prefix, const char* source) {
  PairTableSpec spec;
  spec.name = std::string(prefix) + ".pairs";
  spec.title = "Weights in the bag";
  spec.description = "The points inside each object, and what they weigh for it.";
  spec.source = source;
  spec.columns = {
      realColumn("p_cls", "Class likelihood", "1", "Score of the object's class."),
      realColumn("p_loc", "Box likelihood", "1", "exp of minus the pair's weighted box loss."),
      realColumn("p", "Likelihood", "1", "Product of both."),
      realColumn("prior", "Centre prior", "1", "By the distance from the object's centre."),
      realColumn("w_pos", "Positive weight", "1", "Weight of the pair in the object's positive loss."),
      realColumn("w_neg", "Negative weight", "1", "How much the candidate stays background of the class."),
      wholeColumn("member", "In the bag", "1: all pairs of this table are.")};
  showMembersFirst(spec, "w_pos", Order::kDescending);
  return spec;
}

void publishPairs(const char* prefix, const char* source, const CandidatePairs& bags, const Likelihoods& p,
                  const at::Tensor& prior, const at::Tensor& positive, const at::Tensor& negative,
                  EvidenceSink& sink) {
  sink.pairs(pairSpec(prefix, source), {bags.image,
                                        bags.candidate,
                                        bags.object,
                                        {p.cls.detach(), p.loc.detach(), p.both.detach(), prior.detach(),
                                         positive.detach(), negative.detach(), at::ones_like(p.label)}});
}

}  // namespace anchorscope::inside_bags
