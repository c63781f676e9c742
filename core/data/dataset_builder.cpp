#include "core/data/dataset_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/data/image_io.h"

namespace anchorscope {
namespace {

/// A set whose images are files.
class FileDataset final : public Dataset {
 public:
  FileDataset(std::string spec, std::vector<std::string> classNames, std::vector<ImageRecord> images,
              Diagnostics diagnostics)
      : spec_(std::move(spec)),
        classNames_(std::move(classNames)),
        images_(std::move(images)),
        diagnostics_(std::move(diagnostics)) {}

  const std::string& spec() const override { return spec_; }
  const std::vector<std::string>& classNames() const override { return classNames_; }
  const std::vector<ImageRecord>& images() const override { return images_; }
  const Diagnostics& diagnostics() const override { return diagnostics_; }

  Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const override {
    ANCHORSCOPE_CHECK(imageIndex < images_.size(), "image ", imageIndex, " of ", images_.size());
    const ImageRecord& record = images_[imageIndex];
    Result<ImagePixels> pixels = decodeImage(record.path);
    if (!pixels) return std::move(pixels).error();
    if (!(pixels->size == record.size))
      return makeError(
          ErrorCode::kBadData,
          concat("'", record.path, "' is ", pixels->size.width, "x", pixels->size.height,
                 " px, but its annotations are for ", record.size.width, "x", record.size.height),
          "Correct the size in the annotations, or restore the image they were made for");
    return std::make_shared<const ImagePixels>(std::move(*pixels));
  }

 private:
  std::string spec_;
  std::vector<std::string> classNames_;
  std::vector<ImageRecord> images_;
  Diagnostics diagnostics_;
};

std::string fileNameOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string boxText(const RawBox& box) {
  return concat("(", box.x1, ", ", box.y1, ", ", box.x2, ", ", box.y2, ")");
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

DatasetBuilder::DatasetBuilder(DatasetSpec spec, std::function<bool(double)> progress)
    : spec_(std::move(spec)), progress_(std::move(progress)) {}

void DatasetBuilder::report(RecordPlace place, const char* kind, std::string message, RecordAction action) {
  diagnostics_.add({std::move(place.file), std::move(place.record), kind, std::move(message), action});
}

bool DatasetBuilder::addBox(ImageRecord& image, const RawBox& box, Annotation annotation,
                            const RecordPlace& place) {
  const auto reject = [&](const char* kind, std::string message) {
    report(place, kind, std::move(message));
    ++rejectedObjects_;
    return false;
  };
  if (annotation.classIndex < 0 || static_cast<std::size_t>(annotation.classIndex) >= classNames_.size())
    return reject(problem::kUnknownClass,
                  concat("class ", annotation.classIndex, " of ", classNames_.size(), " classes"));
  if (!std::isfinite(box.x1) || !std::isfinite(box.y1) || !std::isfinite(box.x2) || !std::isfinite(box.y2))
    return reject(problem::kBoxNotFinite, "a coordinate is not a finite number: " + boxText(box));
  if (!(box.x2 > box.x1) || !(box.y2 > box.y1))
    return reject(problem::kBoxWithoutArea, "width or height is not positive: " + boxText(box));
  const double width = image.size.width, height = image.size.height;
  const RawBox clipped{std::clamp(box.x1, 0.0, width), std::clamp(box.y1, 0.0, height),
                       std::clamp(box.x2, 0.0, width), std::clamp(box.y2, 0.0, height)};
  annotation.boxInImage = {static_cast<float>(clipped.x1), static_cast<float>(clipped.y1),
                           static_cast<float>(clipped.x2), static_cast<float>(clipped.y2)};
  if (annotation.boxInImage.degenerate()) {
    const bool inside = clipped.x2 > clipped.x1 && clipped.y2 > clipped.y1;
    return inside ? reject(problem::kBoxWithoutArea, "too thin for single precision: " + boxText(box))
                  : reject(problem::kBoxOutside,
                           concat(boxText(box), " lies outside ", width, "x", height, " px"));
  }
  const double overshoot =
      std::max({clipped.x1 - box.x1, clipped.y1 - box.y1, box.x2 - clipped.x2, box.y2 - clipped.y2});
  if (overshoot > kRoundingPx)
    report(place, problem::kBoxPartlyOutside,
           concat(boxText(box), " reaches out of ", width, "x", height, " px"), RecordAction::kClipped);
  if (!(annotation.areaPx > 0) || !std::isfinite(annotation.areaPx))
    annotation.areaPx = (clipped.x2 - clipped.x1) * (clipped.y2 - clipped.y1);
  image.annotations.push_back(annotation);
  ++acceptedObjects_;
  return true;
}

bool DatasetBuilder::addImage(ImageRecord image, const RecordPlace& place) {
  if (!seenPaths_.insert(image.path).second) {
    report(place, problem::kDuplicateImage, concat("'", image.path, "' is listed twice"));
    return false;
  }
  if (image.sourceId < 0) image.sourceId = static_cast<std::int64_t>(images_.size());
  images_.push_back(std::move(image));
  return true;
}

Status DatasetBuilder::tell(double fraction) {
  if (!progress_ || (fraction - told_ < 0.005 && fraction < 1)) return {};
  told_ = fraction;
  if (!progress_(std::clamp(fraction, 0.0, 1.0)))
    return makeError(ErrorCode::kCancelled, concat("Opening '", spec_.text, "' was cancelled"));
  return {};
}

Result<std::shared_ptr<const Dataset>> DatasetBuilder::finish(bool needsClasses) {
  const auto unusable = [&](const std::string& what) {
    std::string counts;
    for (const auto& [kind, count] : diagnostics_.countsByKind())
      counts += concat(counts.empty() ? ": " : ", ", kind, " ", count);
    Error error = makeError(ErrorCode::kBadData, concat("'", spec_.text, "' holds ", what, counts),
                            "Check the paths and the annotations");
    if (!diagnostics_.empty()) {
      const RecordProblem& first = diagnostics_.problems().front();
      error.action = concat("The first: ", first.message, " (", first.file, first.record.empty() ? "" : ", ",
                            first.record, ")");
    }
    return error;
  };
  if (images_.empty()) return unusable("no usable image");
  if (needsClasses && acceptedObjects_ == 0 && rejectedObjects_ > 0) return unusable("no usable object");
  if (needsClasses && classNames_.empty()) return unusable("no class and no object");

  std::unordered_map<std::string, int> uses;
  for (const ImageRecord& image : images_)
    ++uses[fileNameOf(image.name)];
  for (ImageRecord& image : images_)
    if (std::string shortName = fileNameOf(image.name); uses[shortName] == 1)
      image.name = std::move(shortName);
  ANCHORSCOPE_TRY(tell(1));
  return std::shared_ptr<const Dataset>(std::make_shared<FileDataset>(
      spec_.text, std::move(classNames_), std::move(images_), std::move(diagnostics_)));
}

Result<std::vector<bool>> seedSplit(const std::vector<std::string>& names, const DatasetSpec& spec,
                                    std::uint64_t seed) {
  if (spec.split.empty()) return std::vector<bool>(names.size(), true);
  if (spec.split != "train" && spec.split != "val")
    return makeError(
        ErrorCode::kUsage,
        concat("'", spec.text, "': the set has no splits of its own, so '#", spec.split, "' is unknown"),
        "Use #train or #val (80/20 by the seed), or no split for all images");
  std::vector<std::uint64_t> values(names.size());
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = 0; i < names.size(); ++i)
    values[i] = Random::of(seed, RandomPurpose::kSplit, {fnv1a(names[i])}).next();
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values[a] != values[b] ? values[a] < values[b] : names[a] < names[b];
  });
  std::size_t valCount = (names.size() + 2) / 5;
  if (valCount == 0 && names.size() >= 2) valCount = 1;
  std::vector<bool> chosen(names.size(), spec.split == "train");
  for (std::size_t i = 0; i < valCount; ++i)
    chosen[order[i]] = spec.split == "val";
  return chosen;
}

