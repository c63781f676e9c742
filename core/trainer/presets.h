#pragma once
// View header. Ready-made configurations, compiled in from resources/presets/*.toml.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

struct Preset {
  std::string name;   ///< "demo", "bccd-musu"
  std::string title;  ///< The file's first comment line.
  std::string toml;
};

/// In alphabetical order.
const std::vector<Preset>& presets();

/// kUsage with the nearest names for an unknown one.
Result<RunConfig> presetConfig(const std::string& name);

}  // namespace anchorscope
