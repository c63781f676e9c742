#include "core/base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/base/check.h"

namespace anchorscope {
namespace {

Error ioError(const std::string& what, const std::string& path, int code,
              const char* action = "Check that the path exists and may be written") {
  const ErrorCode kind = code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return makeError(kind, concat(what, " '", path, "': ", std::strerror(code)),
                   code == ENOSPC ? "Free some disk space and try again" : action);
}

Error readError(const std::string& path, int code) {
  return ioError("Cannot read", path, code, "Check that the path is that of a file that may be read");
}

Status flushToDisk(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return ioError("Cannot open", path, errno);
  const int code = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  // Some file systems refuse fsync on folders; the rename has happened all the same.
  if (code != 0 && code != EINVAL) return ioError("Cannot flush", path, code);
  return {};
}

}  // namespace

Status writeFileAtomically(const std::string& path, Overwrite overwrite,
                           const std::function<Status(const std::string&)>& write) {
  namespace fs = std::filesystem;
  std::error_code code;
  if (overwrite == Overwrite::kNo && fs::exists(path, code))
    return makeError(ErrorCode::kExists, concat("'", path, "' exists already"),
                     "Choose another name or allow overwriting");
  static std::atomic<unsigned> counter{0};
  const std::string temporary = concat(path, ".part-", ::getpid(), "-", counter.fetch_add(1));
  if (Status status = write(temporary); !status) {
    fs::remove(temporary, code);
    return std::move(status).error();
  }
  if (Status status = flushToDisk(temporary); !status) {
    fs::remove(temporary, code);
    return std::move(status).error();
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int renameCode = errno;
    fs::remove(temporary, code);
    return ioError("Cannot write", path, renameCode);
  }
  const std::string folder = fs::path(path).parent_path().string();
  return flushToDisk(folder.empty() ? "." : folder);
}

Status writeFileAtomically(const std::string& path, std::string_view bytes, Overwrite overwrite) {
  return writeFileAtomically(path, overwrite, [&](const std::string& temporary) -> Status {
    const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return ioError("Cannot write", path, errno);
    std::size_t written = 0;
    while (written < bytes.size()) {
      const ssize_t count = ::write(file, bytes.data() + written, bytes.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        const int writeCode = errno;
        ::close(file);
        return ioError("Cannot write", path, writeCode);
      }
      written += static_cast<std::size_t>(count);
    }
    if (::close(file) != 0) return ioError("Cannot write", path, errno);
    return {};
  });
}

Result<std::string> readFile(const std::string& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code))
    return makeError(ErrorCode::kIo, concat("'", path, "' is a folder, not a file"), "Name a file");
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  if (!stream) return readError(path, errno ? errno : EIO);
  const std::streamoff size = stream.tellg();
  if (size < 0) return readError(path, EIO);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  stream.seekg(0);
  if (!stream.read(bytes.data(), size)) return readError(path, EIO);
  return bytes;
}

}  // namespace anchorscope
