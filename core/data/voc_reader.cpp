// PASCAL VOC: one XML file per image. Format: Everingham et al., "The PASCAL VOC development kit".
#include <algorithm>
#include <filesystem>
#include <pugixml.hpp>
#include <set>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/base/param.h"
#include "core/data/dataset_builder.h"
#include "core/data/image_io.h"
#include "core/data/readers.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

/// One object as it stands in the file; the class is still a name.
struct VocObject {
  std::string className;
  bool hasBox = false;
  RawBox box;
  std::string boxError;
  bool difficult = false;
  std::string record;
};

/// One annotation file.
struct VocFile {
  std::string stem, path;
  std::string error, errorRecord;  ///< Set when the file could not be understood.
  std::string imageName;           ///< <filename>
  SizePx size;
  std::vector<VocObject> objects;
};

VocObject readObject(const pugi::xml_node& node, const std::string& text, std::size_t position) {
  VocObject object;
  object.record =
      concat("object ", position, ", line ",
             lineOfOffset(text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0))));
  object.className = trimmed(node.child("name").text().get());
  object.difficult = trimmed(node.child("difficult").text().get()) == "1";
  const pugi::xml_node box = node.child("bndbox");
  const std::pair<const char*, double*> edges[] = {
      {"xmin", &object.box.x1}, {"ymin", &object.box.y1}, {"xmax", &object.box.x2}, {"ymax", &object.box.y2}};
  for (const auto& [name, target] : edges) {
    const std::string_view value = trimmed(box.child(name).text().get());
    const std::optional<double> number = parseNumber(value);
    if (!number) {
      object.boxError = value.empty() ? concat("no <", name, "> in <bndbox>")
                                      : concat("<", name, "> is '", value, "', not a number");
      return object;
    }
    *target = *number;
  }
  object.hasBox = true;
  return object;
}

VocFile readAnnotationFile(const std::string& path) {
  VocFile file;
  file.path = path;
  file.stem = fs::path(path).stem().string();
  const Result<std::string> text = readFile(path);
  if (!text) {
    file.error = text.error().message;
    return file;
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(text->data(), text->size());
  if (!parsed) {
    const std::size_t line =
        lineOfOffset(*text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)));
    file.errorRecord = concat("line ", line);
    file.error = concat("not well-formed XML at line ", line, ": ", parsed.description());
    return file;
  }
  const pugi::xml_node root = document.child("annotation");
  if (!root) {
    file.error = concat("no <annotation> element, but <", document.document_element().name(), ">");
    return file;
  }
  file.imageName = trimmed(root.child("filename").text().get());
  const auto side = [&](const char* name) {
    const std::optional<double> value = parseNumber(root.child("size").child(name).text().get());
    return value && *value >= 1 && *value < 1e6 ? static_cast<int>(*value) : 0;
  };
  file.size = {side("width"), side("height")};
  std::size_t position = 0;
  for (const pugi::xml_node& node : root.children("object"))
    file.objects.push_back(readObject(node, *text, ++position));
  return file;
}

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

/// Names in ImageSets/Main/SPLIT.txt. Class-wise lists have a second column (1, -1, 0), which is dropped.
Result<std::vector<std::string>> namesOfSplit(const VocLayout& layout, const DatasetSpec& spec,
                                              const FolderListing& annotations) {
  const std::string path = (fs::path(layout.imageSets) / (spec.split + ".txt")).string();
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    std::vector<std::string> available;
    if (const Result<FolderListing> lists = FolderListing::of(layout.imageSets))
      for (const std::string& name : lists->names())
        if (name.size() > 4 && name.ends_with(".txt"))
          available.push_back("#" + name.substr(0, name.size() - 4));
    return makeError(
        ErrorCode::kUsage, concat("'", spec.text, "' has no split '", spec.split, "': no file '", path, "'"),
        available.empty() ? "Add the file, or leave the split out" : "Use one of: " + join(available, ", "));
  }
  const Result<std::string> text = readFile(path);
  if (!text) return text.error();
  std::vector<std::string> names;
  for (std::string_view line : linesOf(*text)) {
    line = trimmed(line);
    if (line.empty()) continue;
    std::string name(line);
    if (!annotations.has(name + ".xml")) name = std::string(line.substr(0, line.find_first_of(" \t")));
    names.push_back(std::move(name));
  }
  return names;
}

class VocReader {
 public:
  explicit VocReader(const ReaderRequest& request)
      : request_(request), builder_(request.spec, request.progress) {}

  Result<std::shared_ptr<const Dataset>> read() {
    layout_ = layoutOf(request_.spec);
    Result<FolderListing> annotations = FolderListing::of(layout_.annotations);
    if (!annotations) return withForm(std::move(annotations).error());
    Result<FolderListing> images = FolderListing::of(layout_.images);
    if (!images) return withForm(std::move(images).error());
    images_ = std::move(*images);

    ANCHORSCOPE_TRY(chooseStems(*annotations));
    std::error_code ignored;
    const bool declared = fs::exists(layout_.classesFile, ignored);
    if (declared) ANCHORSCOPE_TRY(readClassesFile());
    // Without a declaration the names come from every file of the set, so that all splits agree on the
    // classes.
    const std::vector<std::string>& toRead = declared ? stems_ : allStems_;
    ANCHORSCOPE_TRY(readFiles(toRead, *annotations));
    if (!declared) collectClasses();
    for (const std::string& stem : stems_)
      addStem(stem);
    return builder_.finish(true);
  }

