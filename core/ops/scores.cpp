#include "core/ops/scores.h"

#include <vector>

namespace anchorscope {
namespace {

bool hasBackground(const HeadOutputs& outputs) {
  return outputs.activation == ScoreActivation::kSoftmaxWithBackground;
}

}  // namespace

at::Tensor foregroundLogits(const HeadOutputs& outputs) {
  return hasBackground(outputs) ? outputs.logits.narrow(2, 0, outputs.logits.size(2) - 1) : outputs.logits;
}

at::Tensor scoresOf(const HeadOutputs& outputs) {
  if (!hasBackground(outputs)) return outputs.logits.sigmoid();
  return outputs.logits.softmax(2).narrow(2, 0, outputs.logits.size(2) - 1);
}

at::Tensor logOdds(const HeadOutputs& outputs) {
  if (!hasBackground(outputs)) return outputs.logits;
  // Of the others alone: 1 - score cancels where the score is close to 1.
  const at::Tensor& logits = outputs.logits;
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
  return hasBackground(outputs) ? (logits - outputs.logits.logsumexp(2)).exp() : logits.sigmoid();
}

at::Tensor scoresAt(const HeadOutputs& outputs, const at::Tensor& image, const at::Tensor& candidate,
                    const at::Tensor& classes) {
  const at::Tensor logits = outputs.logits.index({image, candidate, classes});
  return hasBackground(outputs) ? (logits - outputs.logits.index({image, candidate}).logsumexp(1)).exp()
                                : logits.sigmoid();
}

}  // namespace anchorscope
