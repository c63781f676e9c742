#include "core/data/file_index.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <unordered_set>

#include "core/base/check.h"
#include "core/data/image_io.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

Error cannotList(const std::string& folder, const std::error_code& code) {
  const bool missing = code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory;
  return makeError(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                   concat("Cannot list the folder '", folder, "': ", code.message()),
                   "Check the path and its permissions");
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The first of `candidates` that is `wanted` as written, else the only one.
std::optional<std::string> choose(const std::vector<std::string>& paths,
                                  const std::vector<std::size_t>& candidates, const std::string& wanted) {
  for (const std::size_t i : candidates)
    if (paths[i] == wanted) return paths[i];
  if (candidates.size() == 1) return paths[candidates.front()];
  return std::nullopt;
}

}  // namespace

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view lastPart(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string withoutExtension(std::string_view path) {
  const std::size_t dot = path.find_last_of("./\\");
  const bool extension = dot != std::string_view::npos && dot > 0 && path[dot] == '.' && path[dot - 1] != '/';
  return std::string(extension ? path.substr(0, dot) : path);
}

std::optional<std::string> percentDecoded(std::string_view text) {
  std::string out;
  bool any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 && hexDigit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]));
      i += 2;
      any = true;
    } else {
      out += text[i];
    }
  }
  if (!any) return std::nullopt;
  return out;
}

std::string withHome(const std::string& path) {
  if (path.empty() || path[0] != '~' || (path.size() > 1 && path[1] != '/')) return path;
  const char* home = std::getenv("HOME");
  return home == nullptr ? path : home + path.substr(1);
}

std::optional<FoundPath> findPath(const std::string& base, const std::string& text) {
  std::error_code ignored;
  const auto at = [&](const std::string& part) {
    return (fs::path(base) / part).lexically_normal().string();
  };
  const std::string written = withHome(text);
  if (fs::exists(at(written), ignored)) return FoundPath{at(written), true};
  std::string slashed = written;
  std::replace(slashed.begin(), slashed.end(), '\\', '/');
  if (slashed != written && fs::exists(at(slashed), ignored)) return FoundPath{at(slashed), false};
  for (std::size_t slash = slashed.find('/'); slash != std::string::npos;
       slash = slashed.find('/', slash + 1)) {
    const std::string rest = slashed.substr(slash + 1);
    // What is left must still name something, below `base`.
    if (rest.empty() || rest[0] == '/' || rest == "." || rest.starts_with("..")) continue;
    if (fs::exists(at(rest), ignored)) return FoundPath{at(rest), false};
  }
  return std::nullopt;
}

Result<FileIndex> FileIndex::of(const std::string& folder, Depth depth) {
  FileIndex out;
  out.folder_ = folder;
  std::error_code code;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::follow_directory_symlink, code);
  if (code) return cannotList(folder, code);
  // Folders already seen, so that a link to a folder above does not lead round and round.
  std::unordered_set<std::string> seen{fs::canonical(folder, code).string()};
  const std::size_t prefix = folder.size() + (folder.empty() || folder.back() != '/' ? 1 : 0);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    std::error_code ignored;
    const std::string& path = entry->path().native();
    const std::string relative = path.substr(std::min(prefix, path.size()));
    const bool hidden = lastPart(relative).starts_with('.');
    if (entry->is_directory(ignored)) {
      const bool enter =
          depth == Depth::kTree && !hidden && seen.insert(fs::canonical(path, ignored).string()).second;
      if (!enter) entry.disable_recursion_pending();
      if (hidden && depth == Depth::kTree) out.hidden_.push_back(relative + "/");
      continue;
    }
    (hidden ? out.hidden_ : out.paths_).push_back(relative);
  }
  if (code) return cannotList(folder, code);
  out.index();
  return out;
}

void FileIndex::index() {
  std::sort(paths_.begin(), paths_.end());
  std::sort(hidden_.begin(), hidden_.end());
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    const std::string lower = lowered(paths_[i]);
    byPath_[lower].push_back(i);
    byStem_[withoutExtension(lower)].push_back(i);
    byName_[std::string(lastPart(lower))].push_back(i);
  }
}

std::optional<std::string> FileIndex::find(const std::string& path) const {
  const auto found = byPath_.find(lowered(path));
  if (found == byPath_.end()) return std::nullopt;
  return choose(paths_, found->second, path);
}

std::vector<std::string> FileIndex::ofStem(const std::string& stem) const {
  std::vector<std::string> exact, other;
  const auto found = byStem_.find(lowered(stem));
  if (found == byStem_.end()) return {};
  for (const std::size_t i : found->second)
    (withoutExtension(paths_[i]) == stem ? exact : other).push_back(paths_[i]);
  return exact.empty() ? other : exact;
}

std::optional<std::string> FileIndex::onlyOfName(std::string_view name) const {
  const auto found = byName_.find(lowered(name));
  if (found == byName_.end() || found->second.size() != 1) return std::nullopt;
  return paths_[found->second.front()];
}

std::vector<std::string> imagesOf(const FileIndex& index) {
  std::vector<std::string> names;
  std::copy_if(index.paths().begin(), index.paths().end(), std::back_inserter(names), hasImageExtension);
  return names;
}

}  // namespace anchorscope
