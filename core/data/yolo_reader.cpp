// YOLO text files with a data.yaml, as Ultralytics' tools write them:
// https://docs.ultralytics.com/datasets/detect/.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/base/param.h"
#include "core/data/dataset_builder.h"
#include "core/data/image_io.h"
#include "core/data/readers.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

/// What the YAML file says.
struct YoloFile {
  std::string path;
  fs::path root;  ///< What relative entries stand on.
  std::vector<std::string> classNames;
  std::map<std::string, std::vector<std::string>> entries;  ///< train, val, test: folders and lists.
};

Error badYaml(const std::string& path, const std::string& what,
              const YAML::Mark& mark = YAML::Mark::null_mark()) {
  const std::string place = mark.is_null() ? std::string{} : concat(", line ", mark.line + 1);
  return makeError(ErrorCode::kBadData, concat("'", path, "'", place, ": ", what),
                   "A data.yaml holds train, val and names");
}

Result<std::vector<std::string>> namesOf(const YAML::Node& node, const std::string& path) {
  std::vector<std::string> names;
  if (node && node.IsSequence()) {
    for (const YAML::Node& name : node) {
      if (!name.IsScalar()) return badYaml(path, "a class name that is no text", name.Mark());
      names.push_back(name.Scalar());
    }
  } else if (node && node.IsMap()) {
    std::map<std::int64_t, std::string> byIndex;
    for (const auto& entry : node) {
      const std::optional<double> index =
          entry.first.IsScalar() ? parseNumber(entry.first.Scalar()) : std::nullopt;
      const bool valid = index && *index >= 0 && *index < 1e6 && *index == std::floor(*index);
      if (!valid || !entry.second.IsScalar())
        return badYaml(path, "names must map 0, 1, 2 ... to class names", entry.first.Mark());
      byIndex[static_cast<std::int64_t>(*index)] = entry.second.Scalar();
    }
    for (const auto& [index, name] : byIndex) {
      if (index != static_cast<std::int64_t>(names.size()))
        return badYaml(path, concat("names lacks class ", names.size()), node.Mark());
      names.push_back(name);
    }
  }
  if (names.empty()) return badYaml(path, "no class names: 'names' must be a list or a map");
  return names;
}

Result<YoloFile> readYaml(const std::string& path) {
  const Result<std::string> text = readFile(path);
  if (!text) return text.error();
  try {
    const YAML::Node document = YAML::Load(*text);
    if (!document.IsMap()) return badYaml(path, "not a YAML map");
    YoloFile file;
    file.path = path;
    const fs::path folder = fs::path(path).parent_path();
    file.root = folder;
    if (const YAML::Node root = document["path"]; root && root.IsScalar()) {
      file.root = (folder / root.Scalar()).lexically_normal();
      std::error_code ignored;
      // Many sets are moved after `path` was written: then the entries stand on the file's own folder.
      if (!fs::is_directory(file.root, ignored)) file.root = folder;
    }
    Result<std::vector<std::string>> names = namesOf(document["names"], path);
    if (!names) return std::move(names).error();
    file.classNames = std::move(*names);
    if (const YAML::Node count = document["nc"]; count && count.IsScalar()) {
      const std::optional<double> number = parseNumber(count.Scalar());
      if (!number || *number != static_cast<double>(file.classNames.size()))
        return badYaml(
            path, concat("nc is ", count.Scalar(), ", but names has ", file.classNames.size(), " classes"),
            count.Mark());
    }
    for (const char* split : {"train", "val", "test"}) {
      const YAML::Node node = document[split];
      if (!node || node.IsNull()) continue;
      std::vector<std::string>& entries = file.entries[split];
      if (node.IsScalar())
        entries.push_back(node.Scalar());
      else if (node.IsSequence())
        for (const YAML::Node& entry : node)
          if (entry.IsScalar()) entries.push_back(entry.Scalar());
      if (entries.empty())
        return badYaml(path, concat(split, " is neither a path nor a list of paths"), node.Mark());
    }
    return file;
  } catch (const YAML::Exception& exception) {
    return badYaml(path, exception.msg, exception.mark);
  }
}

/// One image found through the YAML file.
struct FoundImage {
  std::string path, name;
};

