#include "core/data/spec.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/base/check.h"
#include "core/data/file_index.h"

namespace anchorscope {
namespace {

struct KindName {
  const char* prefix;
  DatasetKind kind;
  std::size_t minPaths, maxPaths;
  const char* form;
};

constexpr std::array<KindName, 5> kKinds{
    {{"voc", DatasetKind::kVoc, 1, 2, "voc:DIR[#split] or voc:ANNOTATIONS,IMAGES"},
     {"coco", DatasetKind::kCoco, 2, 2, "coco:JSON,IMAGES"},
     {"yolo", DatasetKind::kYolo, 1, 1, "yolo:YAML[#split]"},
     {"folder", DatasetKind::kFolder, 1, 1, "folder:DIR"},
     {"demo", DatasetKind::kDemo, 0, 1, "demo[:SEED][#split]"}}};

const char* const kForms =
    "A data set is named voc:DIR[#split], voc:ANNOTATIONS,IMAGES, coco:JSON,IMAGES, yolo:YAML[#split], "
    "folder:DIR or "
    "demo[:SEED][#split]";

bool exists(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && std::filesystem::exists(withHome(path), ignored);
}

/// One way to read the text after the prefix.
struct Reading {
  std::vector<std::string> paths;
  std::string split;
};

/// A split's name: no separators, so that a '#' in a folder's name does not pass for one.
bool isSplitName(const std::string& text) {
  return !text.empty() && text.find_first_of("/#,") == std::string::npos;
}

std::vector<Reading> readingsOf(const std::string& rest, const KindName& kind) {
  std::vector<Reading> withoutComma{{{rest}, ""}};
  const std::size_t hash = rest.rfind('#');
  if (hash != std::string::npos && isSplitName(rest.substr(hash + 1)))
    withoutComma.push_back({{rest.substr(0, hash)}, rest.substr(hash + 1)});
  std::vector<Reading> readings;
  for (const Reading& reading : withoutComma) {
    const std::string& body = reading.paths[0];
    if (kind.minPaths <= 1) readings.push_back(reading);
    if (kind.maxPaths < 2) continue;
    for (std::size_t comma = body.find(','); comma != std::string::npos; comma = body.find(',', comma + 1))
      readings.push_back({{body.substr(0, comma), body.substr(comma + 1)}, reading.split});
  }
  return readings;
}

Error notFound(const std::string& text, const std::vector<Reading>& readings, const KindName& kind) {
  if (readings.empty())
    return makeError(ErrorCode::kUsage, concat("'", text, "' is not of the form ", kind.form), kForms);
  // The reading in which the fewest paths are missing says best what is wrong; the last has its split cut
  // off.
  const Reading* best = nullptr;
  std::string bestMissing;
  std::size_t fewest = 3;
  for (const Reading& reading : readings) {
    std::size_t missing = 0;
    std::string first;
    for (const std::string& path : reading.paths) {
      if (exists(path)) continue;
      if (missing++ == 0) first = path;
    }
    const bool better = missing < fewest || (missing == fewest && best != nullptr && !reading.split.empty() &&
                                             reading.paths.size() == best->paths.size());
    if (!better) continue;
    best = &reading;
    fewest = missing;
    bestMissing = first;
  }
  return makeError(ErrorCode::kNotFound,
                   concat("No file or folder '", bestMissing, "', named by '", text, "'"),
                   concat("Check the path; the form is ", kind.form));
}

}  // namespace

std::string DatasetSpec::withSplit(const std::string& name) const {
  const std::string body = split.empty() ? text : text.substr(0, text.size() - split.size() - 1);
  return name.empty() ? body : body + "#" + name;
}

std::string DatasetSpec::absolute() const {
  if (kind == DatasetKind::kDemo) return text;
  std::string out = text.substr(0, text.find(':'));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    std::error_code code;
    const std::filesystem::path path = std::filesystem::absolute(paths[i], code);
    if (code) return text;
    std::string normal = path.lexically_normal().string();
    if (normal.size() > 1 && normal.back() == '/') normal.pop_back();  // "." at the end leaves one.
    out += (i == 0 ? ":" : ",") + normal;
  }
  if (!split.empty()) out += "#" + split;
  // A '#' or ',' in a folder above can give it another meaning: then it stays as it is.
  const Result<DatasetSpec> again = parseDatasetSpec(out);
  return again && again->paths.size() == paths.size() && again->split == split ? out : text;
}

Result<DatasetSpec> parseDatasetSpec(const std::string& text) {
  const std::string prefix = text.substr(0, text.find_first_of(":#"));
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const KindName& k) { return prefix == k.prefix; });
  if (kind == kKinds.end()) {
    const std::string hint =
        exists(text) ? concat("'", text, "' is a path without its format. ") : std::string{};
    return makeError(ErrorCode::kUsage, concat("'", text, "' names no data set"), hint + kForms);
  }
  DatasetSpec spec;
  spec.text = text;
  spec.kind = kind->kind;
  std::string rest = text.substr(prefix.size());

  if (spec.kind == DatasetKind::kDemo) {
    if (const std::size_t hash = rest.find('#'); hash != std::string::npos) {
      spec.split = rest.substr(hash + 1);
      rest.resize(hash);
    }
    if (!rest.empty()) {
      const std::string seed = rest.substr(1);
      const bool digits =
          !seed.empty() && seed.size() <= 18 && seed.find_first_not_of("0123456789") == std::string::npos;
      if (!digits)
        return makeError(ErrorCode::kUsage, concat("'", text, "': the demo's seed is a whole number"),
                         "Write demo:7#train");
      spec.paths.push_back(seed);
    }
    return spec;
  }

  if (rest.size() < 2 || rest[0] != ':')
    return makeError(ErrorCode::kUsage, concat("'", text, "' names no file"),
                     concat("The form is ", kind->form));
  rest.erase(0, 1);
  const std::vector<Reading> readings = readingsOf(rest, *kind);
  std::vector<Reading> possible;
  for (const Reading& reading : readings)
    if (std::all_of(reading.paths.begin(), reading.paths.end(), exists)) possible.push_back(reading);
  if (possible.empty()) return notFound(text, readings, *kind);
  if (possible.size() > 1)
    return makeError(ErrorCode::kUsage,
                     concat("'", text, "' can be read in ", possible.size(),
                            " ways, because a path in it contains '#' or ','"),
                     "Rename the folder, or name it through a link without these characters");
  for (const std::string& path : possible[0].paths)
    spec.paths.push_back(withHome(path));
  spec.split = std::move(possible[0].split);
  return spec;
}

}  // namespace anchorscope
