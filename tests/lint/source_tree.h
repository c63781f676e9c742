#pragma once
// The text files of the project and what they include, read from disk once.

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace anchorscope::lint {

struct SourceFile {
  std::string path;  ///< Relative to the root, with '/'.
  std::string text;
  std::vector<std::string> includes;  ///< As written between the quotes or angle brackets, in order.

  bool isHeader() const;  ///< .h or .cuh
  bool isCode() const;    ///< C++ or CUDA
  bool isBelow(std::string_view folder) const;
};

class SourceTree {
 public:
  /// Reads the text files below `root`; build output, recorded runs and hidden folders other than .ci are
  /// left out.
  explicit SourceTree(const std::filesystem::path& root);

  const std::vector<SourceFile>& files() const { return files_; }
  const SourceFile* find(std::string_view path) const;
  /// Whether this is a file or folder of the project, text or not.
  bool has(const std::string& path) const { return paths_.contains(path); }

  /// Everything a file reaches through the project's own headers: includes that are not files of the project.
  const std::set<std::string>& outsideIncludes(const SourceFile& file) const;

 private:
  std::vector<SourceFile> files_;
  std::set<std::string> paths_;
  mutable std::map<std::string, std::set<std::string>> outside_;
};

}  // namespace anchorscope::lint
