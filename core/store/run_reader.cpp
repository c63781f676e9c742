#include "core/store/run_reader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/base/param.h"
#include "core/store/damage_log.h"
#include "core/store/frame_reader.h"
#include "core/store/run_folder.h"
#include "core/store/run_index.h"
#include "core/store/schema.h"
#include "core/store/spec_json.h"

namespace anchorscope {
namespace {

class SqliteRunReader final : public RunReader {
 public:
  SqliteRunReader(std::string folder, std::unique_ptr<Database> database)
      : folder_(std::move(folder)), database_(std::move(database)), index_(*database_, log_) {}

  Status prepare() {
    const std::lock_guard lock(mutex_);
    loadHeader();
    Result<std::unique_ptr<FrameReader>> frames = FrameReader::create(*database_, log_);
    if (!frames) return std::move(frames).error();
    frames_ = std::move(*frames);
    return index_.refresh();
  }

  const RunHeader& header() const override { return header_; }
  const std::string& folder() const override { return folder_; }

  std::int64_t lastStep() const override {
    const std::lock_guard lock(mutex_);
    return index_.lastStep();
  }

  std::vector<std::string> probeNames() const override {
    const std::lock_guard lock(mutex_);
    return index_.probeNames();
  }

  std::vector<std::int64_t> recordedSteps(const std::string& probe) const override {
    const std::lock_guard lock(mutex_);
    return index_.steps(probe);
  }

  RecordedSteps recordedSteps() const override {
    const std::lock_guard lock(mutex_);
    return index_.steps();
  }

  std::vector<std::string> probesAt(std::int64_t step) const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> probes;
    for (const std::string& probe : index_.probeNames())
      if (const auto& steps = index_.steps(probe); std::binary_search(steps.begin(), steps.end(), step))
        probes.push_back(probe);
    return probes;
  }

  std::int64_t frameCount() const override {
    const std::lock_guard lock(mutex_);
    std::int64_t count = 0;
    for (const std::string& probe : index_.probeNames())
      count += static_cast<std::int64_t>(index_.steps(probe).size());
    return count;
  }

