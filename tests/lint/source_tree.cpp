#include "tests/lint/source_tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace anchorscope::lint {
namespace {

namespace fs = std::filesystem;

bool isText(const fs::path& path) {
  static const std::set<std::string> kExtensions = {".h",   ".cpp",   ".cu",   ".cuh",  ".py",   ".sh",
                                                    ".txt", ".cmake", ".json", ".toml", ".yaml", ".md",
                                                    ".qss", ".qrc",   ".svg",  ".in"};
  static const std::set<std::string> kNames = {"dev",           "run",         "LICENSE",
                                               ".clang-format", ".clang-tidy", ".gitignore"};
  return kExtensions.contains(path.extension().string()) || kNames.contains(path.filename().string());
}

bool isSkippedFolder(const std::string& name) {
  static const std::set<std::string> kOutput = {"build", "runs", "bench-results", "__pycache__"};
  return kOutput.contains(name) || (name.starts_with('.') && name != ".ci");
}

std::string readAll(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> includesOf(const std::string& text) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  std::vector<std::string> includes;
  std::istringstream lines(text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);)
    if (line.find("include") != std::string::npos && std::regex_search(line, match, kInclude))
      includes.push_back(match[1]);
  return includes;
}

}  // namespace

bool SourceFile::isHeader() const {
  return path.ends_with(".h") || path.ends_with(".cuh");
}

bool SourceFile::isCode() const {
  return isHeader() || path.ends_with(".cpp") || path.ends_with(".cu");
}

bool SourceFile::isBelow(std::string_view folder) const {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

SourceTree::SourceTree(const fs::path& root) {
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator();
       ++entry) {
    const fs::path& path = entry->path();
    const std::string name = fs::relative(path, root).generic_string();
    if (entry->is_directory()) {
      if (isSkippedFolder(path.filename().string()))
        entry.disable_recursion_pending();
      else
        paths_.insert(name);
      continue;
    }
    if (!entry->is_regular_file()) continue;
    paths_.insert(name);
    if (!isText(path)) continue;
    SourceFile file{name, readAll(path), {}};
    if (file.isCode()) file.includes = includesOf(file.text);
    files_.push_back(std::move(file));
  }
  std::ranges::sort(files_, {}, &SourceFile::path);
}

const SourceFile* SourceTree::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(files_, path, {}, &SourceFile::path);
  return found != files_.end() && found->path == path ? &*found : nullptr;
}

const std::set<std::string>& SourceTree::outsideIncludes(const SourceFile& file) const {
  const auto [place, isNew] = outside_.try_emplace(file.path);
  if (!isNew) return place->second;
  // Headers guard themselves, so a ring of includes ends; the walk below visits each file once.
  std::set<std::string> visited = {file.path};
  std::vector<const SourceFile*> waiting = {&file};
  while (!waiting.empty()) {
    const SourceFile* next = waiting.back();
    waiting.pop_back();
    for (const std::string& include : next->includes) {
      const SourceFile* inside = find(include);
      if (inside == nullptr)
        place->second.insert(include);
      else if (visited.insert(inside->path).second)
        waiting.push_back(inside);
    }
  }
  return place->second;
}

}  // namespace anchorscope::lint
