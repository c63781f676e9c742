// lip.*: local importance-based pooling.

#include "core/conformance/op_table.h"
#include "core/ops/lip.h"

namespace anchorscope::conformance {
namespace {

Outputs runPool(const ReferenceCase& reference, at::Device device) {
  const LipWindow window{reference.integer("kernel"), reference.integer("stride"),
                         reference.integer("padding")};
  const auto leaf = [&](const char* name) {
    return reference.input(name).to(device).detach().requires_grad_();
  };
  const at::Tensor x = leaf("x"), logit = leaf("logit");
  const at::Tensor y = lipPool(x, logit, window);
  (y * reference.input("upstream").to(device)).sum().backward();
  return {{"y", y}, {"grad_x", x.grad()}, {"grad_logit", logit.grad()}};
}

}  // namespace

std::vector<OpEntry> lipOps() {
  return {{"lip.pool", runPool}};
}

}  // namespace anchorscope::conformance
