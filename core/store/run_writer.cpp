#include "core/store/run_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <random>
#include <thread>
#include <variant>

#include "core/base/check.h"
#include "core/store/bookmarks.h"
#include "core/store/run_folder.h"
#include "core/store/schema.h"
#include "core/store/spec_json.h"
#include "core/store/trace_writer.h"

namespace anchorscope {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

/// Keeps other programs from recording into the same folder; let go when the process ends, however it ends.
class FolderLock {
 public:
  static Result<FolderLock> take(const std::string& folder) {
    FolderLock lock;
    lock.file_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock.file_ < 0)
      return makeError(ErrorCode::kIo,
                       concat("Cannot open the folder '", folder, "': ", std::strerror(errno)),
                       "Check that it exists and may be written");
    // A file system that knows no such locks records without one.
    if (::flock(lock.file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      return makeError(ErrorCode::kIo, concat("Another program is recording into '", folder, "'"),
                       "Stop it first, or choose another folder");
    return lock;
  }
  /// Where the locked folder is now, given where it was: the same path, another when it was renamed or moved
  /// on its file system, empty when it is gone.
  std::string whereNow(const std::string& before) const {
    struct stat own {};
    if (::fstat(file_, &own) != 0 || own.st_nlink == 0) return {};
    const auto isHere = [&](const std::string& path) {
      struct stat there {};
      return ::stat(path.c_str(), &there) == 0 && there.st_dev == own.st_dev && there.st_ino == own.st_ino;
    };
    if (isHere(before)) return before;
    std::error_code code;
    const std::string now = fs::read_symlink(concat("/proc/self/fd/", file_), code).string();
    return !code && isHere(now) ? now : std::string();
  }

  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (file_ >= 0) ::close(file_);
  }

 private:
  FolderLock() = default;
  int file_ = -1;
};

}  // namespace

std::int64_t memoryOf(const ProbeFrame& frame) {
  std::size_t bytes = 0;
  for (const auto& stage : frame.stages) {
    bytes += stage->predictedBoxesInInput.size() * sizeof(Box) +
             stage->predictions.size() * sizeof(PredictionRecord);
    if (!stage->candidates->onGrid())
      bytes += stage->candidates->count() * (sizeof(Box) + sizeof(std::int32_t));
    for (const Channel& channel : stage->channels)
      bytes += channel.values.size() * sizeof(float);
    for (const PairTable& table : stage->pairTables)
      bytes += table.rowCount() * 4 * (2 + table.columns.size());
  }
  return static_cast<std::int64_t>(bytes);
}

namespace {

/// NORMAL with a write-ahead log: a killed program loses no committed step; a power failure may lose the last
/// ones, but leaves the file whole.
Status useLog(Database& database) {
  return database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
}

class SqliteRunWriter final : public RunWriter {
 public:
  SqliteRunWriter(std::string folder, FolderLock lock, std::unique_ptr<Database> database,
                  std::unique_ptr<TraceWriter> trace, const RecordingOptions& options,
                  const RecordingState& begin)
      : folder_(std::move(folder)),
        options_(options),
        lock_(std::move(lock)),
        database_(std::move(database)),
        trace_(std::move(trace)),
        state_(begin),
        thread_([this] { work(); }) {}

  ~SqliteRunWriter() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
    trace_.reset();
    // A finished run is one plain file. Not possible, and not needed, while somebody reads it.
    if (state_.failure.empty() && database_)
      static_cast<void>(database_->execute("PRAGMA busy_timeout=0; PRAGMA journal_mode=DELETE").ok());
  }

  std::string folder() const override {
    const std::lock_guard lock(mutex_);
    return state_.folder;
  }

  void record(StepRecord record) override {
    {
      const std::lock_guard lock(mutex_);
      const std::int64_t count = static_cast<std::int64_t>(record.frames.size());
      if (!state_.failure.empty()) {
        state_.framesDropped += count;
        return;
      }
      if (count > 0) admitFrames(record, count);
      queue_.emplace_back(std::move(record));
    }
    changed_.notify_all();
  }

