#pragma once
// Internal header. The files below a folder, found under the names by which annotations call them: with
// another case, without extension, as the last part of a path of another machine.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

/// ASCII letters made small.
std::string lowered(std::string_view text);
/// The last part of a path, after '/' or '\'.
std::string_view lastPart(std::string_view path);
/// A path without the extension of its last part.
std::string withoutExtension(std::string_view path);
/// "d%C3%A9" -> "dé"; nothing when there is no such escape in it.
std::optional<std::string> percentDecoded(std::string_view text);
/// "~" and "~/..." with the home folder in place of "~".
std::string withHome(const std::string& path);

/// A path found for what a file calls it.
struct FoundPath {
  std::string path;
  bool asWritten = true;  ///< False: found by a guess that should be told.
};

/// A path that stands in a file, on the folder `base`: as it stands; else with '/' for '\'; else its longest
/// end that exists there (images/train of D:\data\set\images\train). Nothing when none exists.
std::optional<FoundPath> findPath(const std::string& base, const std::string& text);

/// Regular files and links to them below a folder, with their relative paths.
class FileIndex {
 public:
  enum class Depth { kFolder, kTree };

  /// kTree enters every folder once, also when links lead to it again. Names that begin with a dot (trash,
  /// resource forks, notebook checkpoints) are left out and counted. kNotFound or kIo when a folder cannot be
  /// listed.
  static Result<FileIndex> of(const std::string& folder, Depth depth = Depth::kTree);

  const std::string& folder() const { return folder_; }
  const std::vector<std::string>& paths() const { return paths_; }    ///< Relative, sorted.
  const std::vector<std::string>& hidden() const { return hidden_; }  ///< Relative; folders end with '/'.

  /// The file of this relative path; the only one that differs in case if there is none.
  std::optional<std::string> find(const std::string& path) const;
  /// The files of this path without extension, in order; those that differ in case if there are none.
  std::vector<std::string> ofStem(const std::string& stem) const;
  /// The only file, in whatever folder, whose last part is this (case aside), or nothing.
  std::optional<std::string> onlyOfName(std::string_view name) const;

 private:
  void index();

  std::string folder_;
  std::vector<std::string> paths_, hidden_;
  std::unordered_map<std::string, std::vector<std::size_t>> byPath_, byStem_, byName_;  ///< Keys are lowered.
};

/// Those of an index that look like images by their extension.
std::vector<std::string> imagesOf(const FileIndex& index);

}  // namespace anchorscope
