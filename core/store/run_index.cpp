#include "core/store/run_index.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

/// The rows of a query whose checksum, the last column, holds; others are noted.
template <typename Take>
Status forEachIntactRow(Database& database, DamageLog& log, const char* sql, const char* table, Take take) {
  return forEachRow(database, sql, [&](const Statement& row) {
    if (row.checksumHolds()) return take(row);
    log.add(concat("Row ", row.integer(0), " of the table '", table, "' is damaged and left out"));
  });
}

/// Adds steps to ascending ones, so that each is there once.
void merge(std::vector<std::int64_t>& steps, std::vector<std::int64_t> more) {
  std::sort(more.begin(), more.end());
  const auto before = static_cast<std::ptrdiff_t>(steps.size());
  const bool later = steps.empty() || more.empty() || more.front() > steps.back();
  steps.insert(steps.end(), more.begin(), more.end());
  if (!later) std::inplace_merge(steps.begin(), steps.begin() + before, steps.end());
  steps.erase(std::unique(later ? steps.begin() + before : steps.begin(), steps.end()), steps.end());
}

}  // namespace

/// What a refresh has read.
struct RunIndex::News {
  std::int64_t lastStep = -1;
  std::vector<std::string> scalarNames;
  std::map<std::string, std::int64_t> scalarIds;
  std::vector<std::pair<std::int64_t, std::string>> probes;  // by id
  bool afresh = false;                                       // the frames are all there are, not more of them
  std::int64_t lastFrame = 0;
  std::vector<Row> frames;
};

Status RunIndex::refresh() {
  const Result<std::int64_t> version = database_.integer("PRAGMA data_version");
  if (!version) return version.error();
  if (*version == dataVersion_) return {};
  News news;
  ANCHORSCOPE_TRY(inTransaction(database_, "BEGIN", [&] { return read(news); }));
  take(std::move(news));
  dataVersion_ = *version;
  return {};
}

std::optional<std::int64_t> RunIndex::scalarId(const std::string& name) const {
  const auto found = scalarIds_.find(name);
  if (found == scalarIds_.end()) return std::nullopt;
  return found->second;
}

const std::vector<std::int64_t>& RunIndex::steps(const std::string& probe) const {
  static const std::vector<std::int64_t> none;
  const auto found = stepsOfProbe_.find(probe);
  return found == stepsOfProbe_.end() ? none : found->second;
}

Status RunIndex::read(News& news) const {
  ANCHORSCOPE_TRY(readLastStep(news));
  ANCHORSCOPE_TRY(forEachIntactRow(database_, log_, "SELECT id, name, checksum FROM scalar_name ORDER BY id",
                                   "scalar_name", [&](const Statement& row) {
                                     news.scalarNames.push_back(row.text(1));
                                     news.scalarIds[row.text(1)] = row.integer(0);
                                   }));
  ANCHORSCOPE_TRY(
      forEachIntactRow(database_, log_, "SELECT id, name, checksum FROM probe ORDER BY id", "probe",
                       [&](const Statement& row) { news.probes.emplace_back(row.integer(0), row.text(1)); }));
  // A run that was gone on with from an earlier step has lost the frames after it: always the farthest one.
  const Result<bool> same = farthest_.id == 0 ? Result<bool>(true) : isThere(farthest_);
  if (!same) return same.error();
  news.afresh = !*same;
  return readNewFrames(news);
}

Result<bool> RunIndex::isThere(const Row& frame) const {
  Result<Statement> statement = database_.prepare("SELECT step FROM frame WHERE id=?1");
  if (!statement) return std::move(statement).error();
  const Result<bool> row = statement->bind(1, frame.id).next();
  if (!row) return row.error();
  return *row && statement->integer(0) == frame.step;
}

Status RunIndex::readNewFrames(News& news) const {
  news.lastFrame = news.afresh ? 0 : lastFrame_;
  return forEachRow(
      database_,
      "SELECT id, probe_id, step, image_id, geometry_id, class_names_id, arrays, checksum FROM frame "
      "WHERE id>?1 ORDER BY id",
      [&](const Statement& row) {
        news.lastFrame = row.integer(0);
        if (row.checksumHolds())
          news.frames.push_back({row.integer(0), row.integer(1), row.integer(2)});
        else
          log_.add(concat("Row ", row.integer(0), " of the table 'frame' is damaged and left out"));
      },
      {news.lastFrame});
}

Status RunIndex::readLastStep(News& news) const {
  return forEachRow(database_, "SELECT step, checksum FROM step ORDER BY step DESC",
                    [&](const Statement& row) {
                      if (!row.checksumHolds()) {
                        log_.add("The last steps of the trace are damaged and left out");
                        return true;
                      }
                      news.lastStep = row.integer(0);
                      return false;
                    });
}

void RunIndex::take(News news) {
  lastStep_ = news.lastStep;
  scalarNames_ = std::move(news.scalarNames);
  scalarIds_ = std::move(news.scalarIds);
  if (news.afresh) {
    stepsOfProbe_.clear();
    farthest_ = {};
  }
  lastFrame_ = news.lastFrame;
  const bool changed = news.afresh || !news.frames.empty();
  std::vector<std::int64_t> added;
  std::map<std::int64_t, std::vector<std::int64_t>> ofProbe;
  for (const Row& frame : news.frames) {
    ofProbe[frame.probe].push_back(frame.step);
    added.push_back(frame.step);
    if (farthest_.id == 0 || frame.step >= farthest_.step) farthest_ = frame;
  }
  probeNames_.clear();
  for (const auto& [id, name] : news.probes) {
    if (const auto more = ofProbe.find(id); more != ofProbe.end())
      merge(stepsOfProbe_[name], std::move(more->second));
    if (stepsOfProbe_.contains(name)) probeNames_.push_back(name);
  }
  if (!changed) return;
  std::vector<std::int64_t> all = news.afresh ? std::vector<std::int64_t>() : *steps_;
  merge(all, std::move(added));
  steps_ = std::make_shared<const std::vector<std::int64_t>>(std::move(all));
}

}  // namespace anchorscope
