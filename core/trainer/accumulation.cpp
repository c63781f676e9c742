#include "core/trainer/accumulation.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

at::Tensor meanOf(const std::vector<at::Tensor>& values) {
  std::vector<at::Tensor> doubles;
  for (const at::Tensor& value : values)
    doubles.push_back(value.detach().to(at::kDouble).reshape({}));
  return at::stack(doubles).mean();
}

}  // namespace

LossTerms meanTerms(std::vector<LossTerms> batches) {
  ANCHORSCOPE_CHECK(!batches.empty(), "no batch");
  if (batches.size() == 1) return std::move(batches.front());
  const at::NoGradGuard noGrad;
  std::vector<at::Tensor> totals;
  std::vector<std::pair<std::string, std::vector<at::Tensor>>> values;  // in the order of their first batch
  for (const LossTerms& batch : batches) {
    totals.push_back(batch.total);
    for (const NamedScalar& scalar : batch.scalars) {
      auto own = std::find_if(values.begin(), values.end(),
                              [&](const auto& entry) { return entry.first == scalar.name; });
      if (own == values.end()) own = values.insert(values.end(), {scalar.name, {}});
      own->second.push_back(scalar.value);
    }
  }
  LossTerms mean;
  mean.total = meanOf(totals);
  for (const auto& [name, ofBatches] : values)
    mean.scalars.push_back({name, meanOf(ofBatches)});
  return mean;
}

}  // namespace anchorscope
