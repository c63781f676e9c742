#include "core/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace anchorscope {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTemporaryMark = ".part-";

Error ioError(const std::string& what, const std::string& path, int code,
              const char* action = "Check that the path exists and may be written") {
  const ErrorCode kind = code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  if (code == ENOSPC || code == EDQUOT) action = "Free some disk space and try again";
  if (code == EFBIG) action = "Raise the limit of the size of files (ulimit -f), or write to another disk";
  return makeError(kind, concat(what, " '", path, "': ", std::strerror(code)), action);
}

Error readError(const std::string& path, int code) {
  return ioError("Cannot read", path, code, "Check that the path is that of a file that may be read");
}

/// Closes a descriptor at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  /// Closes now; the error number, or 0.
  int close() { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

/// What a path names, in words; null for a regular file.
const char* kindOf(mode_t mode) {
  if (S_ISREG(mode)) return nullptr;
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Status notRegular(const std::string& path, mode_t mode) {
  const char* kind = kindOf(mode);
  if (!kind) return {};
  return makeError(ErrorCode::kIo, concat("'", path, "' is ", kind, ", not a file"), "Name a regular file");
}

Status flushToDisk(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return ioError("Cannot open", path, errno);
  // Some file systems refuse fsync on folders; the rename has happened all the same.
  if (::fsync(file.number()) != 0 && errno != EINVAL) return ioError("Cannot flush", path, errno);
  return {};
}

/// The file that a path names: links followed, also one to a file that is not there yet.
Result<std::string> throughLinks(const std::string& path) {
  fs::path at = path;
  std::error_code code;
  for (int links = 0; fs::is_symlink(at, code); ++links) {
    if (links == 40) return ioError("Cannot write", path, ELOOP);
    const fs::path target = fs::read_symlink(at, code);
    if (code) return ioError("Cannot write", path, code.value());
    at = target.is_absolute() ? target : at.parent_path() / target;
  }
  return at.string();
}

/// The process that made a temporary file, or one beside it (SQLite's journal); -1: it is none.
pid_t makerOf(std::string_view temporaryName) {
  const std::size_t mark = temporaryName.rfind(kTemporaryMark);
  if (mark == std::string_view::npos) return -1;
  const std::string_view rest = temporaryName.substr(mark + kTemporaryMark.size());
  pid_t process = -1;
  unsigned count = 0;
  const auto [dash, first] = std::from_chars(rest.data(), rest.data() + rest.size(), process);
  if (first != std::errc{} || dash == rest.data() + rest.size() || *dash != '-') return -1;
  const auto [end, second] = std::from_chars(dash + 1, rest.data() + rest.size(), count);
  return second == std::errc{} && (end == rest.data() + rest.size() || *end == '-') ? process : -1;
}

/// What killed processes left of this very file. Another host's process of that number may still be alive on
/// a shared disk: then its file stays until that number is free here as well.
void removeLeftovers(const std::string& path) {
  const fs::path target(path);
  const std::string beginning = target.filename().string() + std::string(kTemporaryMark);
  std::error_code code;
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(beginning)) continue;
    const pid_t maker = makerOf(name);
    if (maker > 0 && maker != ::getpid() && ::kill(maker, 0) != 0 && errno == ESRCH)
      leftovers.push_back(entry->path());
  }
  for (const fs::path& leftover : leftovers)
    fs::remove(leftover, code);
}

/// Where a write to a path goes, links followed.
struct Target {
  std::string path;
  bool exists = false;
  mode_t mode = 0;

  std::string folder() const {
    const std::string parent = fs::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
  }
};

Result<Target> targetOf(const std::string& path, Overwrite overwrite) {
  Result<std::string> named = throughLinks(path);
  if (!named) return std::move(named).error();
  Target target{*std::move(named)};
  struct stat facts {};
  target.exists = ::stat(target.path.c_str(), &facts) == 0;
  target.mode = facts.st_mode;
  if (!target.exists) return target;
  ANCHORSCOPE_TRY(notRegular(path, target.mode));
  if (overwrite == Overwrite::kNo)
    return makeError(ErrorCode::kExists, concat("'", path, "' exists already"),
                     "Choose another name or allow overwriting");
  return target;
}

Result<std::string> readUpTo(const Descriptor& file, const std::string& path, std::uint64_t count) {
  std::string bytes(count, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.number(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return readError(path, errno);
    if (got == 0) break;  // It has become shorter meanwhile.
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

Status writeFileAtomically(const std::string& path, Overwrite overwrite,
                           const std::function<Status(const std::string&)>& write) {
  const Result<Target> target = targetOf(path, overwrite);
  if (!target) return target.error();
  removeLeftovers(target->path);
  static std::atomic<unsigned> counter{0};
  const std::string temporary = concat(target->path, kTemporaryMark, ::getpid(), "-", counter.fetch_add(1));
  std::error_code code;
  Status status = write(temporary);
  if (status && target->exists && ::chmod(temporary.c_str(), target->mode & 07777U) != 0)
    status = ioError("Cannot write", path, errno);
  if (status) status = flushToDisk(temporary);
  if (status && ::rename(temporary.c_str(), target->path.c_str()) != 0)
    status = ioError("Cannot write", path, errno);
  if (!status) {
    fs::remove(temporary, code);
    return status;
  }
  return flushToDisk(target->folder());
}

Status checkWritable(const std::string& path, Overwrite overwrite) {
  const Result<Target> target = targetOf(path, overwrite);
  if (!target) return target.error();
  if (::access(target->folder().c_str(), W_OK | X_OK) != 0) return ioError("Cannot write", path, errno);
  return {};
}

Status writeFileAtomically(const std::string& path, std::string_view bytes, Overwrite overwrite) {
  return writeFileAtomically(path, overwrite, [&](const std::string& temporary) -> Status {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.number() < 0) return ioError("Cannot write", path, errno);
    std::size_t written = 0;
    while (written < bytes.size()) {
      const ssize_t count = ::write(file.number(), bytes.data() + written, bytes.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return ioError("Cannot write", path, errno);
      written += static_cast<std::size_t>(count);
    }
    if (const int failure = file.close(); failure != 0) return ioError("Cannot write", path, failure);
    return {};
  });
}

namespace {

/// Opens without waiting for a pipe's other end, and looks at what was opened, not at what the name meant a
/// moment before.
Result<std::string> readRegular(const std::string& path, std::uint64_t largestBytes, bool refuseLarger) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) {
    if (errno == ENXIO)
      return makeError(ErrorCode::kIo, concat("'", path, "' is a socket, not a file"), "Name a regular file");
    return readError(path, errno);
  }
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return readError(path, errno);
  ANCHORSCOPE_TRY(notRegular(path, facts.st_mode));
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  if (size > largestBytes && refuseLarger)
    return makeError(ErrorCode::kBadData,
                     concat("'", path, "' has ", size, " bytes, more than the ", largestBytes,
                            " that are read of such a file"),
                     "Check that it is the file that was meant");
  return readUpTo(file, path, std::min(size, largestBytes));
}

}  // namespace

Result<std::string> readFile(const std::string& path, std::uint64_t largestBytes) {
  return readRegular(path, largestBytes, /*refuseLarger=*/true);
}

Result<std::string> readBeginning(const std::string& path, std::size_t count) {
  return readRegular(path, count, /*refuseLarger=*/false);
}

Status checkRegularFile(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return notRegular(path, facts.st_mode);
}

}  // namespace anchorscope