 private:
  Error withForm(Error error) {
    error.action =
        "A VOC folder holds Annotations/ and JPEGImages/; other folders are named as voc:ANNOTATIONS,IMAGES";
    return error;
  }

  Status chooseStems(const FolderListing& annotations) {
    for (const std::string& name : annotations.names())
      if (name.size() > 4 && name.ends_with(".xml")) allStems_.push_back(name.substr(0, name.size() - 4));
    if (!layout_.imageSets.empty() && !request_.spec.split.empty()) {
      Result<std::vector<std::string>> names = namesOfSplit(layout_, request_.spec, annotations);
      if (!names) return std::move(names).error();
      stems_ = std::move(*names);
      return {};
    }
    const Result<std::vector<bool>> chosen = seedSplit(allStems_, request_.spec, request_.splitSeed);
    if (!chosen) return chosen.error();
    for (std::size_t i = 0; i < allStems_.size(); ++i)
      if ((*chosen)[i]) stems_.push_back(allStems_[i]);
    return {};
  }

  Status readClassesFile() {
    const Result<std::string> text = readFile(layout_.classesFile);
    if (!text) return text.error();
    std::vector<std::string> names;
    for (const std::string_view line : linesOf(*text))
      if (!trimmed(line).empty()) names.emplace_back(trimmed(line));
    setClasses(std::move(names));
    return {};
  }

  void setClasses(std::vector<std::string> names) {
    for (std::size_t i = 0; i < names.size(); ++i)
      classIndex_.try_emplace(names[i], static_cast<int>(i));
    builder_.setClassNames(std::move(names));
  }

  void collectClasses() {
    std::set<std::string> names;
    for (const auto& [stem, file] : files_)
      for (const VocObject& object : file.objects)
        if (!object.className.empty()) names.insert(object.className);
    setClasses({names.begin(), names.end()});
  }

  Status readFiles(const std::vector<std::string>& stems, const FolderListing& annotations) {
    std::size_t done = 0;
    for (const std::string& stem : stems) {
      ANCHORSCOPE_TRY(builder_.tell(0.95 * static_cast<double>(done++) / static_cast<double>(stems.size())));
      if (!annotations.has(stem + ".xml")) continue;
      files_.try_emplace(stem,
                         readAnnotationFile((fs::path(layout_.annotations) / (stem + ".xml")).string()));
    }
    return {};
  }

  void addStem(const std::string& stem) {
    const auto found = files_.find(stem);
    if (found == files_.end()) {
      builder_.report({(fs::path(layout_.annotations) / (stem + ".xml")).string(), stem},
                      problem::kMissingAnnotationFile,
                      concat("the split names '", stem, "', but it has no annotation file"));
      return;
    }
    const VocFile& file = found->second;
    if (!file.error.empty()) {
      builder_.report({file.path, file.errorRecord}, problem::kBadAnnotationFile, file.error);
      return;
    }
    // The devkit pairs files by stem; <filename> is often stale after a set was renamed.
    std::optional<std::string> imageName = images_.imageOfStem(stem);
    if (!imageName && images_.has(file.imageName)) imageName = file.imageName;
    if (!imageName) {
      builder_.report({file.path, ""}, problem::kMissingImage,
                      concat("no image '", stem, ".*' or '", file.imageName, "' in '", layout_.images, "'"));
      return;
    }
    ImageRecord image;
    image.name = *imageName;
    image.path = (fs::path(layout_.images) / *imageName).string();
    image.size = file.size;
    image.sourceId = -1;
    if (image.size.width < 1 || image.size.height < 1) {
      const Result<SizePx> size = readImageSize(image.path);
      if (!size) {
        builder_.report({image.path, ""}, problem::kUnreadableImage, size.error().message);
        return;
      }
      image.size = *size;
    }
    for (const VocObject& object : file.objects)
      addObject(image, file, object);
    builder_.addImage(std::move(image), {file.path, ""});
  }

  void addObject(ImageRecord& image, const VocFile& file, const VocObject& object) {
    const RecordPlace place{file.path, object.record};
    const auto known = classIndex_.find(object.className);
    if (known == classIndex_.end() || !object.hasBox) {
      if (!object.hasBox)
        builder_.report(place, problem::kBadRecord, object.boxError);
      else
        builder_.report(place, problem::kUnknownClass,
                        object.className.empty()
                            ? std::string("an object without a <name>")
                            : concat("class '", object.className, "' is not in ", layout_.classesFile));
      builder_.countRejected();
      return;
    }
    Annotation annotation;
    annotation.classIndex = known->second;
    annotation.difficult = object.difficult;
    builder_.addBox(image, object.box, annotation, place);
  }

  const ReaderRequest& request_;
  DatasetBuilder builder_;
  VocLayout layout_;
  FolderListing images_;
  std::vector<std::string> allStems_, stems_;
  std::unordered_map<std::string, VocFile> files_;
  std::unordered_map<std::string, int> classIndex_;
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
