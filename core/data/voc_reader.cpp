// PASCAL VOC folders: which annotation file belongs to which image.
#include <algorithm>
#include <filesystem>
#include <set>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/data/dataset_builder.h"
#include "core/data/readers.h"
#include "core/data/text_encoding.h"
#include "core/data/voc_annotation.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

/// Where a set's parts lie.
struct VocLayout {
  std::string annotations, images, imageSets, classesFile;
};

VocLayout layoutOf(const DatasetSpec& spec) {
  if (spec.paths.size() == 2)
    return {spec.paths[0], spec.paths[1], "", (fs::path(spec.paths[0]) / "classes.txt").string()};
  const fs::path root = spec.paths[0];
  std::error_code ignored;
  const fs::path sets = root / "ImageSets" / "Main";
  return {(root / "Annotations").string(), (root / "JPEGImages").string(),
          fs::is_directory(sets, ignored) ? sets.string() : "", (root / "classes.txt").string()};
}

/// What to write instead, for a folder that is laid out otherwise.
std::string adviceFor(const DatasetSpec& spec) {
  std::string usual =
      "A VOC folder holds Annotations/ and JPEGImages/; other folders are named as voc:ANNOTATIONS,IMAGES";
  if (spec.paths.size() != 1) return usual;
  std::vector<std::string> below;
  bool xml = false, images = false;
  std::error_code code;
  for (fs::directory_iterator entry(spec.paths[0], code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    const std::string path = entry->path().string();
    std::error_code ignored;
    if (fs::is_directory(entry->path() / "Annotations", ignored)) below.push_back("voc:" + path);
    xml = xml || lowered(path).ends_with(".xml");
    images = images || hasImageExtension(path);
  }
  std::sort(below.begin(), below.end());
  if (!below.empty()) return "Name the folder below it: " + listed(below);
  if (xml && images)
    return concat("Annotations and images lie in one folder here: write voc:", spec.paths[0], ",",
                  spec.paths[0]);
  return usual;
}

bool isXml(const std::string& path) {
  return lowered(path).ends_with(".xml");
}

class VocReader {
 public:
  explicit VocReader(const ReaderRequest& request) : request_(request), builder_(request) {}

  Result<std::shared_ptr<const Dataset>> read() {
    layout_ = layoutOf(request_.spec);
    for (const auto& [folder, index] :
         {std::pair{&layout_.annotations, &annotations_}, {&layout_.images, &images_}}) {
      Result<FileIndex> listed = FileIndex::of(*folder);
      if (!listed) {
        Error error = std::move(listed).error();
        error.action = adviceFor(request_.spec);
        return error;
      }
      *index = *std::move(listed);
      if (index == &annotations_ || layout_.images != layout_.annotations) builder_.applyHidden(*index);
    }
    ANCHORSCOPE_TRY(chooseFiles());
    std::error_code ignored;
    const bool declared = fs::exists(layout_.classesFile, ignored);
    if (declared) ANCHORSCOPE_TRY(readClassesFile());
    // Without a declaration the names come from every file of the set, so that all splits agree on the
    // classes.
    ANCHORSCOPE_TRY(readFiles(declared ? chosen_ : all_));
    if (!declared) ANCHORSCOPE_TRY(collectClasses());
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      ANCHORSCOPE_TRY(
          builder_.tell(0.6 + 0.4 * static_cast<double>(i) / static_cast<double>(chosen_.size())));
      addFile(chosen_[i]);
    }
    if (!bySplitList_) listUnannotated();
    return builder_.finish(true);
  }

 private:
  Status chooseFiles() {
    std::copy_if(annotations_.paths().begin(), annotations_.paths().end(), std::back_inserter(all_), isXml);
    if (!layout_.imageSets.empty() && !request_.spec.split.empty()) {
      bySplitList_ = true;
      return readSplitList();
    }
    std::vector<std::string> stems;
    for (const std::string& path : all_)
      stems.push_back(withoutExtension(path));
    const Result<std::vector<bool>> part = seedSplit(stems, request_.spec, request_.options.splitSeed);
    if (!part) return part.error();
    for (std::size_t i = 0; i < all_.size(); ++i)
      if ((*part)[i]) chosen_.push_back(all_[i]);
    return {};
  }

  /// ImageSets/Main/SPLIT.txt. A line names an image with or without extension and folder; class-wise lists
  /// have a second column (1, -1, 0), pair lists an annotation file in it.
  Status readSplitList() {
    const std::string path = (fs::path(layout_.imageSets) / (request_.spec.split + ".txt")).string();
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
      std::vector<std::string> available;
      if (const Result<FileIndex> lists = FileIndex::of(layout_.imageSets, FileIndex::Depth::kFolder))
        for (const std::string& name : lists->paths())
          if (name.ends_with(".txt")) available.push_back("#" + withoutExtension(name));
      return makeError(
          ErrorCode::kUsage,
          concat("'", request_.spec.text, "' has no split '", request_.spec.split, "': no file '", path, "'"),
          available.empty() ? "Add the file, or leave the split out" : "Use one of: " + listed(available));
    }
    const Result<std::string> text = readText(path, kLargestList);
    if (!text) return text.error();
    const auto lines = listLines(*text, path);
    if (!lines) return lines.error();
    for (const auto& [number, line] : *lines) {
      const RecordPlace place{path, concat("line ", number)};
      if (std::optional<std::string> file = fileOfLine(line, place))
        chosen_.push_back(*std::move(file));
      else
        builder_.report(place, problem::kMissingAnnotationFile,
                        concat("the split names '", line.substr(0, 200), "', but it has no annotation file"));
    }
    return {};
  }

  std::optional<std::string> fileOfLine(std::string_view line, const RecordPlace& place) {
    const std::size_t space = line.find_first_of(" \t");
    const std::string second(space == std::string_view::npos ? std::string_view{}
                                                             : trimmed(line.substr(space)));
    if (isXml(second))
      if (auto file = fileOfName(second, place)) return file;
    if (auto file = fileOfName(std::string(line), place)) return file;
    if (second.empty()) return std::nullopt;
    return fileOfName(std::string(line.substr(0, space)), place);
  }

  std::optional<std::string> fileOfName(std::string name, const RecordPlace& place) {
    std::replace(name.begin(), name.end(), '\\', '/');
    for (const std::string& folder : {layout_.annotations, layout_.images})
      if (const std::string start = std::string(lastPart(folder)) + "/"; name.starts_with(start))
        name.erase(0, start.size());
    std::vector<std::string> forms{name};
    if (hasImageExtension(name) || isXml(name)) forms.push_back(withoutExtension(name));
    for (const std::string& form : forms)
      if (auto file = annotations_.find(form + ".xml")) return file;
    for (const std::string& form : forms)
      if (auto file = annotations_.onlyOfName(std::string(lastPart(form)) + ".xml")) {
        builder_.apply(rule::kOtherName, place, "a line of the split list names it with another folder");
        return file;
      }
    return std::nullopt;
  }

  Status readClassesFile() {
    const Result<std::string> text = readText(layout_.classesFile, kLargestAnnotationFile);
    if (!text) return text.error();
    std::vector<std::string> names;
    for (const std::string_view line : linesOf(*text))
      if (!trimmed(line).empty()) names.push_back(printable(trimmed(line)));
    return setClasses(std::move(names));
  }

  Status setClasses(std::vector<std::string> names) {
    if (names.size() > kMaxClasses)
      return makeError(
          ErrorCode::kBadData, concat("'", request_.spec.text, "' has ", names.size(), " classes"),
          concat("At most ", kMaxClasses, " are trained on; look whether <name> holds something else"));
    for (std::size_t i = 0; i < names.size(); ++i)
      classIndex_.try_emplace(names[i], static_cast<int>(i));
    builder_.setClassNames(std::move(names));
    return {};
  }

  Status collectClasses() {
    std::set<std::string> names;
    for (const auto& [path, file] : files_)
      for (const VocObject& object : file.objects)
        if (!object.className.empty()) names.insert(object.className);
    return setClasses({names.begin(), names.end()});
  }

  Status readFiles(const std::vector<std::string>& paths) {
    std::size_t done = 0;
    for (const std::string& path : paths) {
      ANCHORSCOPE_TRY(builder_.tell(0.6 * static_cast<double>(done++) / static_cast<double>(paths.size())));
      files_.try_emplace(path, readVocFile((fs::path(layout_.annotations) / path).string()));
    }
    return {};
  }

  /// The image of an annotation file. The devkit pairs files by stem; <filename> is often stale after a set
  /// was renamed, so it decides only between several images of the stem, or where there is none.
  std::optional<std::string> imageOf(const std::string& path, const VocFile& file) {
    const RecordPlace place{file.path, ""};
    const std::string stem = withoutExtension(path), named(lastPart(file.imageName));
    if (hasImageExtension(stem))  // a.jpg.xml
      if (auto image = images_.find(stem)) return image;
    std::vector<std::string> candidates = images_.ofStem(stem);
    std::erase_if(candidates, [](const std::string& name) { return !hasImageExtension(name); });
    if (candidates.size() == 1) {
      if (withoutExtension(candidates[0]) != stem)
        builder_.apply(rule::kOtherName, place, "the image's name differs in case");
      else if (!named.empty() && withoutExtension(lastPart(candidates[0])) != withoutExtension(named) &&
               images_.onlyOfName(named))
        builder_.apply(rule::kOtherName, place,
                       "<filename> names another image of the set; that of the file's own stem is taken");
      return candidates[0];
    }
    if (candidates.size() > 1) {
      const auto chosen = std::find_if(candidates.begin(), candidates.end(), [&](const std::string& name) {
        return lowered(lastPart(name)) == lowered(named);
      });
      const std::string& image = chosen == candidates.end() ? candidates[0] : *chosen;
      builder_.report(place, rule::kSameStem,
                      concat(listed(candidates), ": ", image, " is taken, ",
                             chosen == candidates.end() ? "the first" : "which <filename> names"),
                      RecordAction::kKept);
      for (const std::string& other : candidates)
        usedImages_.insert(other);
      return image;
    }
    if (named.empty()) return std::nullopt;
    const std::string folder = path.substr(0, path.size() - lastPart(path).size());
    std::optional<std::string> image = images_.find(folder + named);
    if (!image) image = images_.onlyOfName(named);
    if (!image && !hasImageExtension(named)) {
      candidates = images_.ofStem(folder + named);
      std::erase_if(candidates, [](const std::string& name) { return !hasImageExtension(name); });
      if (!candidates.empty()) image = candidates[0];
    }
    if (image)
      builder_.apply(rule::kOtherName, place,
                     "the image is the one that <filename> names, not the file's own stem");
    return image;
  }

  void addFile(const std::string& path) {
    const VocFile& file = files_.at(path);
    const RecordPlace place{file.path, ""};
    if (!file.error.empty()) {
      builder_.report({file.path, file.errorRecord}, problem::kBadAnnotationFile, file.error);
      usedStems_.insert(withoutExtension(path));
      return;
    }
    const std::optional<std::string> imageName = imageOf(path, file);
    if (!imageName) {
      builder_.report(place, problem::kMissingImage,
                      concat("no image '", withoutExtension(path), ".*' or '", file.imageName, "' in '",
                             layout_.images, "'"));
      return;
    }
    usedImages_.insert(*imageName);
    ImageDraft draft;
    draft.place = place;
    draft.record.name = *imageName;
    draft.record.path = (fs::path(layout_.images) / *imageName).string();
    if (!builder_.readHeader(draft, file.size)) return;
    if (file.severalBoxes > 0)
      builder_.apply(rule::kSeveralBoxes, place, "each <bndbox> of an <object> is an object",
                     RecordAction::kKept, file.severalBoxes);
    for (const VocObject& object : file.objects)
      addObject(draft, object);
    builder_.addImage(std::move(draft), DatasetBuilder::Duplicates::kDrop, "object ", "");
  }

  void addObject(ImageDraft& draft, const VocObject& object) {
    const RecordPlace place{draft.place.file, object.record};
    if (!object.hasBox) return builder_.reject(draft, place, problem::kBadRecord, object.boxError);
    const auto known = classIndex_.find(object.className);
    if (known == classIndex_.end())
      return builder_.reject(draft, place, problem::kUnknownClass,
                             object.className.empty()
                                 ? std::string("an object without a <name>")
                                 : concat("class '", object.className, "' is not in ", layout_.classesFile));
    Annotation annotation;
    annotation.classIndex = known->second;
    annotation.difficult = object.difficult;
    const bool kept = builder_.addBox(draft, object.box, annotation, place, object.position);
    if (kept && object.shape != nullptr)
      builder_.apply(rule::kBoxOfShape, place, concat("the box around ", object.shape));
  }

  /// Without a split list every image should have an annotation file.
  void listUnannotated() {
    std::set<std::string> claimed(usedImages_.begin(), usedImages_.end());
    if (!request_.spec.split.empty()) return;  // A part by the seed: the other part claims the others.
    for (const std::string& image : imagesOf(images_))
      if (claimed.count(image) == 0 && usedStems_.count(withoutExtension(image)) == 0)
        builder_.report({(fs::path(layout_.images) / image).string(), ""}, problem::kMissingAnnotationFile,
                        "the image has no annotation file");
  }

  const ReaderRequest& request_;
  DatasetBuilder builder_;
  VocLayout layout_;
  FileIndex annotations_, images_;
  bool bySplitList_ = false;
  std::vector<std::string> all_, chosen_;  ///< Annotation files by relative path.
  std::unordered_map<std::string, VocFile> files_;
  std::unordered_map<std::string, int> classIndex_;
  std::unordered_set<std::string> usedImages_, usedStems_;
};

}  // namespace

Result<std::shared_ptr<const Dataset>> readVoc(const ReaderRequest& request) {
  return VocReader(request).read();
}

bool vocHasSplit(const DatasetSpec& spec, const std::string& split) {
  const VocLayout layout = layoutOf(spec);
  if (layout.imageSets.empty()) return split == "train" || split == "val";
  std::error_code ignored;
  return fs::exists(fs::path(layout.imageSets) / (split + ".txt"), ignored);
}

}  // namespace anchorscope