/// Ultralytics' rule: the last folder `images` of the path becomes `labels`, the extension .txt; without such
/// a folder the label lies beside the image.
std::string labelPathOf(const std::string& imagePath) {
  fs::path label(imagePath);
  label.replace_extension(".txt");
  std::string text = label.string();
  const std::size_t at = text.rfind("/images/");
  if (at != std::string::npos) text.replace(at, 8, "/labels/");
  return text;
}

class YoloReader {
 public:
  explicit YoloReader(const ReaderRequest& request)
      : request_(request), builder_(request.spec, request.progress) {}

  Result<std::shared_ptr<const Dataset>> read() {
    Result<YoloFile> file = readYaml(request_.spec.paths[0]);
    if (!file) return std::move(file).error();
    file_ = std::move(*file);
    builder_.setClassNames(file_.classNames);
    ANCHORSCOPE_TRY(findImages());
    for (std::size_t i = 0; i < found_.size(); ++i) {
      ANCHORSCOPE_TRY(builder_.tell(static_cast<double>(i) / static_cast<double>(found_.size())));
      addImage(found_[i]);
    }
    if (imageCount_ > 0 && labelCount_ == 0)
      return makeError(ErrorCode::kBadData,
                       concat("Not one of the ", imageCount_, " images of '", request_.spec.text,
                              "' has a label file, for example no '", labelPathOf(found_.front().path), "'"),
                       "Labels lie in a folder 'labels' beside 'images' (in place of its name in the path), "
                       "or beside the images; use folder:DIR for images without labels");
    return builder_.finish(true);
  }

