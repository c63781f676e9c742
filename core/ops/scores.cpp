#include "core/ops/scores.h"

#include <vector>

namespace anchorscope {
namespace {

bool hasBackground(const HeadOutputs& outputs) {
  return outputs.activation == ScoreActivation::kSoftmaxWithBackground;
}

}  // namespace

bool scoresAreSigmoids(const HeadOutputs& outputs) {
  return !hasBackground(outputs) && !outputs.output(kObjectnessOutput).defined();
}

at::Tensor foregroundLogits(const HeadOutputs& outputs) {
  return hasBackground(outputs) ? outputs.logits.narrow(2, 0, outputs.logits.size(2) - 1) : outputs.logits;
}

at::Tensor scoresOf(const HeadOutputs& outputs) {
  if (hasBackground(outputs)) return outputs.logits.softmax(2).narrow(2, 0, outputs.logits.size(2) - 1);
  const at::Tensor scores = outputs.logits.sigmoid(), objectness = outputs.output(kObjectnessOutput);
  return objectness.defined() ? scores * objectness.sigmoid().unsqueeze(2) : scores;
}

at::Tensor logOdds(const HeadOutputs& outputs) {
  const at::Tensor& logits = outputs.logits;
  if (const at::Tensor objectness = outputs.output(kObjectnessOutput); objectness.defined()) {
    const at::Tensor other = objectness.unsqueeze(2).expand_as(logits);
    return at::stack({-logits, -other, -(logits + other)}).logsumexp(0).neg();
  }
  if (!hasBackground(outputs)) return logits;
  // Of the others alone: 1 - score cancels where the score is close to 1.
  std::vector<at::Tensor> classes;
  for (std::int64_t c = 0; c + 1 < logits.size(2); ++c) {
    const at::Tensor others =
        at::cat({logits.narrow(2, 0, c), logits.narrow(2, c + 1, logits.size(2) - c - 1)}, 2);
    classes.push_back(logits.select(2, c) - others.logsumexp(2));
  }
  return at::stack(classes, 2);
}

at::Tensor scoresAt(const HeadOutputs& outputs, const at::Tensor& classes) {
  const at::Tensor logits = outputs.logits.gather(2, classes.unsqueeze(2)).squeeze(2);
  if (hasBackground(outputs)) return (logits - outputs.logits.logsumexp(2)).exp();
  const at::Tensor objectness = outputs.output(kObjectnessOutput);
  return objectness.defined() ? logits.sigmoid() * objectness.sigmoid() : logits.sigmoid();
}

at::Tensor scoresAt(const HeadOutputs& outputs, const at::Tensor& image, const at::Tensor& candidate,
                    const at::Tensor& classes) {
  const at::Tensor logits = outputs.logits.index({image, candidate, classes});
  if (hasBackground(outputs)) return (logits - outputs.logits.index({image, candidate}).logsumexp(1)).exp();
  const at::Tensor objectness = outputs.output(kObjectnessOutput);
  return objectness.defined() ? logits.sigmoid() * objectness.index({image, candidate}).sigmoid()
                              : logits.sigmoid();
}

}  // namespace anchorscope
