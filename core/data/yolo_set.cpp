// https://docs.ultralytics.com/datasets/detect/; Darknet: https://github.com/AlexeyAB/darknet.
#include "core/data/yolo_set.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/text.h"
#include "core/data/dataset_builder.h"
#include "core/data/text_encoding.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

/// Also of files of class names; yaml-cpp needs some hundred bytes for every letter of "[a,a,a".
constexpr std::uint64_t kLargestYaml = std::uint64_t{2} << 20U;

Error badYaml(const std::string& path, const std::string& what,
              const YAML::Mark& mark = YAML::Mark::null_mark()) {
  const std::string place = mark.is_null() ? std::string{} : concat(", line ", mark.line + 1);
  return makeError(ErrorCode::kBadData, concat("'", path, "'", place, ": ", what),
                   "A data.yaml holds train, val and names");
}

std::optional<std::size_t> indexOf(const YAML::Node& node) {
  const std::optional<double> number = node.IsScalar() ? parseNumber(node.Scalar()) : std::nullopt;
  if (!number || !(*number >= 0 && *number < 1e6) || *number != std::floor(*number)) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

Result<std::vector<std::string>> namesOf(const YAML::Node& node, const YAML::Node& count,
                                         const std::string& path) {
  std::vector<std::string> names;
  if (node && node.IsSequence()) {
    for (const YAML::Node& name : node) {
      if (!name.IsScalar()) return badYaml(path, "a class name that is no text", name.Mark());
      names.push_back(name.Scalar());
    }
  } else if (node && node.IsMap()) {
    std::map<std::size_t, std::string> byIndex;
    for (const auto& entry : node) {
      const std::optional<std::size_t> index = indexOf(entry.first);
      if (!index || !entry.second.IsScalar())
        return badYaml(path, "names must map 0, 1, 2 ... to class names", entry.first.Mark());
      if (!byIndex.try_emplace(*index, entry.second.Scalar()).second)
        return badYaml(path, concat("names has class ", *index, " twice"), entry.first.Mark());
    }
    for (const auto& [index, name] : byIndex) {
      if (index != names.size())
        return badYaml(path, concat("names lacks class ", names.size()), node.Mark());
      names.push_back(name);
    }
  } else if ((!node || node.IsNull()) && count.IsScalar()) {
    const std::optional<std::size_t> number = indexOf(count);
    if (!number || *number == 0) return badYaml(path, "nc is no number of classes", count.Mark());
    if (*number > kMaxClasses)
      return badYaml(path, concat("nc is ", *number, "; at most ", kMaxClasses), count.Mark());
    for (std::size_t i = 0; i < *number; ++i)
      names.push_back(concat(i));
  }
  if (names.empty())
    return badYaml(path, node && node.IsScalar()
                             ? concat("'names' is the text '", printable(node.Scalar()).substr(0, 80),
                                      "', not a list or a map (a blank must follow each '0:')")
                             : "no class names: 'names' must be a list or a map");
  if (names.size() > kMaxClasses)
    return badYaml(path, concat("names has ", names.size(), " classes; at most ", kMaxClasses));
  return names;
}

/// The value of a key whose case does not matter, the first of several names.
struct Found {
  YAML::Node node;
  std::string key;
};

Found valueIn(const YAML::Node& map, const std::vector<const char*>& names) {
  for (const char* name : names)
    for (const auto& entry : map)
      if (entry.first.IsScalar() && lowered(entry.first.Scalar()) == name && entry.second.IsDefined() &&
          !entry.second.IsNull())
        return {entry.second, entry.first.Scalar()};
  return {};
}

/// Also behind the merge key: `<<: *base`.
Found valueOf(const YAML::Node& document, const std::vector<const char*>& names) {
  Found found = valueIn(document, names);
  if (!found.key.empty()) return found;
  const Found merged = valueIn(document, {"<<"});
  return !merged.key.empty() && merged.node.IsMap() ? valueIn(merged.node, names) : found;
}

/// Of two values of one key, readers of YAML take the first or the last: neither is what was meant.
Status checkKeys(const YAML::Node& document, const std::string& path) {
  std::set<std::string> keys;
  for (const auto& entry : document)
    if (entry.first.IsScalar() && !keys.insert(entry.first.Scalar()).second)
      return badYaml(path, concat("'", printable(entry.first.Scalar()).substr(0, 80), "' stands there twice"),
                     entry.first.Mark());
  return {};
}

Status readEntries(const YAML::Node& document, YoloSet& set) {
  const std::pair<const char*, std::vector<const char*>> splits[] = {{"train", {"train", "training"}},
                                                                     {"val", {"val", "valid", "validation"}},
                                                                     {"test", {"test", "testing"}}};
  for (const auto& [split, names] : splits) {
    const Found found = valueOf(document, names);
    if (found.key.empty()) continue;
    std::vector<std::string> paths;
    const auto add = [&](const YAML::Node& node) {
      if (node.IsScalar() && !trimmed(node.Scalar()).empty()) paths.emplace_back(trimmed(node.Scalar()));
    };
    if (found.node.IsScalar() && trimmed(found.node.Scalar()).empty()) continue;  // `test: ""`
    add(found.node);
    if (found.node.IsSequence())
      for (const YAML::Node& entry : found.node)
        add(entry);
    if (paths.empty())
      return badYaml(set.path, concat(split, " is neither a path nor a list of paths"), found.node.Mark());
    if (found.key != split)
      set.notes.push_back({rule::kLayout, concat("'", found.key, "' is read as ", split)});
    set.entries[split] = std::move(paths);
  }
  return {};
}

void readRoot(const YAML::Node& document, YoloSet& set) {
  const Found found = valueOf(document, {"path"});
  if (found.key.empty() || !found.node.IsScalar() || trimmed(found.node.Scalar()).empty()) return;
  const std::string written(trimmed(found.node.Scalar()));
  std::error_code ignored;
  const std::string root = (fs::path(set.root) / withHome(written)).lexically_normal().string();
  if (fs::is_directory(root, ignored)) {
    set.root = root;
    return;
  }
  // Many sets are moved after `path` was written: then the entries stand on the file's own folder.
  set.notes.push_back({rule::kOtherName, concat("path: there is no folder '", root,
                                                "', so entries stand on the folder of the file")});
}

Result<YoloSet> readYaml(const std::string& path) {
  const Result<std::string> text = readText(path, kLargestYaml);
  if (!text) return text.error();
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(*text);
    if (documents.size() > 1)
      return badYaml(path, concat(documents.size(), " YAML documents, not one"), documents[1].Mark());
    const YAML::Node document = documents.empty() ? YAML::Node() : documents[0];
    if (!document.IsMap())
      return badYaml(path, document.IsNull() ? "an empty file, not a YAML map" : "not a YAML map");
    ANCHORSCOPE_TRY(checkKeys(document, path));
    YoloSet set;
    set.path = path;
    set.root = fs::absolute(path).lexically_normal().parent_path().string();
    readRoot(document, set);
    const YAML::Node count = valueOf(document, {"nc"}).node;
    Result<std::vector<std::string>> names = namesOf(valueOf(document, {"names"}).node, count, path);
    if (!names) return std::move(names).error();
    set.classNames = std::move(*names);
    if (count.IsDefined() && count.IsScalar() && indexOf(count) != set.classNames.size())
      return badYaml(path,
                     concat("nc is ", printable(count.Scalar()), ", but names has ",
                            counted(static_cast<std::int64_t>(set.classNames.size()), "class", "classes")),
                     count.Mark());
    ANCHORSCOPE_TRY(readEntries(document, set));
    if (const YAML::Node shape = valueOf(document, {"kpt_shape"}).node;
        shape.IsDefined() && shape.IsSequence()) {
      const std::size_t points = shape.size() == 2 ? indexOf(shape[0]).value_or(0) : 0;
      const std::size_t numbers = shape.size() == 2 ? indexOf(shape[1]).value_or(0) : 0;
      if (points == 0 || points > 10000 || numbers < 2 || numbers > 3)
        return badYaml(path, "kpt_shape must be the number of key points and 2 or 3", shape.Mark());
      set.keyPoints = points, set.numbersPerKeyPoint = numbers;
    }
    return set;
  } catch (const YAML::Exception& exception) {
    const bool deep = dynamic_cast<const YAML::DeepRecursion*>(&exception) != nullptr;
    Error error = badYaml(path, deep ? "lists and maps lie too deep within one another" : exception.msg,
                          exception.mark);
    if (exception.msg.find("escape") != std::string::npos)
      error.action = "A path of Windows in double quotes reads as escapes: write it with '/' instead of '\\'";
    return error;
  }
}

