#include "core/model/zip_file.h"

#include <zip.h>

#include <filesystem>

#include "core/base/atomic_file.h"
#include "core/base/check.h"

namespace anchorscope {

void ZipFile::Close::operator()(zip* archive) const {
  ::zip_discard(archive);
}

Error ZipFile::damaged(const std::string& what) const {
  return makeError(ErrorCode::kBadData, concat(path_, ": the zip file is damaged: ", what),
                   "Download or save the file again");
}

Result<ZipFile> ZipFile::open(const std::string& path) {
  ANCHORSCOPE_TRY(checkRegularFile(path));
  ZipFile file;
  file.path_ = path;
  std::error_code code;
  const std::uintmax_t bytes = std::filesystem::file_size(path, code);
  if (code)
    return makeError(ErrorCode::kNotFound, concat("Cannot open ", path, ": ", code.message()),
                     "Check the path");
  file.fileBytes_ = bytes;
  constexpr std::uint64_t kAllowance = 16U << 20U;
  file.budget_ = 4 * file.fileBytes_ + kAllowance;
  int problem = 0;
  file.archive_.reset(::zip_open(path.c_str(), ZIP_RDONLY, &problem));
  if (!file.archive_) {
    ::zip_error_t error;
    ::zip_error_init_with_code(&error, problem);
    const std::string text = ::zip_error_strerror(&error);
    ::zip_error_fini(&error);
    return file.damaged(text);
  }
  return file;
}

std::string ZipFile::firstName() const {
  const char* name = ::zip_get_name(archive_.get(), 0, ZIP_FL_ENC_RAW);
  return name ? name : "";
}

Result<std::uint64_t> ZipFile::size(const std::string& name) const {
  ::zip_stat_t facts;
  if (::zip_stat(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW, &facts) != 0 ||
      (facts.valid & ZIP_STAT_SIZE) == 0 || (facts.valid & ZIP_STAT_COMP_METHOD) == 0)
    return makeError(ErrorCode::kNotFound, concat(path_, ": its part ", name, " is missing"),
                     "Download or save the file again");
  const bool stored = facts.comp_method == ZIP_CM_STORE;
  if (facts.size > budget_ || (stored && facts.size > fileBytes_))
    return damaged(concat("its part ", name, " claims ", facts.size, " bytes; the file has ", fileBytes_));
  return facts.size;
}

Status ZipFile::read(const std::string& name, void* out, std::uint64_t size) {
  const Result<std::uint64_t> claimed = this->size(name);
  if (!claimed) return claimed.error();
  ANCHORSCOPE_CHECK(*claimed == size, "part ", name, " has another size");
  budget_ -= size;
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> part(
      ::zip_fopen(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW), &::zip_fclose);
  if (!part) return damaged(concat("part ", name, ": ", ::zip_strerror(archive_.get())));
  auto* bytes = static_cast<char*>(out);
  std::uint64_t done = 0;
  char beyond = 0;
  while (true) {  // one read past the end, since only that one checks the checksum
    const std::uint64_t left = size - done;
    const zip_int64_t count = ::zip_fread(part.get(), left > 0 ? bytes + done : &beyond, left > 0 ? left : 1);
    if (count < 0) return damaged(concat("part ", name, ": ", ::zip_file_strerror(part.get())));
    if (count == 0 && left == 0) return {};
    if (count == 0 || left == 0) return damaged(concat("part ", name, " has another length than it says"));
    done += static_cast<std::uint64_t>(count);
  }
}

Result<std::string> ZipFile::read(const std::string& name) {
  const Result<std::uint64_t> bytes = size(name);
  if (!bytes) return bytes.error();
  std::string text(static_cast<std::size_t>(*bytes), '\0');
  ANCHORSCOPE_TRY(read(name, text.data(), *bytes));
  return text;
}

}  // namespace anchorscope
