// YOLO text files with a data.yaml, as Ultralytics' tools write them:
// https://docs.ultralytics.com/datasets/detect/.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <unordered_set>

#include "core/base/check.h"
#include "core/data/dataset_builder.h"
#include "core/data/readers.h"
#include "core/data/text_encoding.h"
#include "core/data/yolo_labels.h"
#include "core/data/yolo_set.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

/// One image found through the set's file.
struct FoundImage {
  std::string path, name;
};

class YoloReader {
 public:
  explicit YoloReader(const ReaderRequest& request) : request_(request), builder_(request) {}

  Result<std::shared_ptr<const Dataset>> read() {
    Result<YoloSet> set = readYoloSet(request_.spec.paths[0]);
    if (!set) return std::move(set).error();
    set_ = std::move(*set);
    for (const YoloNote& note : set_.notes)
      builder_.apply(note.rule, {set_.path, ""}, note.message);
    builder_.setClassNames(set_.classNames);
    ANCHORSCOPE_TRY(findImages());
    for (std::size_t i = 0; i < found_.size(); ++i) {
      ANCHORSCOPE_TRY(builder_.tell(static_cast<double>(i) / static_cast<double>(found_.size())));
      addImage(found_[i]);
    }
    if (imageCount_ > 0 && labelCount_ == 0)
      return makeError(
          ErrorCode::kBadData,
          concat("Not one of the ", imageCount_, " images of '", request_.spec.text,
                 "' has a label file, for example no '", YoloLabels::usualPath(found_.front().path), "'"),
          "Labels lie in a folder 'labels' beside 'images' (in place of its name in the path), "
          "or beside the images; use folder:DIR for images without labels");
    for (const std::string& path : labels_.unused())
      builder_.report({path, ""}, problem::kUnusedAnnotationFile, "no image has the name of this label file");
    return builder_.finish(true);
  }

