#include "core/store/run_reader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <new>

#include "core/base/check.h"
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
    ANCHORSCOPE_TRY(readHeader());
    Result<std::unique_ptr<FrameReader>> frames = FrameReader::create(*database_);
    if (!frames) return std::move(frames).error();
    frames_ = std::move(*frames);
    return refresh();
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
    const std::lock_guard lock(mutex_);
    ScalarSeries series;
    Status status = forEachRow(
        "SELECT step, value FROM scalar JOIN scalar_name ON scalar_name.id=name_id WHERE name=?1 ORDER BY "
        "step",
        &name, [&](const Statement& row) {
          series.steps.push_back(row.integer(0));
          series.values.push_back(row.real(1));
        });
    if (!status) return std::move(status).error().in("reading '" + name + "'");
    return series;
  }

  Result<std::vector<RunEvent>> events() const override {
    const std::lock_guard lock(mutex_);
    std::vector<RunEvent> events;
    ANCHORSCOPE_TRY(
        forEachRow("SELECT step, kind, text FROM event ORDER BY id", nullptr, [&](const Statement& row) {
          events.push_back({row.integer(0), row.text(1), row.text(2)});
        }));
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
    const Result<std::int64_t> version = database_->integer("PRAGMA data_version");
    if (!version) return version.error();
    if (*version == dataVersion_) return {};
    Index index;
    ANCHORSCOPE_TRY(inTransaction(*database_, "BEGIN", [&] { return readIndex(index); }));
    index_ = std::move(index);
    dataVersion_ = *version;
    return {};
  }

 private:
  /// What is recorded, as of the last refresh.
  struct Index {
    std::int64_t lastStep = -1;
    std::vector<std::string> probeNames, scalarNames;  // in the order they first appeared
    std::map<std::string, std::vector<std::int64_t>> stepsOfProbe;
  };

  Result<std::shared_ptr<const ProbeFrame>> readFrame(const std::string& probe, std::int64_t step) const {
    try {
      return frames_->read(probe, step);
    } catch (const std::bad_alloc&) {  // sizes are checked, but a made-up file may still ask for gigabytes
      return makeError(ErrorCode::kBadData, "There is not enough memory for a recorded frame of this size");
    }
  }

  Status readHeader() {
    std::string text;
    ANCHORSCOPE_TRY(
        forEachRow("SELECT header FROM run", nullptr, [&](const Statement& row) { text = row.text(0); }));
    return fromJson(text, header_);
  }

  Status readIndex(Index& index) const {
    ANCHORSCOPE_TRY(forEachRow("SELECT ifnull(max(step), -1) FROM step", nullptr,
                               [&](const Statement& row) { index.lastStep = row.integer(0); }));
    ANCHORSCOPE_TRY(forEachRow("SELECT name FROM scalar_name ORDER BY id", nullptr,
                               [&](const Statement& row) { index.scalarNames.push_back(row.text(0)); }));
    std::map<std::int64_t, std::vector<std::int64_t>*> stepsOfId;
    ANCHORSCOPE_TRY(
        forEachRow("SELECT id, name FROM probe WHERE id IN (SELECT probe_id FROM frame) ORDER BY id", nullptr,
                   [&](const Statement& row) {
                     index.probeNames.push_back(row.text(1));
                     stepsOfId[row.integer(0)] = &index.stepsOfProbe[index.probeNames.back()];
                   }));
    return forEachRow("SELECT probe_id, step FROM frame ORDER BY probe_id, step", nullptr,
                      [&](const Statement& row) {
                        if (const auto found = stepsOfId.find(row.integer(0)); found != stepsOfId.end())
                          found->second->push_back(row.integer(1));
                      });
  }

  template <typename Take>
  Status forEachRow(const char* sql, const std::string* parameter, Take take) const {
    Result<Statement> statement = database_->prepare(sql);
    if (!statement) return std::move(statement).error();
    if (parameter) statement->bind(1, *parameter);
    while (true) {
      const Result<bool> row = statement->next();
      if (!row) return row.error();
      if (!*row) return {};
      take(*statement);
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
