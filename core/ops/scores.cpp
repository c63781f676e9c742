#include "core/ops/scores.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <vector>

#include "core/ops/dispatch.h"
#include "core/ops/parallel.h"

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

at::Tensor ofClasses(const at::Tensor& values, const at::Tensor& classes) {
  const c10::NoGradGuard noGrad;
  const std::int64_t batch = values.size(0), candidates = values.size(1), width = values.size(2),
                     objects = classes.size(1);
  if (usesKernels(values)) {
    const at::Tensor index = classes.unsqueeze(2).expand({batch, objects, candidates});
    return values.transpose(1, 2).gather(1, index);
  }
  // Block by block of candidates, whose values stay in the cache while every object reads them.
  constexpr std::int64_t kBlock = 256;
  const at::Tensor dense = values.contiguous(), columns = classes.contiguous();
  at::Tensor out = at::empty({batch, objects, candidates}, values.options());
  const std::int64_t blocks = (candidates + kBlock - 1) / kBlock;
  const std::int64_t* const column = columns.const_data_ptr<std::int64_t>();
  ANCHORSCOPE_CHECK(std::all_of(column, column + columns.numel(),
                                [&](std::int64_t each) { return each >= 0 && each < width; }),
                    "a class outside 0..", width - 1);
  withFloatType(dense, [&](auto zero) {
    using T = decltype(zero);
    const T* const from = dense.const_data_ptr<T>();
    T* const to = out.data_ptr<T>();
    parallelFor(0, batch * blocks, 1 + kGrainRows / kBlock, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = begin; block < end; ++block) {
        const std::int64_t image = block / blocks, first = block % blocks * kBlock,
                           last = std::min(first + kBlock, candidates);
        for (std::int64_t object = 0; object < objects; ++object) {
          const T* const source = from + image * candidates * width + column[image * objects + object];
          T* const target = to + (image * objects + object) * candidates;
          for (std::int64_t candidate = first; candidate < last; ++candidate)
            target[candidate] = source[candidate * width];
        }
      }
    });
  });
  return out;
}

at::Tensor scoresOfClasses(const HeadOutputs& outputs, const at::Tensor& classes) {
  const c10::NoGradGuard noGrad;
  if (hasBackground(outputs) || classes.size(1) > outputs.logits.size(2))
    return ofClasses(scoresOf(outputs), classes);
  const at::Tensor scores = ofClasses(outputs.logits, classes).sigmoid_(),
                   objectness = outputs.output(kObjectnessOutput);
  return objectness.defined() ? scores * objectness.sigmoid().unsqueeze(1) : scores;
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
