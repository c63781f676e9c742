#include "core/store/run_reader.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/base/check.h"
#include "core/base/param.h"
#include "core/store/damage_log.h"
#include "core/store/frame_reader.h"
#include "core/store/run_folder.h"
#include "core/store/schema.h"
#include "core/store/spec_json.h"

namespace anchorscope {
namespace {

class SqliteRunReader final : public RunReader {
 public:
  SqliteRunReader(std::string folder, std::unique_ptr<Database> database)
      : folder_(std::move(folder)), database_(std::move(database)) {}

  Status prepare() {
    const std::lock_guard lock(mutex_);
    loadHeader();
    Result<std::unique_ptr<FrameReader>> frames = FrameReader::create(*database_, log_);
    if (!frames) return std::move(frames).error();
    frames_ = std::move(*frames);
    ANCHORSCOPE_TRY(refreshIndex());
    lookForLostRows();
    return {};
  }

  const RunHeader& header() const override { return header_; }
  const std::string& folder() const override { return folder_; }

  std::int64_t lastStep() const override {
    const std::lock_guard lock(mutex_);
    return index_.lastStep;
  }

  std::vector<std::string> probeNames() const override {
    const std::lock_guard lock(mutex_);
    return index_.probeNames;
  }

  std::vector<std::int64_t> recordedSteps(const std::string& probe) const override {
    const std::lock_guard lock(mutex_);
    const auto found = index_.stepsOfProbe.find(probe);
    return found == index_.stepsOfProbe.end() ? std::vector<std::int64_t>{} : found->second;
  }

  std::vector<std::string> scalarNames() const override {
    const std::lock_guard lock(mutex_);
    return index_.scalarNames;
  }

  Result<ScalarSeries> scalar(const std::string& name) const override {
    return readScalar(name, Order::kAscending, kFirstStep, kAll, "");
  }

  Result<ScalarSeries> scalarFrom(const std::string& name, std::int64_t step,
                                  std::size_t atMost) const override {
    return readScalar(name, Order::kAscending, step, atMost,
                      step <= 0 ? "" : concat("from step ", step, " on "));
  }

  Result<ScalarSeries> newest(const std::string& name) const override {
    return readScalar(name, Order::kDescending, kFirstStep, 1, "at the end ");
  }

  Result<std::vector<RunEvent>> events() const override {
    const std::lock_guard lock(mutex_);
    std::vector<RunEvent> events;
    const Status status =
        forEachRow("SELECT id, step, kind, text, checksum FROM event ORDER BY id", [&](const Statement& row) {
          if (row.checksumHolds())
            events.push_back({row.integer(1), row.text(2), row.text(3)});
          else
            log_.add(concat("Event ", row.integer(0), " is damaged and left out"));
        });
    if (!status && status.error().code != ErrorCode::kBadData) return status.error();
    if (!status)
      log_.add(
          concat("The events cannot be read after ", events.size(), " of them: the trace is damaged there"));
    return events;
  }

  Result<std::shared_ptr<const ProbeFrame>> frame(const std::string& probe,
                                                  std::int64_t step) const override {
    const std::lock_guard lock(mutex_);
    Result<std::shared_ptr<const ProbeFrame>> frame = readFrame(probe, step);
    if (!frame)
      return std::move(frame).error().in(
          concat("reading '", probe, "' at step ", step, " of '", database_->path(), "'"));
    if (*frame) return frame;
    const auto known = index_.stepsOfProbe.find(probe);
    if (known == index_.stepsOfProbe.end() || known->second.empty())
      return makeError(ErrorCode::kNotFound, concat("'", probe, "' is not recorded in '", folder_, "'"),
                       probesText());
    return makeError(ErrorCode::kNotFound, concat("'", probe, "' is not recorded at step ", step),
                     concat("The nearest recorded step is ", nearestRecordedStep(known->second, step)));
  }

  std::vector<std::string> checkpoints() const override { return listCheckpoints(folder_); }

  Status refresh() override {
    const std::lock_guard lock(mutex_);
    return refreshIndex();
  }

  std::vector<std::string> takeProblems() override {
    const std::lock_guard lock(mutex_);
    return log_.take();
  }