 private:
  Status findImages() {
    const std::string& split = request_.spec.split;
    auto entries = set_.entries.find(split.empty() ? "train" : split);
    const bool bySeed = (split == "train" || split == "val") && set_.entries.count("val") == 0;
    if (bySeed) entries = set_.entries.find("train");
    if (entries == set_.entries.end()) {
      std::vector<std::string> available;
      for (const auto& [name, paths] : set_.entries)
        available.push_back("#" + name);
      return makeError(
          ErrorCode::kUsage, concat("'", set_.path, "' has no entry '", split.empty() ? "train" : split, "'"),
          available.empty() ? "Add train: and val: to the file" : "Use one of: " + join(available, ", "));
    }
    for (const std::string& entry : entries->second)
      ANCHORSCOPE_TRY(findEntry(entry));
    if (!bySeed) return {};
    std::vector<std::string> names;
    for (const FoundImage& image : found_)
      names.push_back(image.name);
    const Result<std::vector<bool>> chosen = seedSplit(names, request_.spec, request_.options.splitSeed);
    if (!chosen) return chosen.error();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < found_.size(); ++i)
      if ((*chosen)[i]) std::swap(found_[kept++], found_[i]);
    found_.resize(kept);
    return {};
  }

  /// Some tools write "../train/images" where train/images stands beside the file (Ultralytics reads it so,
  /// too).
  std::optional<FoundPath> pathOfEntry(const std::string& entry) {
    auto found = findPath(set_.root, entry);
    if (!found && entry.starts_with("../")) found = findPath(set_.root, entry.substr(3));
    return found;
  }

  Status findEntry(const std::string& entry) {
    const auto path = pathOfEntry(entry);
    const RecordPlace place{set_.path, entry};
    std::error_code ignored;
    if (path && !path->asWritten)
      builder_.apply(rule::kOtherName, place,
                     concat("the entry '", entry, "' is read as '", path->path, "'"));
    if (path && fs::is_directory(path->path, ignored)) {
      const Result<FileIndex> index = FileIndex::of(path->path);
      if (!index) return index.error();
      builder_.applyHidden(*index);
      for (const std::string& name : imagesOf(*index))
        addFound(fs::path(path->path) / name);
      return {};
    }
    if (!path || !lowered(path->path).ends_with(".txt"))
      return makeError(
          ErrorCode::kNotFound,
          concat("'", path ? path->path : (fs::path(set_.root) / entry).lexically_normal().string(),
                 "', named by '", set_.path, "', is neither a folder nor a .txt list of images"),
          entry.find('\\') == std::string::npos
              ? "Correct the entry; relative paths stand on the file's 'path'"
              : "It is a path of Windows: write it with '/' and relative to the file's 'path'");
    return readList(path->path);
  }

  Status readList(const std::string& list) {
    const Result<std::string> text = readText(list, kLargestList);
    if (!text) return text.error();
    const std::string folder = fs::path(list).parent_path().string();
    const auto lines = listLines(*text, list);
    if (!lines) return lines.error();
    for (const auto& [number, line] : *lines) {
      // "./" is relative to the list; other relative paths too, unless they exist only under the root.
      const std::string written(line);
      std::error_code ignored;
      const fs::path usual = (fs::path(folder) / withHome(written)).lexically_normal();
      if (fs::exists(usual, ignored)) {
        addFound(usual);
        continue;
      }
      auto found = findPath(set_.root, written);
      if (!found) found = findPath(folder, written);
      if (found && !found->asWritten)
        builder_.apply(rule::kOtherName, {list, concat("line ", number)},
                       "a line of the list names it with other folders or slashes");
      addFound(found ? fs::path(found->path) : usual);
    }
    return {};
  }

  void addFound(const fs::path& path) {
    const fs::path relative = path.lexically_relative(set_.root);
    found_.push_back({path.string(), relative.empty() ? path.string() : relative.string()});
  }

  void addImage(const FoundImage& found) {
    ImageDraft draft;
    draft.place = {found.path, ""};
    draft.record.path = found.path;
    draft.record.name = found.name;
    std::error_code ignored;
    if (!fs::exists(found.path, ignored)) {
      builder_.report(draft.place, problem::kMissingImage, concat("no file '", found.path, "'"));
      return;
    }
    if (!read_.insert(found.path).second) {
      builder_.report(draft.place, problem::kDuplicateImage, concat("'", found.path, "' is listed twice"));
      return;
    }
    if (!builder_.readHeader(draft)) return;
    ++imageCount_;
    const auto labels = labels_.of(found.path);
    if (!labels) {
      builder_.apply(rule::kNoLabelFile, draft.place, "no label file: an image without objects");
    } else {
      ++labelCount_;
      if (labels->how != nullptr) builder_.apply(rule::kOtherName, {labels->path, ""}, labels->how);
      if (labels->shared)
        builder_.report(
            draft.place, rule::kSameStem,
            concat("'", labels->path, "' belongs to another image as well: both have its objects"),
            RecordAction::kKept);
      const Result<std::string> text = readText(labels->path, kLargestAnnotationFile);
      if (!text) {
        builder_.report({labels->path, ""}, problem::kBadAnnotationFile, text.error().message);
        return;
      }
      const auto lineCount = std::count(text->begin(), text->end(), '\n');
      if (static_cast<std::size_t>(lineCount) > kMaxLabelLines) {
        builder_.report({labels->path, ""}, problem::kTooManyObjects,
                        concat(lineCount, " lines; more than ", kMaxObjectsPerImage,
                               " objects of an image are not trained on"));
        return;
      }
      draft.place.file = labels->path;
      addLines(draft, *text);
    }
    builder_.addImage(std::move(draft), DatasetBuilder::Duplicates::kDrop, "line ", "");
  }

  void addLines(ImageDraft& draft, const std::string& text) {
    const std::vector<YoloLine> lines = readYoloLines(text, set_.keyPoints * set_.numbersPerKeyPoint);
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (lines[i].form != YoloLine::Form::kEmpty) addLine(draft, lines[i], i + 1);
  }

  void addLine(ImageDraft& draft, const YoloLine& line, std::size_t lineNumber) {
    const RecordPlace place{draft.place.file, concat("line ", lineNumber)};
    if (line.form == YoloLine::Form::kWrong)
      return builder_.reject(draft, place, problem::kBadRecord, line.wrong);
    if (!(line.classNumber >= 0 && line.classNumber < static_cast<double>(set_.classNames.size())) ||
        line.classNumber != std::floor(line.classNumber))
      return builder_.reject(
          draft, place, problem::kUnknownClass,
          concat("class ", line.classNumber, "; the classes are 0 to ", set_.classNames.size() - 1));
    Annotation annotation;
    annotation.classIndex = static_cast<int>(line.classNumber);
    const double width = draft.fullSize.width, height = draft.fullSize.height;
    const bool kept = builder_.addBox(
        draft, {line.box.x1 * width, line.box.y1 * height, line.box.x2 * width, line.box.y2 * height},
        annotation, place, lineNumber);
    if (kept) tellForm(line, place);
  }

  void tellForm(const YoloLine& line, const RecordPlace& place) {
    switch (line.form) {
      case YoloLine::Form::kConfidence:
        builder_.apply(rule::kExtraColumns, place, "a sixth column, a confidence, is not used");
        break;
      case YoloLine::Form::kTrack:
        builder_.apply(rule::kExtraColumns, place, "seven columns are class, box, confidence and track id");
        break;
      case YoloLine::Form::kKeyPoints:
        builder_.apply(rule::kExtraColumns, place, "key points are not used");
        break;
      case YoloLine::Form::kPolygon:
        builder_.apply(rule::kBoxOfShape, place, "the box around a polygon");
        break;
      default:
        break;
    }
  }

  const ReaderRequest& request_;
  DatasetBuilder builder_;
  YoloSet set_;
  YoloLabels labels_;
  std::vector<FoundImage> found_;
  std::unordered_set<std::string> read_;
  std::size_t imageCount_ = 0, labelCount_ = 0;
};

}  // namespace

Result<std::shared_ptr<const Dataset>> readYolo(const ReaderRequest& request) {
  return YoloReader(request).read();
}

bool yoloHasSplit(const DatasetSpec& spec, const std::string& split) {
  const Result<YoloSet> set = readYoloSet(spec.paths[0]);
  if (!set) return false;
  if (set->entries.count(split) > 0) return true;
  // Without a val entry, #train and #val part the training images by the seed.
  return split == "val" && spec.split == "train" && set->entries.count("train") > 0;
}

}  // namespace anchorscope