Result<std::vector<std::string>> namesFile(const std::string& path) {
  const Result<std::string> text = readText(path, kLargestYaml);
  if (!text) return text.error();
  std::vector<std::string> names;
  for (const std::string_view line : linesOf(*text))
    if (!trimmed(line).empty()) names.emplace_back(trimmed(line));
  if (names.empty() || names.size() > kMaxClasses)
    return makeError(ErrorCode::kBadData, concat("'", path, "' holds ", names.size(), " class names"),
                     concat("Write one per line, at most ", kMaxClasses));
  return names;
}

/// Lines "key = value". Its paths stand on the folder in which darknet was started, often one above.
Result<YoloSet> readDarknet(const std::string& path) {
  const Result<std::string> text = readText(path, kLargestYaml);
  if (!text) return text.error();
  YoloSet set;
  set.path = path;
  set.root = fs::absolute(path).lexically_normal().parent_path().string();
  set.notes.push_back({rule::kLayout, "read as Darknet's obj.data"});
  std::string names;
  for (const std::string_view line : linesOf(*text)) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = lowered(trimmed(line.substr(0, equals))), value(trimmed(line.substr(equals + 1)));
    if (value.empty()) continue;
    if (key == "names") names = value;
    if (key == "train" || key == "test") set.entries[key].push_back(value);
    if (key == "valid" || key == "val") set.entries["val"].push_back(value);
  }
  const auto found = findPath(set.root, names);
  if (names.empty() || !found)
    return makeError(ErrorCode::kBadData,
                     names.empty()
                         ? concat("'", path, "' has no line 'names = FILE'")
                         : concat("No file '", names, "' with the class names, named by '", path, "'"),
                     "Darknet's obj.data has the lines train, valid and names");
  Result<std::vector<std::string>> list = namesFile(found->path);
  if (!list) return std::move(list).error();
  set.classNames = *std::move(list);
  return set;
}

