#include "core/session/run_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

#include "core/base/check.h"
#include "core/session/journal.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"

namespace anchorscope {
namespace {
namespace fs = std::filesystem;

/// A folder that holds runs among many other things is not searched to its bottom.
constexpr int kLevels = 2;

/// A run on its way into the tree, with its whole journal.
struct Found {
  RunNode node;
  std::vector<ParameterChange> changes;
};

bool isFork(const ParameterChange& change, const RunParent& origin) {
  return change.cause == "forked" && change.step == origin.step;
}

/// What of a run's journal is its own: not what it has taken along from the run it was forked from, which may
/// itself have been forked at this step. Null: that run is not there.
void tellOwnChanges(Found& found, const Found* parent) {
  RunNode& node = found.node;
  std::size_t first = 0;
  if (parent)
    while (first < std::min(found.changes.size(), parent->changes.size()) &&
           found.changes[first].step <= node.origin.step && found.changes[first] == parent->changes[first])
      ++first;
  for (; first < found.changes.size(); ++first) {
    const ParameterChange& change = found.changes[first];
    if (change.step < node.origin.step) continue;
    if (isFork(change, node.origin))
      node.forkChanges.push_back(change);
    else if (change.step > node.origin.step || !node.forkChanges.empty())
      ++node.laterChanges;
  }
}

Status read(RunReader& run, Found& found) {
  RunNode& node = found.node;
  const RunHeader& header = run.header();
  node.id = header.id;
  node.origin = header.parent;
  node.method = header.methodName;
  node.model = header.modelName;
  node.data = header.dataSpec;
  node.startedAtUtc = header.startedAtUtc;
  node.lastStep = run.lastStep();
  node.plannedSteps = plannedSteps(run);
  auto changes = run.changes();
  if (!changes) return std::move(changes).error();
  found.changes = *std::move(changes);
  const auto ap = run.scalar("eval.ap");
  if (!ap) return ap.error();
  for (std::size_t i = 0; i < ap->steps.size(); ++i)
    if (ap->steps[i] > node.origin.step && ap->values[i] > node.bestAp) {
      node.bestAp = ap->values[i];
      node.bestApStep = ap->steps[i];
    }
  return {};
}

Found readNode(const fs::path& folder) {
  Found found;
  RunNode& node = found.node;
  node.folder = folder.string();
  node.name = folder.filename().string();
  auto run = openRun(node.folder, LostRows::kLookLater);
  Status status = run ? read(**run, found) : Status(std::move(run).error());
  if (!status) node.problem = std::move(status).error();
  return found;
}

void collect(const fs::path& folder, int levels, std::vector<Found>& out) {
  std::error_code code;
  if (fs::exists(tracePath(folder.string()), code)) out.push_back(readNode(folder));
  if (levels == 0) return;
  std::vector<fs::path> below;
  for (fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, code), end;
       !code && it != end; it.increment(code))
    if (std::error_code failed; it->is_directory(failed) && !it->is_symlink(failed))
      below.push_back(it->path());
  for (const fs::path& path : below)
    collect(path, levels - 1, out);
}

/// Which of them is the parent; a run that was copied is found by its id alone.
int parentOf(const RunNode& node, const std::vector<Found>& runs) {
  if (node.origin.step < 0) return -1;
  int byFolder = -1;
  for (int i = 0; i < static_cast<int>(runs.size()); ++i) {
    const RunNode& other = runs[static_cast<std::size_t>(i)].node;
    if (&other == &node) continue;
    if (!node.origin.id.empty() && other.id == node.origin.id) return i;
    if (other.folder == node.origin.folder && node.origin.id.empty()) byFolder = i;
  }
  return byFolder;
}

void place(int index, int parent, int depth, std::vector<Found>& found,
           const std::vector<std::vector<int>>& children, std::vector<RunNode>& out) {
  RunNode& node = found[static_cast<std::size_t>(index)].node;
  node.parent = parent;
  node.depth = depth;
  const int at = static_cast<int>(out.size());
  out.push_back(std::move(node));
  for (const int child : children[static_cast<std::size_t>(index)])
    place(child, at, depth + 1, found, children, out);
}

}  // namespace

Result<RunTree> readRunTree(const std::string& folder) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return makeError(ErrorCode::kNotFound, concat("There is no folder '", folder, "'"),
                     "Name a folder that holds recorded runs");
  RunTree tree;
  tree.folder = fs::absolute(folder, code).lexically_normal().string();
  if (tree.folder.size() > 1 && tree.folder.ends_with('/')) tree.folder.pop_back();
  std::vector<Found> found;
  collect(tree.folder, kLevels, found);
  std::sort(found.begin(), found.end(), [](const Found& one, const Found& other) {
    const RunNode &a = one.node, &b = other.node;
    return std::tie(a.origin.step, a.startedAtUtc, a.folder) <
           std::tie(b.origin.step, b.startedAtUtc, b.folder);
  });
  std::vector<int> parents;
  std::vector<std::vector<int>> children(found.size());
  for (const Found& each : found)
    parents.push_back(parentOf(each.node, found));
  const auto isBelowItself = [&](int index) {  // only in files that somebody made
    int above = parents[static_cast<std::size_t>(index)];
    for (std::size_t i = 0; i < found.size() && above >= 0; ++i)
      above = parents[static_cast<std::size_t>(above)];
    return above >= 0;
  };
  std::vector<int> roots;
  for (int i = 0; i < static_cast<int>(found.size()); ++i)
    if (isBelowItself(i)) parents[static_cast<std::size_t>(i)] = -1;
  for (int i = 0; i < static_cast<int>(found.size()); ++i) {
    const int parent = parents[static_cast<std::size_t>(i)];
    tellOwnChanges(found[static_cast<std::size_t>(i)],
                   parent < 0 ? nullptr : &found[static_cast<std::size_t>(parent)]);
    (parent < 0 ? roots : children[static_cast<std::size_t>(parent)]).push_back(i);
  }
  for (const int root : roots)
    place(root, -1, 0, found, children, tree.runs);
  return tree;
}

Result<CheckpointList> readCheckpoints(const std::string& folder) {
  auto run = openRun(folder, LostRows::kLookLater);
  if (!run) return std::move(run).error();
  auto changes = (*run)->changes();
  if (!changes) return std::move(changes).error();
  const auto ap = (*run)->scalar("eval.ap");
  if (!ap) return ap.error();
  CheckpointList out;
  out.folder = folder;
  out.lastStep = (*run)->lastStep();
  for (const std::string& path : listCheckpoints(folder)) {
    CheckpointEntry entry;
    entry.path = path;
    entry.step = checkpointStep(path);
    struct stat file {};
    if (::stat(path.c_str(), &file) == 0) {
      entry.bytes = file.st_size;
      entry.writtenAt = file.st_mtime;
    }
    const auto evaluated = std::find(ap->steps.begin(), ap->steps.end(), entry.step);
    if (evaluated != ap->steps.end())
      entry.ap = ap->values[static_cast<std::size_t>(evaluated - ap->steps.begin())];
    for (const ParameterChange& change : *changes)
      if (change.step == entry.step) entry.changes.push_back(change);
    out.checkpoints.push_back(std::move(entry));
  }
  return out;
}

}  // namespace anchorscope
