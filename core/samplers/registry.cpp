#include "core/base/named_registry.h"
#include "core/samplers/sampler.h"

namespace anchorscope {

Result<std::unique_ptr<Sampler>> makeSampler(const std::string& name, const ParamSet& params) {
  auto entry = findNamed(samplerEntries(), name, "sampler");
  if (!entry) return std::move(entry).error();
  return (*entry)->make(params);
}

}  // namespace anchorscope
