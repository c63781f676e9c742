#include "core/ops/ranks.h"

#include <tuple>

namespace anchorscope {

at::Tensor rankWithin(const at::Tensor& keys, const at::Tensor& groups) {
  if (keys.numel() == 0) return at::zeros_like(groups);
  const at::Tensor byKey = std::get<1>(keys.sort(/*stable=*/true, -1, /*descending=*/true));
  const auto [group, place] = groups.gather(-1, byKey).sort(/*stable=*/true, -1, /*descending=*/false);
  const at::Tensor order = byKey.gather(-1, place);  // by group, then by key
  const at::Tensor at = at::arange(keys.size(-1), groups.options()).expand_as(groups);
  const at::Tensor changes =
      group.narrow(-1, 1, group.size(-1) - 1).ne(group.narrow(-1, 0, group.size(-1) - 1));
  const at::Tensor first = at::constant_pad_nd(changes, {1, 0}, 0);
  const at::Tensor start = std::get<0>(at.masked_fill(first.logical_not(), 0).cummax(-1));
  return at::zeros_like(groups).scatter(-1, order, at - start);
}

at::Tensor rankAmong(const at::Tensor& keys, const at::Tensor& mask) {
  return rankWithin(keys, mask.to(at::kLong));
}

}  // namespace anchorscope