  void recordEvent(RunEvent event) override { add(std::move(event)); }
  void recordChange(ParameterChange change) override { add(std::move(change)); }

  RecordingState state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }

  Status flush() override {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = ++flushesAsked_;
    queue_.emplace_back(FlushMark{ticket});
    changed_.notify_all();
    changed_.wait(lock, [&] { return flushesDone_ >= ticket; });
    if (failure_) return *failure_;
    return {};
  }

 private:
  struct FlushMark {
    std::uint64_t ticket = 0;
  };
  using Item = std::variant<StepRecord, RunEvent, ParameterChange, FlushMark>;

  void add(Item item) {
    {
      const std::lock_guard lock(mutex_);
      if (!state_.failure.empty()) return;
      queue_.push_back(std::move(item));
    }
    changed_.notify_all();
  }

  /// Drops the frames of a step when they do not fit into the queue, and says so. Under the lock.
  void admitFrames(StepRecord& record, std::int64_t count) {
    std::int64_t bytes = 0;
    for (const auto& frame : record.frames)
      bytes += memoryOf(*frame);
    const bool tooMany = queuedFrames_ + static_cast<std::size_t>(count) > options_.queuedFrames;
    const bool tooLarge = queuedFrames_ > 0 && queuedBytes_ + bytes > options_.queuedBytes;
    if (!tooMany && !tooLarge) {
      queuedFrames_ += static_cast<std::size_t>(count);
      queuedBytes_ += bytes;
      return;
    }
    state_.framesDropped += count;
    queue_.emplace_back(RunEvent{
        record.step, "thinned",
        concat(count, count == 1 ? " frame" : " frames", " of this step not recorded: ", queuedFrames_,
               " frames were still waiting for the disk")});
    record.frames.clear();
  }

  /// The store thread: one transaction at a time, closed when nothing is left to write or commitMs have
  /// passed.
  void work() {
    while (true) {
      std::deque<Item> items;
      bool closing = false;
      {
        std::unique_lock lock(mutex_);
        const auto something = [&] { return closing_ || !queue_.empty(); };
        if (inTransaction_)
          changed_.wait_until(lock, commitAt_, something);
        else
          changed_.wait(lock, something);
        items.swap(queue_);
        closing = closing_ && items.empty();
      }
      std::uint64_t flushed = 0;
      for (Item& item : items) {
        if (const auto* mark = std::get_if<FlushMark>(&item))
          flushed = mark->ticket;
        else
          writeItem(item);
        item = FlushMark{};  // the frames' memory goes now, not with the whole batch
        if (inTransaction_ && Clock::now() >= commitAt_) commit();
      }
      if (inTransaction_ && (flushed || closing || Clock::now() >= commitAt_))
        commit();
      else if (flushed &&
               !failure_)  // who flushes wants to know where the folder is, also when nothing was written
        if (Status status = followFolder(); !status) fail(std::move(status).error());
      if (flushed) {
        const std::lock_guard lock(mutex_);
        flushesDone_ = flushed;
      }
      if (flushed) changed_.notify_all();
      if (closing) return;
    }
  }

  void writeItem(const Item& item) {
    std::int64_t frames = 0, bytes = 0;
    const auto* record = std::get_if<StepRecord>(&item);
    if (record) {
      frames = static_cast<std::int64_t>(record->frames.size());
      for (const auto& frame : record->frames)
        bytes += memoryOf(*frame);
    }
    if (!failure_) {
      Status status = guarded([&] { return writeInTransaction(item); });
      if (!status) fail(std::move(status).error());
    }
    const std::lock_guard lock(mutex_);
    queuedFrames_ -= static_cast<std::size_t>(frames);
    queuedBytes_ -= bytes;
    if (failure_)
      state_.framesDropped += frames;
    else if (record) {
      ++uncommitted_.stepsWritten;
      uncommitted_.framesWritten += frames;
    }
  }

  Status writeInTransaction(const Item& item) {
    if (!inTransaction_) {
      ANCHORSCOPE_TRY(database_->execute("BEGIN IMMEDIATE"));
      inTransaction_ = true;
      commitAt_ = Clock::now() + std::chrono::milliseconds(options_.commitMs);
    }
    if (const auto* record = std::get_if<StepRecord>(&item)) {
      const std::int64_t before = trace_->frameBytesWritten();
      ANCHORSCOPE_TRY(trace_->write(*record));
      uncommitted_.evidenceBytes += trace_->frameBytesWritten() - before;
      uncommitted_.evidenceSteps += record->frames.empty() ? 0 : 1;
      return {};
    }
    if (const auto* change = std::get_if<ParameterChange>(&item)) return trace_->write(*change);
    return trace_->write(std::get<RunEvent>(item));
  }

  void commit() {
    if (failure_) return;
    if (Status status = database_->execute("COMMIT"); !status) return fail(std::move(status).error());
    inTransaction_ = false;
    if (Status status = followFolder(); !status) return fail(std::move(status).error());
    std::int64_t bytes = 0;
    for (const char* suffix : {"", "-wal"}) {
      std::error_code code;
      const std::uintmax_t size = fs::file_size(tracePath(folder_) + suffix, code);
      if (!code) bytes += static_cast<std::int64_t>(size);
    }
    const std::lock_guard lock(mutex_);
    state_.stepsWritten += std::exchange(uncommitted_.stepsWritten, 0);
    state_.framesWritten += std::exchange(uncommitted_.framesWritten, 0);
    state_.evidenceBytes += std::exchange(uncommitted_.evidenceBytes, 0);
    state_.evidenceSteps += std::exchange(uncommitted_.evidenceSteps, 0);
    state_.bytesOnDisk = bytes;
  }

  /// What was committed is in the folder wherever that is now; but the trace's log is found by its path, so
  /// the trace is opened anew where the folder has gone.
  Status followFolder() {
    const std::string now = lock_.whereNow(folder_);
    if (now == folder_) return {};
    if (now.empty())
      return makeError(ErrorCode::kIo, concat("The run's folder '", folder_, "' was removed while training"),
                       "Training goes on; checkpoints are written into a new folder of that name");
    trace_.reset();
    database_.reset();
    Result<std::unique_ptr<Database>> database = openTrace(tracePath(now), TraceAccess::kWrite);
    if (!database) return std::move(database).error();
    Result<std::unique_ptr<TraceWriter>> trace = TraceWriter::create(**database);
    if (!trace) return std::move(trace).error();
    ANCHORSCOPE_TRY(useLog(**database));
    database_ = std::move(*database);
    trace_ = std::move(*trace);
    folder_ = now;
    const std::lock_guard lock(mutex_);
    state_.folder = now;
    return {};
  }

  /// Recording ends here; training does not. What was committed stays readable.
  void fail(Error error) {
    if (database_)
      static_cast<void>(database_->execute("ROLLBACK").ok());  // SQLite may have rolled back already
    inTransaction_ = false;
    const std::lock_guard lock(mutex_);
    state_.failure = error.text();
    state_.framesDropped += std::exchange(uncommitted_.framesWritten, 0);
    uncommitted_ = {};
    failure_ = std::move(error);
  }

  /// The top of the store thread's work: a bug ends the recording, not the program.
  template <typename Work>
  static Status guarded(Work work) {
    try {
      return work();
    } catch (const std::exception& problem) {
      return makeError(ErrorCode::kInternal,
                       concat("Recording stopped by an error in the program: ", problem.what()));
    }
  }

  std::string folder_;  // the store thread's; others read state_.folder
  const RecordingOptions options_;
  const FolderLock lock_;
  std::unique_ptr<Database>
      database_;  // the store thread's, until it has ended; null after a failure to follow
  std::unique_ptr<TraceWriter> trace_;  // likewise

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  std::size_t queuedFrames_ = 0;  // queued or being written
  std::int64_t queuedBytes_ = 0;
  bool closing_ = false;
  std::uint64_t flushesAsked_ = 0, flushesDone_ = 0;
  RecordingState state_, uncommitted_;
  std::optional<Error> failure_;  // written under the lock by the store thread, which reads it without

  bool inTransaction_ = false;  // the store thread's own
  Clock::time_point commitAt_;

  std::thread thread_;  // last: starts when everything above is there
};

