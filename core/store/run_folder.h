#pragma once
// View header. Where the parts of a run folder lie: config.toml, trace.sqlite, checkpoints/.

#include <cstdint>
#include <string>
#include <vector>

namespace anchorscope {

std::string configPath(const std::string& folder);
std::string tracePath(const std::string& folder);
std::string checkpointFolder(const std::string& folder);
/// "checkpoints/step-00000120.ckpt" below the run folder. Trainer and store agree on the name by this
/// function.
std::string checkpointPath(const std::string& folder, std::int64_t step);
/// "checkpoints/best.ckpt": the state of the best evaluation so far. Not among listCheckpoints().
std::string bestCheckpointPath(const std::string& folder);
/// The step in a checkpoint's file name; -1 when the name was not made by checkpointPath.
std::int64_t checkpointStep(const std::string& path);
/// Paths of the checkpoints written whole, by step. Empty when there are none.
std::vector<std::string> listCheckpoints(const std::string& folder);
/// Paths of what a killed program left of checkpoints it was writing. Only for who holds the folder's lock.
std::vector<std::string> unfinishedCheckpoints(const std::string& folder);

}  // namespace anchorscope