 private:
  enum class Order { kAscending, kDescending };
  static constexpr std::int64_t kFirstStep = std::numeric_limits<std::int64_t>::min();
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  /// The first intact values in this order, at steps that are not below `from`. `part` tells in messages
  /// which of the values were read.
  Result<ScalarSeries> readScalar(const std::string& name, Order order, std::int64_t from, std::size_t atMost,
                                  const std::string& part) const {
    const std::lock_guard lock(mutex_);
    const auto known = index_.scalarIds.find(name);
    if (known == index_.scalarIds.end()) return ScalarSeries{};
    const bool ascending = order == Order::kAscending;
    ScalarSeries series;
    std::int64_t damaged = 0;
    Status status = forEachRow(
        concat(
            "SELECT name_id, step, value, checksum FROM scalar WHERE name_id=?1 AND step>=?2 ORDER BY step",
            ascending ? "" : " DESC")
            .c_str(),
        [&](const Statement& row) {
          const std::int64_t step = row.integer(1);
          const bool inOrder =
              series.steps.empty() || (ascending ? step > series.steps.back() : step < series.steps.back());
          if (row.checksumHolds() && inOrder) {
            series.steps.push_back(step);
            series.values.push_back(row.real(2));
          } else {
            ++damaged;
          }
          return series.steps.size() < atMost;
        },
        {known->second, from});
    if (damaged > 0)
      log_.add(concat(damaged, damaged == 1 ? " value" : " values", " of '", name, "' ", part,
                      damaged == 1 ? "is" : "are", " damaged and left out"));
    if (!status && status.error().code == ErrorCode::kBadData)
      log_.add(concat("The values of '", name, "' ", part, "cannot be read after ", series.steps.size(),
                      " of them: the trace is damaged there"));
    else if (!status)
      return std::move(status).error().in("reading '" + name + "'");
    return series;
  }

  /// What is recorded, as of the last refresh.
  struct Index {
    std::int64_t lastStep = -1;
    std::vector<std::string> probeNames, scalarNames;  // in the order they first appeared
    std::map<std::string, std::int64_t> scalarIds;
    std::map<std::string, std::vector<std::int64_t>> stepsOfProbe;  // ascending
    std::int64_t lastFrame = 0, frames = 0;  // largest id of a frame's row, and rows with it
  };

  Result<std::shared_ptr<const ProbeFrame>> readFrame(const std::string& probe, std::int64_t step) const {
    try {
      return frames_->read(probe, step);
    } catch (const std::bad_alloc&) {  // sizes are checked, but a made-up file may still ask for gigabytes
      return makeError(ErrorCode::kBadData, "There is not enough memory for a recorded frame of this size");
    }
  }

  /// A damaged header costs what it says, not the run.
  void loadHeader() {
    std::string text;
    bool whole = false;
    const Status status = forEachRow("SELECT header, checksum FROM run", [&](const Statement& row) {
      text = row.text(0);
      whole = row.checksumHolds();
    });
    const std::vector<std::string> damaged = readHeader(text, header_);
    if (status && whole && damaged.empty()) return;
    log_.add(damaged.empty()
                 ? "The record 'run' of the trace does not agree with its checksum; what it says of "
                   "configuration and declarations may be wrong"
                 : concat("The record 'run' of the trace is damaged; these entries cannot be shown: ",
                          join(damaged, ", ")));
  }

  Status refreshIndex() {
    const Result<std::int64_t> version = database_->integer("PRAGMA data_version");
    if (!version) return version.error();
    if (*version == dataVersion_) return {};
    Index index;
    index.stepsOfProbe = index_.stepsOfProbe;
    index.lastFrame = index_.lastFrame;
    index.frames = index_.frames;
    ANCHORSCOPE_TRY(inTransaction(*database_, "BEGIN", [&] { return readIndex(index); }));
    index_ = std::move(index);
    dataVersion_ = *version;
    return {};
  }

  /// Checksums show rows that were changed; rows that a damaged page has lost show in its structure alone.
  void lookForLostRows() {
    constexpr std::int64_t kMostValues = 2'000'000;  // some 50 MB: more would make opening slow
    const auto names = static_cast<std::int64_t>(index_.scalarNames.size());
    const bool few = names == 0 || index_.lastStep < kMostValues / names;
    for (const char* table : {"step", "scalar_name", "scalar", "event", "spec", "probe", "object", "frame"}) {
      if (!few && std::string_view(table) == "scalar") continue;
      bool whole = false;
      const Status status = forEachRow(concat("PRAGMA main.quick_check(", table, ")").c_str(),
                                       [&](const Statement& row) { whole = row.text(0) == "ok"; });
      if (!status || !whole)
        log_.add(concat("The table '", table, "' of the trace is damaged: rows of it may be missing"));
    }
  }

  /// The rows of a query that agree with their checksums, their last column; others are noted.
  template <typename Take>
  Status forEachIntactRow(const char* sql, const char* table, Take take) const {
    return forEachRow(sql, [&](const Statement& row) {
      if (row.checksumHolds()) return take(row);
      log_.add(concat("Row ", row.integer(0), " of the table '", table, "' is damaged and left out"));
    });
  }