Result<std::unique_ptr<RunWriter>> startWriter(const std::string& folder, FolderLock lock,
                                               std::unique_ptr<Database> database,
                                               const RecordingOptions& options) {
  ANCHORSCOPE_TRY(useLog(*database));
  Result<std::unique_ptr<TraceWriter>> trace = TraceWriter::create(*database);
  if (!trace) return std::move(trace).error();
  const Result<std::int64_t> steps = database->integer("SELECT count(DISTINCT step) FROM frame");
  if (!steps) return steps.error();
  const Result<std::int64_t> bytes = database->integer("SELECT coalesce(sum(length(bytes)), 0) FROM array");
  if (!bytes) return bytes.error();
  RecordingState begin;
  begin.folder = folder;
  begin.evidenceSteps = *steps;
  begin.evidenceBytes = *bytes;
  return std::unique_ptr<RunWriter>(std::make_unique<SqliteRunWriter>(
      folder, std::move(lock), std::move(database), std::move(*trace), options, begin));
}

Status makeFolder(const std::string& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code || !fs::is_directory(folder))
    return makeError(
        ErrorCode::kIo,
        concat("Cannot make the folder '", folder, "': ", code ? code.message() : "a file is in its place"),
        "Choose another folder, or check that it may be written");
  return {};
}

