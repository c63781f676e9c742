#include "core/ops/proposals.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "core/ops/dispatch.h"
#include "core/ops/nms.h"

namespace anchorscope {
namespace {

/// Candidates of a batch, [B,K] each.
struct Chosen {
  at::Tensor logits, index, level;

  void sortBy(const at::Tensor& what, bool descending) {
    const at::Tensor order = std::get<1>(at::sort(what, /*stable=*/true, 1, descending));
    for (at::Tensor* column : {&logits, &index, &level})
      *column = column->gather(1, order);
  }
};

/// The best of every level, by logit and then candidate.
Chosen bestOfLevels(const at::Tensor& objectness, const std::vector<LevelLayout>& levels, std::int64_t most) {
  const at::Tensor logits =
      at::where(at::isnan(objectness), -std::numeric_limits<double>::infinity(), objectness);
  std::vector<at::Tensor> values, indices, numbers;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto [best, index] = at::topk(logits.narrow(1, levels[i].firstAnchor, levels[i].anchorCount()),
                                        std::min(most, levels[i].anchorCount()), 1);
    values.push_back(best);
    indices.push_back(index + levels[i].firstAnchor);
    numbers.push_back(at::full_like(index, static_cast<std::int64_t>(i)));
  }
  Chosen chosen{at::cat(values, 1), at::cat(indices, 1), at::cat(numbers, 1)};
  // topk leaves the order of equal values open.
  chosen.sortBy(chosen.index, /*descending=*/false);
  chosen.sortBy(chosen.logits, /*descending=*/true);
  return chosen;
}

at::Tensor clipped(const at::Tensor& boxes, const SizePx& size) {
  const at::Tensor x = boxes.slice(1, 0, 4, 2).clamp(0, size.width),
                   y = boxes.slice(1, 1, 4, 2).clamp(0, size.height);
  return at::stack({x.select(1, 0), y.select(1, 0), x.select(1, 1), y.select(1, 1)}, 1);
}

}  // namespace

Proposals filterProposals(const at::Tensor& boxes, const at::Tensor& objectness,
                          const std::vector<LevelLayout>& levels, const std::vector<SizePx>& sizes,
                          const ProposalOptions& options) {
  ANCHORSCOPE_CHECK(boxes.dim() == 3 && boxes.size(2) == 4 && isFloating(boxes), "boxes are ", boxes.sizes());
  ANCHORSCOPE_CHECK(objectness.sizes() == boxes.sizes().slice(0, 2) && isFloating(objectness),
                    "objectness is ", objectness.sizes());
  ANCHORSCOPE_CHECK(static_cast<std::int64_t>(sizes.size()) == boxes.size(0), sizes.size(), " sizes of ",
                    boxes.size(0), " images");
  ANCHORSCOPE_CHECK(!levels.empty() && options.mostPerLevel >= 1 && options.most >= 1, "nothing to propose");
  const c10::NoGradGuard noGradient;
  const Chosen chosen = bestOfLevels(objectness, levels, options.mostPerLevel);
  const std::int64_t count = chosen.index.size(1), most = std::min(options.most, count);
  const at::Tensor scores = at::sigmoid(chosen.logits);
  const at::Tensor places = at::arange(count, chosen.index.options());
  Proposals out{at::zeros({boxes.size(0), most, 4}, boxes.options()),
                at::zeros({boxes.size(0), most}, scores.options()),
                at::full({boxes.size(0), most}, -1, chosen.index.options())};
  for (std::int64_t b = 0; b < boxes.size(0); ++b) {
    const at::Tensor its =
        clipped(boxes[b].index_select(0, chosen.index[b]), sizes[static_cast<std::size_t>(b)]);
    const at::Tensor fits = (its.select(1, 2) - its.select(1, 0) >= options.smallestSide)
                                .logical_and(its.select(1, 3) - its.select(1, 1) >= options.smallestSide)
                                .logical_and(scores[b] >= options.scoreThreshold)
                                .logical_and(chosen.logits[b].isfinite());
    // What does not fit suppresses nothing: each has a level of its own.
    const at::Tensor label = at::where(fits, chosen.level[b], -1 - places);
    const at::Tensor kept = standingBoxes(its, label, options.nmsIou).logical_and(fits);
    const at::Tensor first =
        std::get<1>(at::sort(kept.to(at::kInt), /*stable=*/true, 0, /*descending=*/true)).slice(0, 0, most);
    const at::Tensor there = kept.index_select(0, first);
    out.boxes[b].copy_(at::where(there.unsqueeze(1), its.index_select(0, first), 0.0));
    out.scores[b].copy_(at::where(there, scores[b].index_select(0, first), 0.0));
    out.origins[b].copy_(at::where(there, chosen.index[b].index_select(0, first), -1));
  }
  return out;
}

}  // namespace anchorscope
