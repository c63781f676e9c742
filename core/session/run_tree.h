#pragma once
// View header. The recorded runs of a folder as a tree: each fork below the run it was forked from; and a
// run's checkpoints, with what each is good for.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_types.h"

namespace anchorscope {

/// One run, as far as it could be read.
struct RunNode {
  std::string folder, name;  ///< Name: of the folder.
  int parent = -1;           ///< Its place in RunTree::runs; -1: none of these.
  int depth = 0;             ///< How many runs stand above it.
  RunParent origin;          ///< What it was forked from, also where that is none of these.
  std::string id, method, model, data, startedAtUtc;
  std::int64_t lastStep = -1, plannedSteps = 0;
  double bestAp = -1;  ///< Of its own steps; -1: never measured.
  std::int64_t bestApStep = -1;
  std::vector<ParameterChange> forkChanges;  ///< With which it was forked.
  std::int64_t laterChanges = 0;             ///< Journal entries of its own besides those.
  std::optional<Error> problem;              ///< Why nothing of the above but the folder is known.
};

struct RunTree {
  std::string folder;
  std::vector<RunNode>
      runs;  ///< Each behind its parent; forks by step, the others by when they were started.
};

/// `folder` itself, and those below it down to two levels. kNotFound where there is no such folder; a folder
/// without runs gives none. Reads a little of every run: not for a thread that draws.
Result<RunTree> readRunTree(const std::string& folder);

struct CheckpointEntry {
  std::string path;
  std::int64_t step = 0;
  std::int64_t bytes = 0, writtenAt = 0;  ///< Seconds since 1970, UTC.
  double ap = -1;                         ///< Evaluated at this step; -1: not.
  /// Made after it was written, while the run stood at its step: the first leads back to before them.
  std::vector<ParameterChange> changes;
};

struct CheckpointList {
  std::string folder;
  std::int64_t lastStep = -1;
  std::vector<CheckpointEntry> checkpoints;  ///< By step.
};

/// The checkpoints of a run. Not for a thread that draws.
Result<CheckpointList> readCheckpoints(const std::string& folder);

}  // namespace anchorscope