/// 128 random bits: no two runs have the same, wherever they were made.
std::string newRunId() {
  std::random_device random;
  std::string id;
  for (int word = 0; word < 4; ++word) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", random());
    id += digits;
  }
  return id;
}

Status removeFile(const std::string& path) {
  std::error_code code;
  fs::remove(path, code);
  if (code)
    return makeError(ErrorCode::kIo, concat("Cannot remove '", path, "': ", code.message()),
                     "Check its permissions");
  return {};
}

/// What of a recorded run is there, in the order in which it may go: a log beside another trace would be
/// taken for that one's, so it goes before the trace it belongs to.
std::vector<std::string> filesOfRun(const std::string& folder) {
  const std::string trace = tracePath(folder);
  std::vector<std::string> files = listCheckpoints(folder);
  for (const std::string& path : {bestCheckpointPath(folder), trace + "-wal", trace + "-shm",
                                  trace + "-journal", trace, configPath(folder)})
    if (std::error_code code; fs::exists(path, code)) files.push_back(path);
  return files;
}

}  // namespace

Status checkRunFolder(const std::string& folder, Overwrite overwrite) {
  if (overwrite == Overwrite::kYes || filesOfRun(folder).empty()) return {};
  return makeError(ErrorCode::kExists, concat("'", folder, "' holds a recorded run already"),
                   "Choose another folder, resume that run, or allow overwriting");
}

Status clearRunFolder(const std::string& folder, Overwrite overwrite) {
  ANCHORSCOPE_TRY(makeFolder(folder));
  ANCHORSCOPE_TRY(checkRunFolder(folder, overwrite));
  for (const std::vector<std::string>& paths : {filesOfRun(folder), unfinishedCheckpoints(folder)})
    for (const std::string& path : paths)
      ANCHORSCOPE_TRY(removeFile(path));
  // They are of the run that was there, but alone they are none.
  if (std::error_code code; fs::exists(bookmarksPath(folder), code))
    ANCHORSCOPE_TRY(removeFile(bookmarksPath(folder)));
  return makeFolder(checkpointFolder(folder));
}