 private:
  Status findImages() {
    const std::string& split = request_.spec.split;
    auto entries = file_.entries.find(split.empty() ? "train" : split);
    const bool bySeed = (split == "train" || split == "val") && file_.entries.count("val") == 0;
    if (bySeed) entries = file_.entries.find("train");
    if (entries == file_.entries.end()) {
      std::vector<std::string> available;
      for (const auto& [name, paths] : file_.entries)
        available.push_back("#" + name);
      return makeError(
          ErrorCode::kUsage,
          concat("'", file_.path, "' has no entry '", split.empty() ? "train" : split, "'"),
          available.empty() ? "Add train: and val: to the file" : "Use one of: " + join(available, ", "));
    }
    for (const std::string& entry : entries->second)
      ANCHORSCOPE_TRY(findEntry(entry));
    if (!bySeed) return {};
    std::vector<std::string> names;
    for (const FoundImage& image : found_)
      names.push_back(image.name);
    const Result<std::vector<bool>> chosen = seedSplit(names, request_.spec, request_.splitSeed);
    if (!chosen) return chosen.error();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < found_.size(); ++i)
      if ((*chosen)[i]) std::swap(found_[kept++], found_[i]);
    found_.resize(kept);
    return {};
  }

  Status findEntry(const std::string& entry) {
    std::error_code ignored;
    fs::path path = (file_.root / entry).lexically_normal();
    // Some tools write "../train/images" where train/images stands beside the file (Ultralytics reads it so,
    // too).
    if (entry.starts_with("../") && !fs::exists(path, ignored))
      path = (file_.root / entry.substr(3)).lexically_normal();
    if (fs::is_directory(path, ignored)) {
      const Result<std::vector<std::string>> names = imagesBelow(path.string());
      if (!names) return names.error();
      for (const std::string& name : *names)
        addFound(path / name);
      return {};
    }
    if (path.extension() != ".txt" || !fs::exists(path, ignored))
      return makeError(ErrorCode::kNotFound,
                       concat("'", path.string(), "', named by '", file_.path,
                              "', is neither a folder nor a .txt list of images"),
                       "Correct the entry; relative paths stand on the file's 'path'");
    const Result<std::string> text = readFile(path.string());
    if (!text) return text.error();
    for (std::string_view line : linesOf(*text)) {
      line = trimmed(line);
      if (line.empty()) continue;
      // "./" is relative to the list; other relative paths too, unless they exist only under the root.
      fs::path image = (path.parent_path() / std::string(line)).lexically_normal();
      if (!fs::exists(image, ignored) && fs::exists(file_.root / std::string(line), ignored))
        image = (file_.root / std::string(line)).lexically_normal();
      addFound(image);
    }
    return {};
  }

  void addFound(const fs::path& path) {
    const fs::path relative = path.lexically_relative(file_.root);
    found_.push_back({path.string(), relative.empty() ? path.string() : relative.string()});
  }

  void addImage(const FoundImage& found) {
    ImageRecord image;
    image.path = found.path;
    image.name = found.name;
    image.sourceId = -1;
    std::error_code ignored;
    if (!fs::is_regular_file(image.path, ignored)) {
      builder_.report({image.path, ""}, problem::kMissingImage, concat("no file '", image.path, "'"));
      return;
    }
    const Result<SizePx> size = readImageSize(image.path);
    if (!size) {
      builder_.report({image.path, ""}, problem::kUnreadableImage, size.error().message);
      return;
    }
    image.size = *size;
    ++imageCount_;
    const std::string labelPath = labelPathOf(image.path);
    if (fs::exists(labelPath, ignored)) {
      const Result<std::string> text = readFile(labelPath);
      if (!text) {
        builder_.report({labelPath, ""}, problem::kBadAnnotationFile, text.error().message);
        return;
      }
      ++labelCount_;
      std::size_t lineNumber = 0;
      for (const std::string_view line : linesOf(*text))
        addLine(image, labelPath, line, ++lineNumber);
    }
    builder_.addImage(std::move(image), {found.path, ""});
  }

  void addLine(ImageRecord& image, const std::string& labelPath, std::string_view line,
               std::size_t lineNumber) {
    std::vector<double> numbers;
    const RecordPlace place{labelPath, concat("line ", lineNumber)};
    const auto reject = [&](const char* kind, std::string message) {
      builder_.report(place, kind, std::move(message));
      builder_.countRejected();
    };
    for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
      const std::string_view field = line.substr(0, line.find_first_of(" \t"));
      const std::optional<double> number = parseNumber(field);
      if (!number) return reject(problem::kBadRecord, concat("'", field.substr(0, 40), "' is not a number"));
      numbers.push_back(*number);
      line.remove_prefix(field.size());
    }
    if (numbers.empty()) return;
    const bool isBox = numbers.size() == 5;
    const bool isPolygon = numbers.size() >= 7 && numbers.size() % 2 == 1;
    if (!isBox && !isPolygon)
      return reject(
          problem::kBadRecord,
          concat(numbers.size(), " numbers; a box has 5 (class x y width height), a polygon 7, 9, 11 ..."));
    if (!(numbers[0] >= 0 && numbers[0] < static_cast<double>(file_.classNames.size())) ||
        numbers[0] != std::floor(numbers[0]))
      return reject(problem::kUnknownClass,
                    concat("class ", numbers[0], "; the classes are 0 to ", file_.classNames.size() - 1));
    Annotation annotation;
    annotation.classIndex = static_cast<int>(numbers[0]);
    const double width = image.size.width, height = image.size.height;
    RawBox box;
    if (isBox) {
      box = {(numbers[1] - numbers[3] / 2) * width, (numbers[2] - numbers[4] / 2) * height,
             (numbers[1] + numbers[3] / 2) * width, (numbers[2] + numbers[4] / 2) * height};
    } else {
      box = {numbers[1] * width, numbers[2] * height, numbers[1] * width, numbers[2] * height};
      for (std::size_t i = 3; i + 1 < numbers.size(); i += 2) {
        const double x = numbers[i] * width, y = numbers[i + 1] * height;
        // A NaN must reach the check of the box, which min and max would hide.
        box.x1 = std::isnan(x) ? x : std::min(box.x1, x), box.x2 = std::max(box.x2, x);
        box.y1 = std::isnan(y) ? y : std::min(box.y1, y), box.y2 = std::max(box.y2, y);
      }
    }
    builder_.addBox(image, box, annotation, place);
  }

  const ReaderRequest& request_;
  DatasetBuilder builder_;
  YoloFile file_;
  std::vector<FoundImage> found_;
  std::size_t imageCount_ = 0, labelCount_ = 0;
};

}  // namespace

Result<std::shared_ptr<const Dataset>> readYolo(const ReaderRequest& request) {
  return YoloReader(request).read();
}

bool yoloHasSplit(const DatasetSpec& spec, const std::string& split) {
  const Result<YoloFile> file = readYaml(spec.paths[0]);
  if (!file) return false;
  if (file->entries.count(split) > 0) return true;
  // Without a val entry, #train and #val part the training images by the seed.
  return split == "val" && spec.split == "train" && file->entries.count("train") > 0;
}

}  // namespace anchorscope
