#pragma once
// What the readers share: the rules for bad records (stated in dataset.h), names, splits and progress.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/spec.h"

namespace anchorscope {

/// Stable short names of problems (RecordProblem::kind).
namespace problem {
inline constexpr const char* kMissingImage = "missing image";
inline constexpr const char* kUnreadableImage = "unreadable image";
inline constexpr const char* kDuplicateImage = "duplicate image";
inline constexpr const char* kUnknownImage = "unknown image";
inline constexpr const char* kBadAnnotationFile = "damaged annotation file";
inline constexpr const char* kMissingAnnotationFile = "missing annotation file";
inline constexpr const char* kBadRecord = "damaged record";
inline constexpr const char* kUnknownClass = "unknown class";
inline constexpr const char* kBoxNotFinite = "box not finite";
inline constexpr const char* kBoxWithoutArea = "box without area";
inline constexpr const char* kBoxOutside = "box outside image";
inline constexpr const char* kBoxPartlyOutside = "box partly outside image";
}  // namespace problem

/// How far a box may stand out of its image before it is listed, px: rounding of the formats' text.
inline constexpr double kRoundingPx = 0.5;

/// Where a record stands, for the list of problems.
struct RecordPlace {
  std::string file;
  std::string record;
};

/// A box as read, before the rules.
struct RawBox {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;  ///< px of the image
};

/// Collects a data set and applies the rules.
class DatasetBuilder {
 public:
  DatasetBuilder(DatasetSpec spec, std::function<bool(double)> progress);

  void setClassNames(std::vector<std::string> names) { classNames_ = std::move(names); }
  std::size_t classCount() const { return classNames_.size(); }

  void report(RecordPlace place, const char* kind, std::string message,
              RecordAction action = RecordAction::kSkipped);

  /// Applies the box rules and appends to the image's annotations (classIndex, crowd ... as in `annotation`).
  /// `areaPx` of the annotation is kept when positive and finite, else the clipped box's. False when skipped.
  bool addBox(ImageRecord& image, const RawBox& box, Annotation annotation, const RecordPlace& place);

  /// Counts an object that was skipped before it came to addBox.
  void countRejected() { ++rejectedObjects_; }

  /// Adds an image; its name is still the relative path. A second one of the same path is reported and
  /// skipped.
  bool addImage(ImageRecord image, const RecordPlace& place);

  /// Tells the progress; kCancelled once it returns false. Cheap to call for every record.
  Status tell(double fraction);

  /// Shortens names, checks that something usable is there.
  Result<std::shared_ptr<const Dataset>> finish(bool needsClasses);

  const DatasetSpec& spec() const { return spec_; }

 private:
  DatasetSpec spec_;
  std::function<bool(double)> progress_;
  double told_ = -1;
  std::vector<std::string> classNames_;
  std::vector<ImageRecord> images_;
  std::unordered_set<std::string> seenPaths_;
  Diagnostics diagnostics_;
  std::size_t acceptedObjects_ = 0, rejectedObjects_ = 0;
};

/// The 80/20 part of `names` that `split` ("train", "val", or "" for all) means: whether each belongs to it.
/// The fifth with the smallest random value of (seed, name) is val, at least one of two or more.
/// kUsage for another split.
Result<std::vector<bool>> seedSplit(const std::vector<std::string>& names, const DatasetSpec& spec,
                                    std::uint64_t seed);

/// Files of a folder by name and by stem.
class FolderListing {
 public:
  /// kNotFound or kIo when the folder cannot be listed.
  static Result<FolderListing> of(const std::string& folder);

  const std::vector<std::string>& names() const { return names_; }  ///< Sorted.
  bool has(const std::string& name) const { return known_.count(name) > 0; }
  /// The first image file (in name order) with this stem, or nothing.
  std::optional<std::string> imageOfStem(const std::string& stem) const;

 private:
  std::vector<std::string> names_;
  std::unordered_set<std::string> known_;
  std::unordered_map<std::string, std::string> imageOfStem_;
};

/// Relative paths of all image files below a folder (each folder once, also when links lead to it again),
/// sorted. kIo when one of the folders cannot be read.
Result<std::vector<std::string>> imagesBelow(const std::string& folder);

// Text helpers that do not depend on the locale.
std::string_view trimmed(std::string_view text);
/// Lines without line ends; a byte order mark is dropped.
std::vector<std::string_view> linesOf(std::string_view text);
/// A number that makes up the whole (trimmed) text; "nan" and "inf" are numbers here.
std::optional<double> parseNumber(std::string_view text);
/// 1-based line that holds this byte.
std::size_t lineOfOffset(std::string_view text, std::size_t offset);

}  // namespace anchorscope
