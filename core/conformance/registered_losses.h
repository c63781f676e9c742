#pragma once
// Internal header (ATen). Registered losses and other parts with the options that a case's params stand for.

#include <ATen/ATen.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/named_registry.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/reference_case.h"
#include "core/ops/dense_types.h"

namespace anchorscope::conformance {

/// Options and the params they are called in the case.
using OptionNames = std::vector<std::pair<std::string, std::string>>;

/// Those that the case has.
void setOptions(const ReferenceCase& reference, const OptionNames& names, ParamSet& params);

template <typename Entry>
auto madePart(const std::vector<Entry>& entries, const std::string& name, const ReferenceCase& reference,
              const OptionNames& names, const OptionNames& fixed = {}) {
  const Entry& entry = *unwrapped(findNamed(entries, name, "part"));
  ParamSet params(entry.params);
  setOptions(reference, names, params);
  for (const auto& [option, value] : fixed)
    setOption(params, option, value);
  return unwrapped(entry.make(params));
}

/// [1,N] candidates whose offsets are the differences that a case has of pred and target [N,4]: points of
/// stride 1 that each have an object of their own.
struct OffsetStage {
  AnchorSet anchors;
  HeadOutputs outputs;
  at::Tensor objects;  ///< [1,N,4]
  at::Tensor matched;  ///< [1,N]
};
OffsetStage stageOfOffsets(const at::Tensor& pred, const at::Tensor& target);

/// State where the case is, floats as the file has them.
void placeState(const std::vector<NamedTensor>& state, at::Device device);

}  // namespace anchorscope::conformance
