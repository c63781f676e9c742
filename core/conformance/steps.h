#pragma once
// Internal header (ATen). What a case of several steps puts out.

#include <map>
#include <string>
#include <vector>

#include "core/conformance/op_table.h"

namespace anchorscope::conformance {

/// Values of consecutive steps, stacked at the end: float64, or integers.
class Steps {
 public:
  void add(const std::string& name, const at::Tensor& value) {
    const at::Tensor own = value.detach();
    values_[name].push_back(own.is_floating_point() ? own.to(at::kDouble, false, /*copy=*/true)
                                                    : own.clone());
  }
  Outputs stacked() const {
    Outputs outputs;
    for (const auto& [name, values] : values_)
      outputs[name] = at::stack(values);
    return outputs;
  }

 private:
  std::map<std::string, std::vector<at::Tensor>> values_;
};

}  // namespace anchorscope::conformance
