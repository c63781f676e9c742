#include "core/assigners/assigner.h"
#include "core/base/named_registry.h"

// One line per assigner: the function that its file defines.
#define ANCHORSCOPE_ASSIGNERS(entry) \
  entry(maxIouAssigner) entry(musuAssigner) entry(fcosAssigner) entry(atssAssigner)

namespace anchorscope {

#define ANCHORSCOPE_DECLARE(function) AssignerEntry function();
ANCHORSCOPE_ASSIGNERS(ANCHORSCOPE_DECLARE)
#undef ANCHORSCOPE_DECLARE

const std::vector<AssignerEntry>& assignerEntries() {
#define ANCHORSCOPE_CALL(function) function(),
  static const std::vector<AssignerEntry> entries = {ANCHORSCOPE_ASSIGNERS(ANCHORSCOPE_CALL)};
#undef ANCHORSCOPE_CALL
  return entries;
}

Result<std::unique_ptr<Assigner>> makeAssigner(const std::string& name, const ParamSet& params) {
  auto entry = findNamed(assignerEntries(), name, "assigner");
  if (!entry) return std::move(entry).error();
  return (*entry)->make(params);
}

}  // namespace anchorscope
