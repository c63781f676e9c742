#pragma once
// A new, empty folder that is removed with everything in it when it goes out of scope.

#include <filesystem>
#include <string>
#include <string_view>

namespace anchorscope::testing {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  /// Writes a file (and the folders above it) and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

/// A file's whole content; fails the running test and returns "" when it cannot be read.
std::string readFile(const std::filesystem::path& path);

}  // namespace anchorscope::testing
