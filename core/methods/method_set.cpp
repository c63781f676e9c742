#include "core/methods/method_set.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/class_boxes.h"

namespace anchorscope {
namespace {

constexpr const char* kTotal = "loss.total";

/// What a stage that only tells something from nothing learns of objects of any class.
DenseTargets withoutClasses(DenseTargets targets) {
  targets.labels = targets.labels.clamp_max(0);
  return targets;
}

}  // namespace

MethodSet::MethodSet(std::vector<std::unique_ptr<Method>> methods, const std::vector<HeadTraits>& heads)
    : methods_(std::move(methods)), heads_(heads) {
  ANCHORSCOPE_CHECK(!methods_.empty() && methods_.size() == heads_.size(), methods_.size(), " methods for ",
                    heads_.size(), " stages");
}

Result<std::unique_ptr<MethodSet>> MethodSet::make(const std::string& name, const ParamSet& params,
                                                   const std::vector<HeadTraits>& heads) {
  auto methods = makeStages(name, params);
  if (!methods) return std::move(methods).error();
  if (methods->size() != heads.size())
    return makeError(ErrorCode::kUsage,
                     concat("Method '", name, "' has rules for ",
                            counted(static_cast<std::int64_t>(methods->size()), "stage"),
                            ", and the model has ", heads.size()),
                     "Choose another method or another model");
  return std::make_unique<MethodSet>(*std::move(methods), heads);
}

std::string MethodSet::prefix(std::size_t stage) const {
  return methods_.size() > 1 ? heads_[stage].stage + "." : std::string();
}

EvidenceDeclaration MethodSet::declaration(std::size_t stage) const {
  EvidenceDeclaration out = methods_.at(stage)->declaration(heads_[stage]);
  for (ScalarSpec& scalar : out.scalars) {
    scalar.name = prefix(stage) + scalar.name;
    if (methods_.size() > 1) scalar.title = concat(scalar.title, ", ", heads_[stage].stage);
  }
  if (methods_.size() > 1 && stage == 0)
    out.scalars.insert(out.scalars.begin(),
                       scalarOf(kTotal, "Total loss", "1",
                                "What is minimised: the sum of the stages' losses.", "Common practice"));
  return out;
}

RunDeclaration MethodSet::declaration(const std::vector<StageSpec>& specs) const {
  RunDeclaration out(declaration(0), specs.at(0));
  for (std::size_t stage = 1; stage < count(); ++stage)
    out.addStage(specs.at(stage), declaration(stage));
  return out;
}

LossTerms MethodSet::loss(const std::vector<StageOutputs>& stages, const DenseTargets& targets,
                          const StepContext& step, const std::vector<EvidenceSink*>& sinks) {
  ANCHORSCOPE_CHECK(stages.size() == methods_.size(), "outputs of ", stages.size(), " stages for rules of ",
                    methods_.size());
  LossTerms sum;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    StepContext own = step;
    own.sink = i < sinks.size() ? sinks[i] : nullptr;
    ANCHORSCOPE_CHECK(boxPerClass(stages[i].heads) == heads_[i].boxPerClass, "the boxes of stage '",
                      heads_[i].stage, "' are ", stages[i].heads.boxes.sizes());
    const DenseTargets learnt = heads_[i].classAgnostic ? withoutClasses(targets) : targets;
    LossTerms terms = methods_[i]->loss({stages[i].candidates, stages[i].heads, learnt}, own);
    sum.total = sum.total.defined() ? sum.total + terms.total : terms.total;
    for (NamedScalar& scalar : terms.scalars) {
      scalar.name = prefix(i) + scalar.name;
      sum.scalars.push_back(std::move(scalar));
    }
    for (NamedTensor& losses : terms.ofImages)
      sum.ofImages.push_back({prefix(i) + losses.name, std::move(losses.tensor)});
  }
  if (methods_.size() > 1) sum.scalars.insert(sum.scalars.begin(), {kTotal, sum.total.detach()});
  return sum;
}

std::vector<NamedTensor> MethodSet::named(std::vector<NamedTensor> (Method::*of)()) const {
  std::vector<NamedTensor> out;
  for (std::size_t i = 0; i < methods_.size(); ++i)
    for (NamedTensor& tensor : ((*methods_[i]).*of)())
      out.push_back({prefix(i) + tensor.name, tensor.tensor});
  return out;
}

std::vector<NamedTensor> MethodSet::parameters() const {
  return named(&Method::parameters);
}
std::vector<NamedTensor> MethodSet::buffers() const {
  return named(&Method::buffers);
}

void MethodSet::moveTo(at::Device device) {
  for (const auto& method : methods_)
    method->moveTo(device);
}

}  // namespace anchorscope
