// COCO's instances_*.json. Format: Lin et al. 2014 and https://cocodataset.org/#format-data.
#include <simdjson.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/data/coco_masks.h"
#include "core/data/dataset_builder.h"
#include "core/data/readers.h"
#include "core/data/text_encoding.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;
namespace json = simdjson::ondemand;

/// simdjson takes no more.
constexpr std::uint64_t kLargestJson = (std::uint64_t{1} << 32U) - 1024;
/// No record with what it needs is shorter: a file of "{}" must not claim many times its size.
constexpr std::size_t kShortestRecord = 20;
const char* const kWanted = "A COCO detection file has the lists images, annotations and categories";

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// An id as its JSON writes it ("a", 7, 128 bits), or 1.0 as 1; empty: missing or no id at all.
using Id = std::string;

struct RawCategory {
  Id id;
  std::string name, group;
};

struct RawImage {
  Id id;
  std::string fileName;
  double width = 0, height = 0;
};

struct RawAnnotation {
  Id id, imageId, categoryId;
  std::string_view segmentation;             ///< Its JSON.
  double box[4] = {kNaN, kNaN, kNaN, kNaN};  ///< x, y, width, height
  std::size_t boxNumbers = 0;  ///< How many elements "bbox" has; 0 when it is missing or no array.
  double area = 0;
  bool crowd = false;
  bool isObject = true;
};

/// The number a scalar's text is; Python writes NaN and Infinity, which JSON does not know.
double numberOf(json::value& value) {
  return parseNumber(value.raw_json_token()).value_or(kNaN);
}

/// Ids of any length are compared as text, so that 2^63 + 5 and 128 bits stay apart.
Id idOf(json::value& value) {
  std::string_view token = trimmed(value.raw_json_token());
  if (token.empty()) return {};
  if (token.front() == '"') {
    if (token.find('\\') == token.npos) return Id(token);
    std::string_view text;  // One text, one id, however it is escaped.
    if (value.get_string().get(text) != simdjson::SUCCESS) return {};
    return nlohmann::json(text).dump();
  }
  const bool digits =
      token.substr(token.front() == '-' ? 1 : 0).find_first_not_of("0123456789") == token.npos;
  if (digits) return token == "-" ? Id{} : Id(token);
  const std::optional<double> number = parseNumber(token);
  if (number && std::fabs(*number) < 0x1p53 && *number == std::floor(*number))
    return concat(static_cast<std::int64_t>(*number));
  return {};
}

/// What an id of the other kind would be: 7 for "7", "7" for 7.
Id ofOtherKind(const Id& id) {
  return id.front() == '"' ? id.substr(1, id.size() - 2) : "\"" + id + "\"";
}

bool truthOf(json::value& value) {
  const std::string_view token = trimmed(value.raw_json_token());
  return token == "true" || parseNumber(token).value_or(0) != 0;
}

simdjson::error_code textOf(json::value& value, std::string& text) {
  json::json_type type;
  if (const auto code = value.type().get(type); code || type != json::json_type::string) return code;
  std::string_view view;
  if (const auto code = value.get_string().get(view)) return code;
  text = view;
  return simdjson::SUCCESS;
}

/// Calls visit(key, value) for each field of a record; isObject tells whether it was an object at all.
template <typename Visit>
simdjson::error_code visitFields(json::value& record, bool& isObject, const Visit& visit) {
  json::json_type type;
  // A token that is no JSON at all (a bare word) has no type; it is skipped like any other wrong one.
  isObject = record.type().get(type) == simdjson::SUCCESS && type == json::json_type::object;
  if (!isObject) return simdjson::SUCCESS;
  json::object object;
  if (const auto code = record.get_object().get(object)) return code;
  for (auto entry : object) {
    json::field field;
    if (const auto code = std::move(entry).get(field)) return code;
    std::string_view key;
    if (const auto code = field.unescaped_key().get(key)) return code;
    if (const auto code = visit(key, field.value())) return code;
  }
  return simdjson::SUCCESS;
}