Result<std::unique_ptr<RunWriter>> createRun(const std::string& folder, const RunHeader& header,
                                             Overwrite overwrite, const RecordingOptions& options) {
  ANCHORSCOPE_TRY(makeFolder(folder));
  Result<FolderLock> lock = FolderLock::take(folder);
  if (!lock) return std::move(lock).error();
  ANCHORSCOPE_TRY(clearRunFolder(folder, overwrite));
  const std::string trace = tracePath(folder);
  // The trace appears whole, with its header, or not at all. It comes first: what is left of a beginning that
  // failed must not pass for a run.
  RunHeader first = header;
  first.id = newRunId();
  first.firstConfigToml = header.configToml;
  ANCHORSCOPE_TRY(writeFileAtomically(
      trace, Overwrite::kNo, [&](const std::string& temporary) { return createTrace(temporary, first); }));
  if (Status status = writeFileAtomically(configPath(folder), header.configToml, Overwrite::kYes); !status) {
    ANCHORSCOPE_TRY(removeFile(trace));
    return std::move(status).error();
  }
  Result<std::unique_ptr<Database>> database = openTrace(trace, TraceAccess::kWrite);
  if (!database) return std::move(database).error();
  return startWriter(folder, std::move(*lock), std::move(*database), options);
}

namespace {

/// The run's header with its new configuration; what it was at first stays true.
Status replaceHeader(Database& database, RunHeader header, const std::optional<RunParent>& parent) {
  Result<Statement> read = database.prepare("SELECT header FROM run");
  if (!read) return std::move(read).error();
  const Result<bool> row = read->next();
  if (!row) return row.error();
  RunHeader before;
  if (*row) static_cast<void>(readHeader(read->text(0), before));
  header.firstConfigToml = before.firstConfigToml;
  if (parent) {
    header.id = newRunId();
    header.parent = {parent->folder, before.id, parent->step};
  } else {
    if (!before.startedAtUtc.empty()) header.startedAtUtc = before.startedAtUtc;
    header.id = before.id.empty() ? newRunId() : before.id;
    header.parent = before.parent;
  }
  read->reset();
  Result<Statement> update = database.prepare("UPDATE run SET header=?1, checksum=?2");
  if (!update) return std::move(update).error();
  return update->bind(1, toJson(header)).runWithChecksum();
}

}  // namespace

Result<std::unique_ptr<RunWriter>> continueRun(const std::string& folder, std::int64_t step,
                                               const RecordingOptions& options,
                                               const ContinueChanges& changes) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return makeError(ErrorCode::kNotFound, concat("There is no recorded run: '", folder, "' is no folder"),
                     "Name the folder of a recorded run");
  Result<FolderLock> lock = FolderLock::take(folder);
  if (!lock) return std::move(lock).error();
  Result<std::unique_ptr<Database>> database = openTrace(tracePath(folder), TraceAccess::kWrite);
  if (!database) return std::move(database).error();
  const Status continued = inTransaction(**database, "BEGIN IMMEDIATE", [&]() -> Status {
    if (changes.header) ANCHORSCOPE_TRY(replaceHeader(**database, *changes.header, changes.parent));
    return (*database)->execute(
        concat("DELETE FROM array WHERE frame_id IN (SELECT id FROM frame WHERE step>", step,
               " UNION SELECT block.id FROM block JOIN frame ON frame.id=block.frame_id WHERE step>", step,
               "); DELETE FROM block WHERE frame_id IN (SELECT id FROM frame WHERE step>", step,
               "); DELETE FROM frame WHERE step>", step, "; DELETE FROM scalar WHERE step>", step,
               "; DELETE FROM event WHERE step>", step, "; DELETE FROM parameter_change WHERE step>", step,
               "; DELETE FROM step WHERE step>", step));
  });
  if (!continued) return continued.error();
  if (changes.header)
    ANCHORSCOPE_TRY(writeFileAtomically(configPath(folder), changes.header->configToml, Overwrite::kYes));
  for (const std::string& path : changes.putAside) {
    fs::rename(path, path + ".damaged", code);
    if (code)
      return makeError(ErrorCode::kIo, concat("Cannot rename '", path, "': ", code.message()),
                       "Check its permissions");
  }
  for (const std::string& path : listCheckpoints(folder))
    if (checkpointStep(path) > step) ANCHORSCOPE_TRY(removeFile(path));
  for (const std::string& path : unfinishedCheckpoints(folder))
    ANCHORSCOPE_TRY(removeFile(path));
  return startWriter(folder, std::move(*lock), std::move(*database), options);
}

}  // namespace anchorscope
