#include "core/trainer/presets.h"

#include "core/base/named_registry.h"

namespace anchorscope {

Result<RunConfig> presetConfig(const std::string& name) {
  auto preset = findNamed(presets(), name, "preset");
  if (!preset) return std::move(preset).error();
  return fromToml((*preset)->toml, concat("preset ", name));
}

}  // namespace anchorscope
