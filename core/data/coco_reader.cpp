// COCO's instances_*.json. Format: Lin et al. 2014 and https://cocodataset.org/#format-data.
#include <simdjson.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/base/check.h"
#include "core/data/dataset_builder.h"
#include "core/data/image_io.h"
#include "core/data/readers.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;
namespace json = simdjson::ondemand;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct RawCategory {
  std::optional<std::int64_t> id;
  std::string name;
};

struct RawImage {
  std::optional<std::int64_t> id;
  std::string fileName;
  double width = 0, height = 0;
};

struct RawAnnotation {
  std::optional<std::int64_t> id, imageId, categoryId;
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

std::optional<std::int64_t> integerOf(json::value& value) {
  const std::string_view token = trimmed(value.raw_json_token());
  std::int64_t integer = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), integer);
  if (code == std::errc{} && end == token.data() + token.size()) return integer;
  const std::optional<double> number = parseNumber(token);
  if (number && std::fabs(*number) < 0x1p53 && *number == std::floor(*number))
    return static_cast<std::int64_t>(*number);
  return std::nullopt;
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
  bool hasImages = false, hasCategories = false;
};

simdjson::error_code readCategory(json::value& record, RawCategory& category) {
  bool isObject = false;
  return visitFields(record, isObject, [&](std::string_view key, json::value& value) {
    if (key == "id") category.id = integerOf(value);
    if (key == "name") return textOf(value, category.name);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code readImage(json::value& record, RawImage& image) {
  bool isObject = false;
  return visitFields(record, isObject, [&](std::string_view key, json::value& value) {
    if (key == "id") image.id = integerOf(value);
    if (key == "width") image.width = numberOf(value);
    if (key == "height") image.height = numberOf(value);
    if (key == "file_name") return textOf(value, image.fileName);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code readAnnotation(json::value& record, RawAnnotation& annotation) {
  return visitFields(record, annotation.isObject, [&](std::string_view key, json::value& value) {
    if (key == "id") annotation.id = integerOf(value);
    if (key == "image_id") annotation.imageId = integerOf(value);
    if (key == "category_id") annotation.categoryId = integerOf(value);
    if (key == "area") annotation.area = numberOf(value);
    if (key == "iscrowd") annotation.crowd = truthOf(value);
    if (key != "bbox") return simdjson::SUCCESS;
    bool isArray = false;
    return visitArray(value, isArray, [&](json::value& element) {
      if (annotation.boxNumbers < 4) annotation.box[annotation.boxNumbers] = numberOf(element);
      ++annotation.boxNumbers;
      return simdjson::SUCCESS;
    });
  });
}

class CocoReader {
 public:
  explicit CocoReader(const ReaderRequest& request)
      : request_(request),
        jsonPath_(request.spec.paths[0]),
        imageFolder_(request.spec.paths[1]),
        builder_(request.spec, request.progress) {}

  Result<std::shared_ptr<const Dataset>> read() {
    std::error_code ignored;
    if (!fs::is_directory(imageFolder_, ignored))
      return makeError(ErrorCode::kUsage, concat("'", imageFolder_, "' is no folder"),
                       "Name the folder of the images after the comma");
    ANCHORSCOPE_TRY(parse());
    ANCHORSCOPE_TRY(builder_.tell(0.5));
    takeCategories();
    ANCHORSCOPE_TRY(takeImages());
    ANCHORSCOPE_TRY(takeAnnotations());
    for (std::size_t i = 0; i < images_.size(); ++i)
      builder_.addImage(std::move(images_[i]), {jsonPath_, imageRecords_[i]});
    return builder_.finish(true);
  }

 private:
  static constexpr std::size_t kSkippedImage = static_cast<std::size_t>(-1);

  Status parse() {
    std::error_code ignored;
    if (fs::is_directory(jsonPath_, ignored))
      return makeError(ErrorCode::kUsage, concat("'", jsonPath_, "' is a folder, not a JSON file"),
                       "The form is coco:JSON,IMAGES");
    simdjson::padded_string text;
    if (const auto code = simdjson::padded_string::load(jsonPath_).get(text))
      return makeError(ErrorCode::kIo,
                       concat("Cannot read '", jsonPath_, "': ", simdjson::error_message(code)),
                       "Check the file and its permissions");
    const std::string_view all(text.data(), text.size());
    const std::size_t skip = all.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0;
    json::parser parser;
    json::document document;
    auto code = parser
                    .iterate(simdjson::padded_string_view(text.data() + skip, text.size() - skip,
                                                          text.size() - skip + simdjson::SIMDJSON_PADDING))
                    .get(document);
    const bool started = code == simdjson::SUCCESS;  // Otherwise the document has no location to ask for.
    if (started) code = readDocument(document);
    if (code) {
      const char* location = nullptr;
      std::string place;
      const bool known = started && document.current_location().get(location) == simdjson::SUCCESS &&
                         location >= all.data() && location <= all.data() + all.size();
      if (known) {
        const auto offset = static_cast<std::size_t>(location - all.data());
        place = concat(" at line ", lineOfOffset(all, offset), " (byte ", offset, ")");
      }
      return makeError(
          ErrorCode::kBadData,
          concat("'", jsonPath_, "' is not valid JSON", place, ": ", simdjson::error_message(code)),
          "The file may be cut off; download or export it again");
    }
    if (!raw_.hasImages || !raw_.hasCategories)
      return makeError(
          ErrorCode::kBadData,
          concat("'", jsonPath_, "' holds no list \"", raw_.hasImages ? "categories" : "images", "\""),
          "A COCO detection file has the lists images, annotations and categories");
    return {};
  }

  simdjson::error_code readDocument(json::document& document) {
    json::object root;
    if (const auto code = document.get_object().get(root)) return code;
    for (auto entry : root) {
      json::field field;
      if (const auto code = std::move(entry).get(field)) return code;
      std::string_view key;
      if (const auto code = field.unescaped_key().get(key)) return code;
      bool isArray = false;
      simdjson::error_code code = simdjson::SUCCESS;
      if (key == "images") {
        code = visitArray(field.value(), raw_.hasImages,
                          [&](json::value& v) { return readImage(v, raw_.images.emplace_back()); });
      } else if (key == "annotations") {
        code = visitArray(field.value(), isArray,
                          [&](json::value& v) { return readAnnotation(v, raw_.annotations.emplace_back()); });
      } else if (key == "categories") {
        code = visitArray(field.value(), raw_.hasCategories,
                          [&](json::value& v) { return readCategory(v, raw_.categories.emplace_back()); });
      }
      if (code) return code;
    }
    // At the end there is no location left.
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? simdjson::SUCCESS
                                                                          : simdjson::TAPE_ERROR;
  }

  void takeCategories() {
    std::vector<std::pair<std::int64_t, std::string>> categories;
    for (std::size_t i = 0; i < raw_.categories.size(); ++i) {
      const RawCategory& category = raw_.categories[i];
      const RecordPlace place{jsonPath_, concat("categories[", i, "]")};
      if (!category.id || category.name.empty()) {
        builder_.report(place, problem::kBadRecord, "a category without a whole-number id or a name");
      } else if (!classOfCategory_.try_emplace(*category.id, 0).second) {
        builder_.report(place, problem::kBadRecord, concat("a second category with id ", *category.id));
      } else {
        categories.emplace_back(*category.id, category.name);
      }
    }
    std::sort(categories.begin(), categories.end());
    std::vector<std::string> names;
    for (const auto& [id, name] : categories) {
      classOfCategory_[id] = static_cast<int>(names.size());
      names.push_back(name);
    }
    builder_.setClassNames(std::move(names));
  }

  Status takeImages() {
    std::vector<std::string> names;
    for (const RawImage& image : raw_.images)
      names.push_back(image.fileName);
    const Result<std::vector<bool>> chosen = seedSplit(names, request_.spec, request_.splitSeed);
    if (!chosen) return chosen.error();
    for (std::size_t i = 0; i < raw_.images.size(); ++i) {
      ANCHORSCOPE_TRY(
          builder_.tell(0.5 + 0.3 * static_cast<double>(i) / static_cast<double>(raw_.images.size())));
      takeImage(raw_.images[i], i, (*chosen)[i]);
    }
    return {};
  }

  void takeImage(const RawImage& raw, std::size_t position, bool chosen) {
    const auto place = [&] {
      return RecordPlace{jsonPath_,
                         concat("images[", position, "], id ", raw.id ? concat(*raw.id) : "missing")};
    };
    if (!raw.id || raw.fileName.empty()) {
      builder_.report(place(), problem::kBadRecord, "an image without a whole-number id or a file_name");
      return;
    }
    if (!imageOfId_.try_emplace(*raw.id, kSkippedImage).second) {
      builder_.report(place(), problem::kDuplicateImage, concat("a second image with id ", *raw.id));
      return;
    }
    if (!chosen) return;
    ImageRecord image;
    image.name = raw.fileName;
    image.path = (fs::path(imageFolder_) / raw.fileName).string();
    image.sourceId = *raw.id;
    std::error_code ignored;
    if (!fs::is_regular_file(image.path, ignored)) {
      builder_.report(place(), problem::kMissingImage, concat("no file '", image.path, "'"));
      return;
    }
    if (raw.width >= 1 && raw.height >= 1 && raw.width < 1e6 && raw.height < 1e6) {
      image.size = {static_cast<int>(raw.width), static_cast<int>(raw.height)};
    } else {
      const Result<SizePx> size = readImageSize(image.path);
      if (!size) {
        builder_.report(place(), problem::kUnreadableImage, size.error().message);
        return;
      }
      image.size = *size;
    }
    imageOfId_[*raw.id] = images_.size();
    images_.push_back(std::move(image));
    imageRecords_.push_back(concat("images[", position, "]"));
  }

  Status takeAnnotations() {
    for (std::size_t i = 0; i < raw_.annotations.size(); ++i) {
      if (i % 1024 == 0)
        ANCHORSCOPE_TRY(
            builder_.tell(0.8 + 0.2 * static_cast<double>(i) / static_cast<double>(raw_.annotations.size())));
      takeAnnotation(raw_.annotations[i], i);
    }
    return {};
  }

  void takeAnnotation(const RawAnnotation& raw, std::size_t position) {
    const RecordPlace place{jsonPath_,
                            concat("annotations[", position, "], id ", raw.id ? concat(*raw.id) : "missing")};
    const auto reject = [&](const char* kind, std::string message) {
      builder_.report(place, kind, std::move(message));
      builder_.countRejected();
    };
    if (!raw.isObject) return reject(problem::kBadRecord, "not a JSON object");
    const auto image = raw.imageId ? imageOfId_.find(*raw.imageId) : imageOfId_.end();
    if (image == imageOfId_.end())
      return reject(problem::kUnknownImage, raw.imageId
                                                ? concat("no image has id ", *raw.imageId)
                                                : std::string("image_id is missing or no whole number"));
    if (image->second == kSkippedImage) return;  // Told with its image, or of the other split.
    const auto category = raw.categoryId ? classOfCategory_.find(*raw.categoryId) : classOfCategory_.end();
    if (category == classOfCategory_.end())
      return reject(problem::kUnknownClass, raw.categoryId
                                                ? concat("no category has id ", *raw.categoryId)
                                                : std::string("category_id is missing or no whole number"));
    if (raw.boxNumbers != 4)
      return reject(problem::kBadRecord, concat("bbox has ", raw.boxNumbers, " numbers instead of 4"));
    Annotation annotation;
    annotation.classIndex = category->second;
    annotation.crowd = raw.crowd;
    annotation.areaPx = raw.area;
    builder_.addBox(images_[image->second],
                    {raw.box[0], raw.box[1], raw.box[0] + raw.box[2], raw.box[1] + raw.box[3]}, annotation,
                    place);
  }

  const ReaderRequest& request_;
  const std::string jsonPath_, imageFolder_;
  DatasetBuilder builder_;
  RawCoco raw_;
  std::unordered_map<std::int64_t, int> classOfCategory_;
  std::unordered_map<std::int64_t, std::size_t> imageOfId_;
  std::vector<ImageRecord> images_;
  std::vector<std::string> imageRecords_;
};

}  // namespace

Result<std::shared_ptr<const Dataset>> readCoco(const ReaderRequest& request) {
  return CocoReader(request).read();
}

}  // namespace anchorscope
