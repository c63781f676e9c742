#pragma once
// The parts of a zip file, read with libzip within a budget. std only.

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.h"

struct zip;

namespace anchorscope {

/// A zip file that is open for reading. Everything read from one may come to four times the file's size and
/// 16 MiB: torch.save does not compress, so more is damage or malice, and is refused before it is allocated.
class ZipFile {
 public:
  /// kBadData when `path` holds no zip file; as readFile() where it cannot be read.
  static Result<ZipFile> open(const std::string& path);

  /// The name of the first part; empty when there is none.
  std::string firstName() const;
  /// Bytes of a part as the file claims them: kNotFound when there is no such part, kBadData when they cannot
  /// be right.
  Result<std::uint64_t> size(const std::string& name) const;
  /// Reads a part of exactly `size` bytes, checking its checksum.
  Status read(const std::string& name, void* out, std::uint64_t size);
  Result<std::string> read(const std::string& name);

 private:
  struct Close {
    void operator()(zip* archive) const;
  };
  Error damaged(const std::string& what) const;

  std::string path_;
  std::unique_ptr<zip, Close> archive_;
  std::uint64_t fileBytes_ = 0, budget_ = 0;
};

}  // namespace anchorscope