/// Calls visit(record) for each element; a value that is no array counts as an empty one and is reported by
/// `isArray`.
template <typename Visit>
simdjson::error_code visitArray(json::value& value, bool& isArray, const Visit& visit) {
  json::json_type type;
  isArray = value.type().get(type) == simdjson::SUCCESS && type == json::json_type::array;
  if (!isArray) return simdjson::SUCCESS;
  json::array array;
  if (const auto code = value.get_array().get(array)) return code;
  for (auto entry : array) {
    json::value element;
    if (const auto code = entry.get(element)) return code;
    if (const auto code = visit(element)) return code;
  }
  return simdjson::SUCCESS;
}

/// The three lists of the file as they stand.
struct RawCoco {
  std::vector<RawCategory> categories;
  std::vector<RawImage> images;
  std::vector<RawAnnotation> annotations;
  bool hasImages = false, hasCategories = false, hasAnnotations = false;
  bool oddImages = false, oddCategories = false;  ///< There is something of the name.
};

simdjson::error_code readCategory(json::value& record, RawCategory& category) {
  bool isObject = false;
  return visitFields(record, isObject, [&](std::string_view key, json::value& value) {
    if (key == "id") category.id = idOf(value);
    if (key == "name") return textOf(value, category.name);
    if (key == "supercategory") return textOf(value, category.group);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code readImage(json::value& record, RawImage& image) {
  bool isObject = false;
  return visitFields(record, isObject, [&](std::string_view key, json::value& value) {
    if (key == "id") image.id = idOf(value);
    if (key == "width") image.width = numberOf(value);
    if (key == "height") image.height = numberOf(value);
    if (key == "file_name") return textOf(value, image.fileName);
    return simdjson::SUCCESS;
  });
}

/// The text of a list or an object, to be parsed only if it is needed; of another value none.
simdjson::error_code jsonOf(json::value& value, std::string_view& text) {
  json::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return simdjson::SUCCESS;
  if (type == json::json_type::array) {
    json::array array;
    if (const auto code = value.get_array().get(array)) return code;
    return array.raw_json().get(text);
  }
  if (type != json::json_type::object) return simdjson::SUCCESS;
  json::object object;
  if (const auto code = value.get_object().get(object)) return code;
  return object.raw_json().get(text);
}

simdjson::error_code readAnnotation(json::value& record, RawAnnotation& annotation) {
  return visitFields(record, annotation.isObject, [&](std::string_view key, json::value& value) {
    if (key == "id") annotation.id = idOf(value);
    if (key == "image_id") annotation.imageId = idOf(value);
    if (key == "category_id") annotation.categoryId = idOf(value);
    if (key == "area") annotation.area = numberOf(value);
    if (key == "iscrowd") annotation.crowd = truthOf(value);
    if (key == "segmentation") return jsonOf(value, annotation.segmentation);
    if (key != "bbox") return simdjson::SUCCESS;
    bool isArray = false;
    return visitArray(value, isArray, [&](json::value& element) {
      if (annotation.boxNumbers < 4) annotation.box[annotation.boxNumbers] = numberOf(element);
      ++annotation.boxNumbers;
      return simdjson::SUCCESS;
    });
  });
}

/// The library's sentence without its end.
std::string messageOf(simdjson::error_code code) {
  std::string message = simdjson::error_message(code);
  while (message.ends_with('.'))
    message.pop_back();
  return message;
}

/// What a file is that is no COCO file, by its first letter.
std::string whatInstead(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return "is empty";
  if (text.front() == '[') return "holds a list, not an object: is this a results file?";
  if (text.front() == '<') return "is HTML or XML, not JSON: was it downloaded without a login?";
  return {};
}

class CocoReader {
 public:
  explicit CocoReader(const ReaderRequest& request)
      : request_(request),
        jsonPath_(request.spec.paths[0]),
        imageFolder_(request.spec.paths[1]),
        builder_(request) {}

  Result<std::shared_ptr<const Dataset>> read() {
    std::error_code ignored;
    if (!fs::is_directory(imageFolder_, ignored))
      return makeError(ErrorCode::kUsage, concat("'", imageFolder_, "' is no folder"),
                       "Name the folder of the images after the comma");
    ANCHORSCOPE_TRY(parse());
    ANCHORSCOPE_TRY(builder_.tell(0.5));
    ANCHORSCOPE_TRY(takeCategories());
    ANCHORSCOPE_TRY(takeImages());
    ANCHORSCOPE_TRY(takeAnnotations());
    listGroups();
    for (ImageDraft& image : images_)
      builder_.addImage(std::move(image), DatasetBuilder::Duplicates::kKeep, "annotations[", "]");
    return builder_.finish(true);
  }

 private:
  static constexpr std::size_t kSkippedImage = static_cast<std::size_t>(-1);

  /// Fills text_. The file is read once, into the form that the parser wants: it can be large.
  Status load() {
    const Result<std::string> beginning = readBeginning(jsonPath_, 64);
    if (!beginning) return beginning.error();
    if (isGitLfsPointer(*beginning)) return gitLfsPointerError(jsonPath_);
    // Valid JSON is UTF-8: only what says otherwise, or turns out not to be, is looked at letter by letter.
    const auto isLetter = [&](std::size_t at) {
      return at >= beginning->size() || ((*beginning)[at] > 0 && (*beginning)[at] < 0x7f);
    };
    if (!isLetter(0) || !isLetter(1)) {
      Result<std::string> read = readFile(jsonPath_, kLargestJson);
      if (read) read = decodeText(*std::move(read), jsonPath_);
      if (!read) return std::move(read).error();
      text_ = simdjson::padded_string(*read);
      return {};
    }
    std::error_code ignored;
    if (fs::file_size(jsonPath_, ignored) > kLargestJson)
      return makeError(ErrorCode::kBadData,
                       concat("'", jsonPath_, "' is larger than the 4 GiB that are read"),
                       "Part the set into several files");
    if (const auto code = simdjson::padded_string::load(jsonPath_).get(text_))
      return makeError(ErrorCode::kIo,
                       concat("Cannot read '", jsonPath_, "': ", simdjson::error_message(code)),
                       "Check the file and its permissions");
    return {};
  }

  Status parse() {
    std::error_code ignored;
    if (fs::is_directory(jsonPath_, ignored))
      return makeError(ErrorCode::kUsage, concat("'", jsonPath_, "' is a folder, not a JSON file"),
                       "The form is coco:JSON,IMAGES");
    ANCHORSCOPE_TRY(load());
    const std::string_view all(text_.data(), text_.size());
    if (const std::string instead = whatInstead(all); !instead.empty())
      return makeError(ErrorCode::kBadData, concat("'", jsonPath_, "' ", instead), kWanted);
    json::parser parser;
    json::document document;
    auto code = parser.iterate(text_).get(document);
    const bool started = code == simdjson::SUCCESS;  // Otherwise the document has no location to ask for.
    if (started) code = readDocument(document);
    if (code == simdjson::UTF8_ERROR)
      if (const Result<std::string> decoded = decodeText(std::string(all), jsonPath_); !decoded)
        return decoded.error();
    if (code == simdjson::CAPACITY)
      return makeError(
          ErrorCode::kBadData,
          concat("'", jsonPath_, "' has more records than its ", text_.size(), " bytes can describe"),
          kWanted);
    if (code) {
      const char* location = nullptr;
      std::string place;
      const bool known = started && document.current_location().get(location) == simdjson::SUCCESS &&
                         location >= all.data() && location <= all.data() + all.size();
      if (known) {
        const auto offset = static_cast<std::size_t>(location - all.data());
        place = concat(" at line ", lineOfOffset(all, offset), " (byte ", offset, ")");
      }
      const bool lines = code == simdjson::TAPE_ERROR && !raw_.hasImages && !raw_.hasCategories && known;
      return makeError(ErrorCode::kBadData,
                       concat("'", jsonPath_, "' is not valid JSON", place, ": ",
                              lines ? "more follows after the first object" : messageOf(code)),
                       lines ? "A COCO detection file is one object, not one per line"
                             : "The file may be cut off; download or export it again");
    }
    if (!raw_.hasImages || !raw_.hasCategories) {
      const char* name = raw_.hasImages ? "categories" : "images";
      return makeError(
          ErrorCode::kBadData,
          concat("'", jsonPath_, "' holds no list \"", name, "\"",
                 (raw_.hasImages ? raw_.oddCategories : raw_.oddImages) ? ", but something else of this name"
                                                                        : ""),
          kWanted);
    }
    return {};
  }

  bool tooMany(std::size_t records) const { return records > 1000 + text_.size() / kShortestRecord; }

  simdjson::error_code readDocument(json::document& document) {
    json::object root;
    if (const auto code = document.get_object().get(root)) return code;
    for (auto entry : root) {
      json::field field;
      if (const auto code = std::move(entry).get(field)) return code;
      std::string_view key;
      if (const auto code = field.unescaped_key().get(key)) return code;
      simdjson::error_code code = simdjson::SUCCESS;
      if (key == "images") {
        raw_.oddImages = true;
        code = visitArray(field.value(), raw_.hasImages, [&](json::value& v) {
          if (tooMany(raw_.images.size())) return simdjson::CAPACITY;
          return readImage(v, raw_.images.emplace_back());
        });
      } else if (key == "annotations") {
        code = visitArray(field.value(), raw_.hasAnnotations, [&](json::value& v) {
          if (tooMany(raw_.annotations.size())) return simdjson::CAPACITY;
          return readAnnotation(v, raw_.annotations.emplace_back());
        });
      } else if (key == "categories") {
        raw_.oddCategories = true;
        code = visitArray(field.value(), raw_.hasCategories, [&](json::value& v) {
          if (tooMany(raw_.categories.size())) return simdjson::CAPACITY;
          return readCategory(v, raw_.categories.emplace_back());
        });
      }
      if (code) return code;
    }
    // At the end there is no location left.
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? simdjson::SUCCESS
                                                                          : simdjson::TAPE_ERROR;
  }

  /// By number where both ids are numbers of 64 bits, else as text.
  static bool idLess(const Id& a, const Id& b) {
    const auto numberA = parseNumber<std::int64_t>(a), numberB = parseNumber<std::int64_t>(b);
    if (numberA && numberB) return *numberA < *numberB;
    return numberA.has_value() != numberB.has_value() ? numberA.has_value() : a < b;
  }

  Status takeCategories() {
    std::vector<std::pair<Id, std::string>> categories;
    for (std::size_t i = 0; i < raw_.categories.size(); ++i) {
      const RawCategory& category = raw_.categories[i];
      const RecordPlace place{jsonPath_, concat("categories[", i, "]")};
      if (category.id.empty() || category.name.empty()) {
        builder_.report(place, problem::kBadRecord, "a category without an id or a name");
      } else if (!classOfCategory_.try_emplace(category.id, 0).second) {
        builder_.report(place, problem::kBadRecord, concat("a second category with id ", category.id));
      } else {
        categories.emplace_back(category.id, category.name);
      }
    }
    if (categories.size() > kMaxClasses)
      return makeError(ErrorCode::kBadData,
                       concat("'", jsonPath_, "' has ", categories.size(), " categories"),
                       concat("At most ", kMaxClasses, " are trained on"));
    std::sort(categories.begin(), categories.end(),
              [](const auto& a, const auto& b) { return idLess(a.first, b.first); });
    std::vector<std::string> names, ids;
    for (const auto& [id, name] : categories) {
      classOfCategory_[id] = static_cast<int>(names.size());
      names.push_back(name);
      ids.push_back(id);
    }
    objectsOfClass_.resize(names.size());
    builder_.setClassNames(std::move(names), std::move(ids));
    return {};
  }

  Status takeImages() {
    std::vector<std::string> names;
    for (const RawImage& image : raw_.images)
      names.push_back(image.fileName);
    const Result<std::vector<bool>> chosen = seedSplit(names, request_.spec, request_.options.splitSeed);
    if (!chosen) return chosen.error();
    for (std::size_t i = 0; i < raw_.images.size(); ++i) {
      ANCHORSCOPE_TRY(
          builder_.tell(0.5 + 0.3 * static_cast<double>(i) / static_cast<double>(raw_.images.size())));
      takeImage(raw_.images[i], i, (*chosen)[i]);
    }
    return {};
  }

  /// The files of the image folder, listed once one is not found as it is called.
  const FileIndex* folderIndex() {
    if (!listed_) {
      listed_ = true;
      if (Result<FileIndex> index = FileIndex::of(imageFolder_)) index_ = *std::move(index);
    }
    return &index_;
  }

  /// The file of an image: as it is called; else by findPath; else with another case; else its last part in
  /// whatever folder.
  std::optional<std::string> fileOf(const std::string& name, const RecordPlace& place) {
    std::error_code ignored;
    std::string path = (fs::path(imageFolder_) / name).string();
    if (fs::exists(path, ignored)) return path;
    std::string slashed = name;
    std::replace(slashed.begin(), slashed.end(), '\\', '/');
    std::optional<std::string> found;
    if (const auto other = findPath(imageFolder_, name)) found = other->path;
    if (!found)
      if (auto file = folderIndex()->find(slashed)) found = (fs::path(imageFolder_) / *file).string();
    if (!found)
      if (auto file = folderIndex()->onlyOfName(lastPart(name)))
        found = (fs::path(imageFolder_) / *file).string();
    if (found)
      builder_.apply(rule::kOtherName, place,
                     "file_name with another case, folder or slash than the file has");
    return found;
  }

  void takeImage(const RawImage& raw, std::size_t position, bool chosen) {
    const auto place = [&] {
      return RecordPlace{jsonPath_,
                         concat("images[", position, "], id ", raw.id.empty() ? "missing" : raw.id)};
    };
    if (raw.id.empty() || raw.fileName.empty()) {
      builder_.report(place(), problem::kBadRecord, "an image without an id or a file_name");
      return;
    }
    if (!imageOfId_.try_emplace(raw.id, kSkippedImage).second) {
      builder_.report(place(), problem::kDuplicateImage, concat("a second image with id ", raw.id));
      return;
    }
    if (!chosen) return;
    const std::optional<std::string> path = fileOf(raw.fileName, place());
    if (!path) {
      builder_.report(place(), problem::kMissingImage,
                      concat("no file '", (fs::path(imageFolder_) / raw.fileName).string(), "'"));
      return;
    }
    ImageDraft draft;
    draft.place = {jsonPath_, concat("images[", position, "]")};
    draft.record.name = raw.fileName;
    draft.record.path = *path;
    draft.record.sourceId = raw.id;
    const auto side = [](double value) { return value >= 1 && value < 1e6 ? static_cast<int>(value) : 0; };
    if (!builder_.readHeader(draft, {side(raw.width), side(raw.height)})) return;
    imageOfId_[raw.id] = images_.size();
    images_.push_back(std::move(draft));
  }

  Status takeAnnotations() {
    if (!raw_.hasAnnotations)
      builder_.apply(rule::kNoLabelFile, {jsonPath_, ""},
                     "the file has no list \"annotations\": no image has objects", RecordAction::kKept,
                     images_.size());
    for (std::size_t i = 0; i < raw_.annotations.size(); ++i) {
      if (i % 1024 == 0)
        ANCHORSCOPE_TRY(
            builder_.tell(0.8 + 0.2 * static_cast<double>(i) / static_cast<double>(raw_.annotations.size())));
      takeAnnotation(raw_.annotations[i], i);
    }
    return {};
  }

  /// What an id means: the same id, or the same digits where one list writes them as text and the other not.
  template <typename Map>
  auto lookUp(const Map& map, const Id& id, const RecordPlace& place) {
    auto found = id.empty() ? map.end() : map.find(id);
    if (found != map.end() || id.empty()) return found;
    found = map.find(ofOtherKind(id));
    if (found != map.end())
      builder_.apply(rule::kIds, place,
                     "an id is text in one list and a number in the other: compared by its digits");
    return found;
  }

  void takeAnnotation(const RawAnnotation& raw, std::size_t position) {
    const RecordPlace place{jsonPath_,
                            concat("annotations[", position, "], id ", raw.id.empty() ? "missing" : raw.id)};
    if (!raw.isObject) return builder_.rejectWithoutImage(place, problem::kBadRecord, "not a JSON object");
    const auto image = lookUp(imageOfId_, raw.imageId, place);
    if (image == imageOfId_.end())
      return builder_.rejectWithoutImage(place, problem::kUnknownImage,
                                         raw.imageId.empty() ? std::string("image_id is missing or no id")
                                                             : concat("no image has id ", raw.imageId));
    const auto category = lookUp(classOfCategory_, raw.categoryId, place);
    const bool known = category != classOfCategory_.end();
    if (known) ++objectsOfClass_[static_cast<std::size_t>(category->second)];
    if (image->second == kSkippedImage) return;  // Told with its image, or of the other split.
    ImageDraft& draft = images_[image->second];
    if (!known)
      return builder_.reject(draft, place, problem::kUnknownClass,
                             raw.categoryId.empty() ? std::string("category_id is missing or no id")
                                                    : concat("no category has id ", raw.categoryId));
    Annotation annotation;
    annotation.classIndex = category->second;
    annotation.crowd = raw.crowd;
    annotation.areaPx = raw.area;
    RawBox box{raw.box[0], raw.box[1], raw.box[0] + raw.box[2], raw.box[1] + raw.box[3]};
    if (raw.boxNumbers == 0 && !raw.segmentation.empty()) {
      const Result<MaskBounds> bounds = maskBounds(raw.segmentation);
      if (!bounds)
        return builder_.reject(draft, place, problem::kBadRecord, "no bbox, and " + bounds.error().message);
      box = bounds->box;
      if (!(annotation.areaPx > 0)) annotation.areaPx = bounds->areaPx;
    } else if (raw.boxNumbers != 4) {
      return builder_.reject(draft, place, problem::kBadRecord,
                             concat("bbox has ", raw.boxNumbers, " numbers instead of 4"));
    }
    const bool kept = builder_.addBox(draft, box, annotation, place, position);
    if (kept && raw.boxNumbers == 0)
      builder_.apply(rule::kBoxOfShape, place, "no bbox: the box around the segmentation");
    if (kept && request_.options.shapes)
      draft.record.annotations.back().shape = shapeOf(raw.segmentation, draft, place);
  }

  /// Null, and listed, where it cannot be used.
  std::shared_ptr<const ObjectShape> shapeOf(std::string_view segmentation, const ImageDraft& draft,
                                             const RecordPlace& place) {
    if (segmentation.empty() || trimmed(segmentation.substr(1)) == "]") {
      builder_.apply(rule::kNoShape, place, "neither polygons nor a mask: the object has its box alone");
      return nullptr;
    }
    ShapeReading reading = readShape(segmentation, draft);
    if (reading.problem) builder_.report(place, reading.problem, reading.message, reading.action);
    return std::move(reading.shape);
  }

  /// Categories that only group others: nothing is annotated with them, yet each is a class.
  void listGroups() {
    std::unordered_set<std::string> groups;
    for (const RawCategory& category : raw_.categories)
      if (category.group != category.name) groups.insert(category.group);
    for (std::size_t i = 0; i < raw_.categories.size(); ++i) {
      const RawCategory& category = raw_.categories[i];
      const auto found = category.id.empty() ? classOfCategory_.end() : classOfCategory_.find(category.id);
      if (found == classOfCategory_.end() || groups.count(category.name) == 0 ||
          objectsOfClass_[static_cast<std::size_t>(found->second)] > 0)
        continue;
      builder_.report(
          {jsonPath_, concat("categories[", i, "], id ", category.id)}, rule::kUnusedClass,
          concat("'", category.name,
                 "' only groups other categories and has no object, yet is a class (unused_classes=drop "
                 "leaves it out)"),
          RecordAction::kKept);
    }
  }

  const ReaderRequest& request_;
  const std::string jsonPath_, imageFolder_;
  DatasetBuilder builder_;
  RawCoco raw_;
  simdjson::padded_string text_;  ///< Of which raw_ holds parts.
  std::unordered_map<Id, int> classOfCategory_;
  std::vector<std::size_t> objectsOfClass_;  ///< In all of the file.
  std::unordered_map<Id, std::size_t> imageOfId_;
  std::vector<ImageDraft> images_;
  bool listed_ = false;
  FileIndex index_;
};

}  // namespace

Result<std::shared_ptr<const Dataset>> readCoco(const ReaderRequest& request) {
  return CocoReader(request).read();
}

}  // namespace anchorscope
