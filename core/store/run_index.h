#pragma once
// What a trace holds: steps, names, and at which steps there is evidence of which probe. Follows a trace that
// grows by reading its new rows alone.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/damage_log.h"
#include "core/store/run_types.h"
#include "core/store/sqlite.h"

namespace anchorscope {

/// As of the last refresh. Rows that do not agree with their checksums are left out and noted. One thread at
/// a time.
class RunIndex {
 public:
  /// Both must outlive the index.
  RunIndex(Database& database, DamageLog& log) : database_(database), log_(log) {}

  /// Reads what was committed meanwhile, all of it or nothing.
  Status refresh();

  std::int64_t lastStep() const { return lastStep_; }  ///< Of damaged ones the last intact; -1: none.
  /// In the order in which they first appeared; of the probes those with evidence.
  const std::vector<std::string>& scalarNames() const { return scalarNames_; }
  const std::vector<std::string>& probeNames() const { return probeNames_; }
  std::optional<std::int64_t> scalarId(const std::string& name) const;
  /// Ascending, each once; empty for an unknown probe.
  const std::vector<std::int64_t>& steps(const std::string& probe) const;
  /// Of all probes.
  const RecordedSteps& steps() const { return steps_; }

 private:
  struct Row {
    std::int64_t id = 0, probe = 0, step = 0;
  };
  struct News;

  Status read(News& news) const;
  Status readLastStep(News& news) const;
  Status readNewFrames(News& news) const;
  Result<bool> isThere(const Row& frame) const;
  void take(News news);

  Database& database_;
  DamageLog& log_;
  std::int64_t dataVersion_ = -1, lastStep_ = -1;
  std::vector<std::string> probeNames_, scalarNames_;
  std::map<std::string, std::int64_t> scalarIds_;
  std::map<std::string, std::vector<std::int64_t>> stepsOfProbe_;
  RecordedSteps steps_ = std::make_shared<const std::vector<std::int64_t>>();
  std::int64_t lastFrame_ = 0;  // the largest id of a frame's row, intact or not
  Row farthest_;                // the frame of the largest step; id 0: there is none
};

}  // namespace anchorscope