Error folderWithoutFile(const fs::path& folder) {
  std::error_code code;
  bool json = false, images = false;
  for (fs::directory_iterator entry(folder, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    json = json || entry->path().extension() == ".json";
    images = images || hasImageExtension(entry->path().string());
  }
  return makeError(
      ErrorCode::kUsage,
      concat("'", folder.string(), "' is a folder without a data.yaml",
             json && images ? "; JSON beside each image looks like LabelMe, which is not read" : ""),
      concat("Write ", (folder / "data.yaml").string(),
             " with 'train: FOLDER OF IMAGES' and 'names: [first class, second class]', and name it"));
}

Result<YoloSet> readFolderSet(const std::string& path) {
  std::error_code ignored;
  const fs::path folder = path;
  // What is no regular file is told by its reader.
  const auto isFile = [&](const fs::path& at) {
    return fs::exists(at, ignored) && !fs::is_directory(at, ignored);
  };
  for (const char* name : {"data.yaml", "data.yml", "dataset.yaml", "obj.data"})
    if (isFile(folder / name)) {
      Result<YoloSet> set = readYoloSet((folder / name).string());
      if (set) set->notes.push_back({rule::kLayout, concat("'", name, "' of the folder is read")});
      return set;
    }
  if (!isFile(folder / "classes.txt") || !fs::is_directory(folder / "images", ignored))
    return folderWithoutFile(folder);
  YoloSet set;
  set.path = (folder / "classes.txt").string();
  set.root = fs::absolute(folder).lexically_normal().string();
  Result<std::vector<std::string>> names = namesFile(set.path);
  if (!names) return std::move(names).error();
  set.classNames = *std::move(names);
  set.entries["train"] = {"images"};
  set.notes.push_back(
      {rule::kLayout, "no data.yaml: images/, labels/ and classes.txt of the folder are read"});
  return set;
}

}  // namespace

Result<YoloSet> readYoloSet(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return readFolderSet(path);
  return lowered(path).ends_with(".data") ? readDarknet(path) : readYaml(path);
}

}  // namespace anchorscope
