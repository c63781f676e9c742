#include "core/assigners/assigner.h"
#include "core/base/named_registry.h"

namespace anchorscope {

Result<std::unique_ptr<Assigner>> makeAssigner(const std::string& name, const ParamSet& params) {
  auto entry = findNamed(assignerEntries(), name, "assigner");
  if (!entry) return std::move(entry).error();
  return (*entry)->make(params);
}

}  // namespace anchorscope