  Status readIndex(Index& index) const {
    // Of damaged steps the last intact one counts.
    ANCHORSCOPE_TRY(readLastStep(index));
    ANCHORSCOPE_TRY(forEachIntactRow("SELECT id, name, checksum FROM scalar_name ORDER BY id", "scalar_name",
                                     [&](const Statement& row) {
                                       index.scalarNames.push_back(row.text(1));
                                       index.scalarIds[row.text(1)] = row.integer(0);
                                     }));
    std::map<std::int64_t, std::string> nameOfId;
    ANCHORSCOPE_TRY(forEachIntactRow("SELECT id, name, checksum FROM probe ORDER BY id", "probe",
                                     [&](const Statement& row) { nameOfId[row.integer(0)] = row.text(1); }));
    const std::int64_t known = index.frames;
    ANCHORSCOPE_TRY(readNewFrames(index, nameOfId));
    // A run that was gone on with from an earlier step has lost the frames after it.
    const Result<std::int64_t> count = database_->integer("SELECT count(*) FROM frame");
    if (known > 0 && count && *count != index.frames) {
      index.stepsOfProbe.clear();
      index.lastFrame = index.frames = 0;
      ANCHORSCOPE_TRY(readNewFrames(index, nameOfId));
    }
    for (const auto& [id, name] : nameOfId)
      if (index.stepsOfProbe.count(name) != 0) index.probeNames.push_back(name);
    return {};
  }

  /// Of the frames' rows those that are not in the index yet: of a long run they are many.
  Status readNewFrames(Index& index, const std::map<std::int64_t, std::string>& nameOfId) const {
    std::set<std::string> unsorted;
    ANCHORSCOPE_TRY(forEachRow(
        "SELECT id, probe_id, step, image_id, geometry_id, class_names_id, arrays, checksum FROM frame "
        "WHERE id>?1 ORDER BY id",
        [&](const Statement& row) {
          index.lastFrame = row.integer(0);
          ++index.frames;
          if (!row.checksumHolds()) {
            log_.add(concat("Row ", row.integer(0), " of the table 'frame' is damaged and left out"));
          } else if (const auto found = nameOfId.find(row.integer(1)); found != nameOfId.end()) {
            index.stepsOfProbe[found->second].push_back(row.integer(2));
            unsorted.insert(found->second);
          }
        },
        {index.lastFrame}));
    for (const std::string& name : unsorted) {
      std::vector<std::int64_t>& steps = index.stepsOfProbe[name];
      if (!std::is_sorted(steps.begin(), steps.end())) std::sort(steps.begin(), steps.end());
    }
    return {};
  }

  Status readLastStep(Index& index) const {
    Result<Statement> statement = database_->prepare("SELECT step, checksum FROM step ORDER BY step DESC");
    if (!statement) return std::move(statement).error();
    while (true) {
      const Result<bool> row = statement->next();
      if (!row) return row.error();
      if (!*row) return {};
      if (statement->checksumHolds()) {
        index.lastStep = statement->integer(0);
        return {};
      }
      log_.add("The last steps of the trace are damaged and left out");
    }
  }

  /// Until there are no more rows, or `take` gives false where it gives anything.
  template <typename Take>
  Status forEachRow(const char* sql, Take take, std::initializer_list<std::int64_t> parameters = {}) const {
    Result<Statement> statement = database_->prepare(sql);
    if (!statement) return std::move(statement).error();
    int place = 0;
    for (const std::int64_t parameter : parameters)
      statement->bind(++place, parameter);
    while (true) {
      const Result<bool> row = statement->next();
      if (!row) return row.error();
      if (!*row) return {};
      if constexpr (std::is_void_v<decltype(take(*statement))>)
        take(*statement);
      else if (!take(*statement))
        return {};
    }
  }

  std::string probesText() const {
    if (index_.probeNames.empty()) return "No image is recorded in it yet";
    std::string text = "Recorded are:";
    for (const std::string& name : index_.probeNames)
      text += " " + name;
    return text;
  }

  const std::string folder_;
  const std::unique_ptr<Database> database_;
  mutable DamageLog log_;
  std::unique_ptr<FrameReader> frames_;
  RunHeader header_;
  mutable std::mutex mutex_;  // the connection and everything read from it
  Index index_;
  std::int64_t dataVersion_ = -1;
};

}  // namespace

std::int64_t nearestRecordedStep(const std::vector<std::int64_t>& steps, std::int64_t step) {
  if (steps.empty()) return -1;
  const auto after = std::lower_bound(steps.begin(), steps.end(), step);
  if (after == steps.begin()) return *after;
  if (after == steps.end()) return steps.back();
  return *after - step < step - *(after - 1) ? *after : *(after - 1);
}

Result<std::shared_ptr<RunReader>> openRun(const std::string& folder) {
  Result<std::unique_ptr<Database>> database = openTrace(tracePath(folder), TraceAccess::kRead);
  if (!database) return std::move(database).error();
  auto reader = std::make_shared<SqliteRunReader>(folder, std::move(*database));
  if (Status status = reader->prepare(); !status)
    return std::move(status).error().in("opening '" + tracePath(folder) + "'");
  return std::shared_ptr<RunReader>(std::move(reader));
}

}  // namespace anchorscope