Result<FolderListing> FolderListing::of(const std::string& folder) {
  namespace fs = std::filesystem;
  FolderListing listing;
  std::error_code code;
  fs::directory_iterator entry(folder, code);
  if (code) {
    const bool missing = code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory;
    return makeError(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                     concat("Cannot list the folder '", folder, "': ", code.message()),
                     "Check the path and its permissions");
  }
  for (; entry != fs::directory_iterator(); entry.increment(code)) {
    std::error_code ignored;
    if (!entry->is_directory(ignored)) listing.names_.push_back(entry->path().filename().string());
    if (code) break;
  }
  if (code)
    return makeError(ErrorCode::kIo, concat("Cannot list the folder '", folder, "': ", code.message()));
  std::sort(listing.names_.begin(), listing.names_.end());
  listing.known_.insert(listing.names_.begin(), listing.names_.end());
  for (const std::string& name : listing.names_)
    if (hasImageExtension(name)) listing.imageOfStem_.try_emplace(name.substr(0, name.rfind('.')), name);
  return listing;
}

std::optional<std::string> FolderListing::imageOfStem(const std::string& stem) const {
  const auto found = imageOfStem_.find(stem);
  if (found == imageOfStem_.end()) return std::nullopt;
  return found->second;
}

Result<std::vector<std::string>> imagesBelow(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return makeError(ErrorCode::kNotFound, concat("'", folder, "' is no folder"),
                     "Name the folder that holds the images");
  std::vector<std::string> names;
  // Folders already seen, so that a link to a folder above does not lead round and round.
  std::unordered_set<std::string> seen{fs::canonical(folder, code).string()};
  fs::recursive_directory_iterator entry(folder, fs::directory_options::follow_directory_symlink, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    std::error_code ignored;
    const std::string path = entry->path().string();
    if (entry->is_directory(ignored)) {
      if (!seen.insert(fs::canonical(path, ignored).string()).second) entry.disable_recursion_pending();
    } else if (hasImageExtension(path)) {
      names.push_back(entry->path().lexically_relative(folder).string());
    }
  }
  if (code)
    return makeError(ErrorCode::kIo, concat("Cannot list the folder '", folder, "': ", code.message()),
                     "Check its permissions");
  std::sort(names.begin(), names.end());
  return names;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> linesOf(std::string_view text) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::optional<double> parseNumber(std::string_view text) {
  text = trimmed(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range && end == text.data() + text.size()) return HUGE_VAL;
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::size_t lineOfOffset(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

}  // namespace anchorscope