  std::vector<std::string> scalarNames() const override {
    const std::lock_guard lock(mutex_);
    return index_.scalarNames();
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
        forEachRow(*database_, "SELECT id, step, kind, text, checksum FROM event ORDER BY id",
                   [&](const Statement& row) {
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

  Result<std::vector<ParameterChange>> changes() const override {
    const std::lock_guard lock(mutex_);
    std::vector<ParameterChange> changes;
    const Status status =
        forEachRow(*database_,
                   "SELECT id, step, key, old_value, new_value, checkpoint, cause, checksum FROM "
                   "parameter_change ORDER BY id",
                   [&](const Statement& row) {
                     if (row.checksumHolds())
                       changes.push_back(
                           {row.integer(1), row.text(2), row.text(3), row.text(4), row.text(5), row.text(6)});
                     else
                       log_.add(concat("Entry ", row.integer(0), " of the journal is damaged and left out"));
                   });
    if (!status && status.error().code != ErrorCode::kBadData) return status.error();
    if (!status)
      log_.add(concat("The journal cannot be read after ", changes.size(),
                      " of its entries: the trace is damaged there"));
    return changes;
  }

  Result<std::shared_ptr<const ProbeFrame>> frame(const std::string& probe, std::int64_t step,
                                                  const std::string& variant) const override {
    return frame(probe, step, variant, FrameDetail::kWhole);
  }

  Result<std::vector<Variant>> variants(const std::string& probe, std::int64_t step) const override {
    const std::lock_guard lock(mutex_);
    return frames_->variants(probe, step);
  }

  Result<std::shared_ptr<const ProbeFrame>> summary(const std::string& probe,
                                                    std::int64_t step) const override {
    return frame(probe, step, {}, FrameDetail::kSummary);
  }

  std::vector<std::string> checkpoints() const override { return listCheckpoints(folder_); }

  Status refresh() override {
    const std::lock_guard lock(mutex_);
    return index_.refresh();
  }

  bool lookForLostRows() override {
    const std::lock_guard lock(mutex_);
    constexpr const char* kTables[] = {
        "step",  "scalar_name",      "spec",  "probe", "object", "frame", "block",
        "event", "parameter_change", "scalar"};
    constexpr std::int64_t kMostValues = 2'000'000;  // some 50 MB: looking through more takes too long
    if (tablesSeen_ == std::size(kTables)) return false;
    const std::string_view table = kTables[tablesSeen_++];
    const auto names = static_cast<std::int64_t>(index_.scalarNames().size());
    const bool tooLong = table == "scalar" && names > 0 && index_.lastStep() >= kMostValues / names;
    if (tooLong || !isInTrace(table)) return tablesSeen_ < std::size(kTables);
    bool whole = false;
    const Status status = forEachRow(*database_, concat("PRAGMA main.quick_check(", table, ")"),
                                     [&](const Statement& row) { whole = row.text(0) == "ok"; });
    if (!status || !whole)
      log_.add(concat("The table '", table, "' of the trace is damaged: rows of it may be missing"));
    return tablesSeen_ < std::size(kTables);
  }

  std::vector<std::string> takeProblems() override {
    const std::lock_guard lock(mutex_);
    return log_.take();
  }

 private:
  enum class Order { kAscending, kDescending };
  static constexpr std::int64_t kFirstStep = std::numeric_limits<std::int64_t>::min();
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  Result<std::shared_ptr<const ProbeFrame>> frame(const std::string& probe, std::int64_t step,
                                                  const std::string& variant, FrameDetail detail) const {
    const std::lock_guard lock(mutex_);
    Result<std::shared_ptr<const ProbeFrame>> frame = readFrame(probe, step, variant, detail);
    if (!frame)
      return std::move(frame).error().in(
          concat("reading '", probe, "' at step ", step, " of '", database_->path(), "'"));
    if (*frame) return frame;
    const std::vector<std::int64_t>& known = index_.steps(probe);
    if (known.empty())
      return makeError(ErrorCode::kNotFound, concat("'", probe, "' is not recorded in '", folder_, "'"),
                       probesText());
    if (!variant.empty() && std::binary_search(known.begin(), known.end(), step))
      return makeError(ErrorCode::kNotFound,
                       concat("There is no variant '", variant, "' of '", probe, "' at step ", step),
                       variantsText(probe, step));
    return makeError(ErrorCode::kNotFound, concat("'", probe, "' is not recorded at step ", step),
                     concat("The nearest recorded step is ", nearestRecordedStep(known, step)));
  }

  /// The first intact values in this order, at steps that are not below `from`. `part` tells in messages
  /// which of the values were read.
  Result<ScalarSeries> readScalar(const std::string& name, Order order, std::int64_t from, std::size_t atMost,
                                  const std::string& part) const {
    const std::lock_guard lock(mutex_);
    const std::optional<std::int64_t> id = index_.scalarId(name);
    if (!id) return ScalarSeries{};
    const bool ascending = order == Order::kAscending;
    ScalarSeries series;
    std::int64_t damaged = 0;
    Status status = forEachRow(
        *database_,
        concat(
            "SELECT name_id, step, value, checksum FROM scalar WHERE name_id=?1 AND step>=?2 ORDER BY step",
            ascending ? "" : " DESC"),
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
        {*id, from});
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

  Result<std::shared_ptr<const ProbeFrame>> readFrame(const std::string& probe, std::int64_t step,
                                                      const std::string& variant, FrameDetail detail) const {
    try {
      return frames_->read(probe, step, variant, detail);
    } catch (const std::bad_alloc&) {  // sizes are checked, but a made-up file may still ask for gigabytes
      return makeError(ErrorCode::kBadData, "There is not enough memory for a recorded frame of this size");
    }
  }

  std::string variantsText(const std::string& probe, std::int64_t step) const {
    const Result<std::vector<Variant>> there = frames_->variants(probe, step);
    if (!there || there->empty()) return "Only what the run itself did is recorded there";
    std::vector<std::string> names;
    for (const Variant& variant : *there)
      names.push_back(variant.name);
    return concat("There are: ", join(names, ", "));
  }

  /// An earlier version's trace has not every table.
  bool isInTrace(std::string_view table) const {
    const Result<std::int64_t> tables =
        database_->integer(concat("SELECT count(*) FROM main.sqlite_master WHERE name='", table, "'"));
    return tables && *tables > 0;
  }

  /// A damaged header costs what it says, not the run.
  void loadHeader() {
    std::string text;
    bool whole = false;
    const Status status =
        forEachRow(*database_, "SELECT header, checksum FROM run", [&](const Statement& row) {
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

  std::string probesText() const {
    if (index_.probeNames().empty()) return "No image is recorded in it yet";
    std::string text = "Recorded are:";
    for (const std::string& name : index_.probeNames())
      text += " " + name;
    return text;
  }

  const std::string folder_;
  const std::unique_ptr<Database> database_;
  mutable DamageLog log_;
  std::unique_ptr<FrameReader> frames_;
  RunHeader header_;
  mutable std::mutex mutex_;  // the connection and everything read from it
  RunIndex index_;
  std::size_t tablesSeen_ = 0;
};

}  // namespace

std::int64_t nearestRecordedStep(const std::vector<std::int64_t>& steps, std::int64_t step) {
  if (steps.empty()) return -1;
  const auto after = std::lower_bound(steps.begin(), steps.end(), step);
  if (after == steps.begin()) return *after;
  if (after == steps.end()) return steps.back();
  return *after - step < step - *(after - 1) ? *after : *(after - 1);
}

Result<std::shared_ptr<RunReader>> openRun(const std::string& folder, LostRows look) {
  Result<std::unique_ptr<Database>> database = openTrace(tracePath(folder), TraceAccess::kRead);
  if (!database) return std::move(database).error();
  auto reader = std::make_shared<SqliteRunReader>(folder, std::move(*database));
  if (Status status = reader->prepare(); !status)
    return std::move(status).error().in("opening '" + tracePath(folder) + "'");
  while (look == LostRows::kLookNow && reader->lookForLostRows()) {
  }
  return std::shared_ptr<RunReader>(std::move(reader));
}

}  // namespace anchorscope
