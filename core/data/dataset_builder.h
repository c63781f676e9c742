#pragma once
// What the readers share: the rules for records (stated in dataset.h), names, splits and progress.

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
#include "core/data/file_index.h"
#include "core/data/image_io.h"
#include "core/data/readers.h"

namespace anchorscope {

/// Stable short names of problems (RecordProblem::kind).
namespace problem {
inline constexpr const char* kMissingImage = "missing image";
inline constexpr const char* kUnreadableImage = "unreadable image";
inline constexpr const char* kWrongSize = "image of another size";
inline constexpr const char* kDuplicateImage = "duplicate image";
inline constexpr const char* kUnknownImage = "unknown image";
inline constexpr const char* kBadAnnotationFile = "damaged annotation file";
inline constexpr const char* kMissingAnnotationFile = "missing annotation file";
inline constexpr const char* kUnusedAnnotationFile = "annotation file without image";
inline constexpr const char* kBadRecord = "damaged record";
inline constexpr const char* kUnknownClass = "unknown class";
inline constexpr const char* kBoxNotFinite = "box not finite";
inline constexpr const char* kBoxWithoutArea = "box without area";
inline constexpr const char* kBoxOutside = "box outside image";
inline constexpr const char* kBoxPartlyOutside = "box partly outside image";
inline constexpr const char* kBadShape = "damaged segmentation";
inline constexpr const char* kShapeOfOtherSize = "mask of another size";
inline constexpr const char* kShapeWithoutArea = "segmentation without area";
inline constexpr const char* kShapeOutside = "segmentation outside image";
inline constexpr const char* kShapePartlyOutside = "segmentation partly outside image";
inline constexpr const char* kDuplicateObject = "duplicate object";
inline constexpr const char* kNoUsableObject = "image without a usable object";
inline constexpr const char* kTooManyObjects = "too many objects";
}  // namespace problem

/// Names of rules that were applied to good records, so that it can be seen how they were read.
namespace rule {
inline constexpr const char* kExif = "EXIF orientation";
inline constexpr const char* kDeepPixels = "16-bit image";
inline constexpr const char* kPages = "several pages";
inline constexpr const char* kReduced = "large image reduced";
inline constexpr const char* kHidden = "hidden file";
inline constexpr const char* kNoLabelFile = "image without annotations";
inline constexpr const char* kOtherName = "found by another name";
inline constexpr const char* kSameStem = "several images of one name";
inline constexpr const char* kBoxOfShape = "box around a shape";
inline constexpr const char* kNoShape = "object without a segmentation";
inline constexpr const char* kSeveralBoxes = "several boxes in one object";
inline constexpr const char* kExtraColumns = "further columns";
inline constexpr const char* kClassName = "class name";
inline constexpr const char* kUnusedClass = "class without objects";
inline constexpr const char* kLayout = "layout of the set";
inline constexpr const char* kIds = "ids of two kinds";
inline constexpr const char* kTinyBoxes = "boxes within one pixel";
}  // namespace rule

/// How far a box may stand out of its image before it is listed, px: rounding of the formats' text.
inline constexpr double kRoundingPx = 0.5;
/// An image with more objects is left out: training would hold every pair of an anchor and one of them.
inline constexpr std::size_t kMaxObjectsPerImage = 20000;
/// Entries of one kind that are listed one by one; what comes after is counted in the last.
inline constexpr std::size_t kMaxListedPerKind = 1000;
inline constexpr std::size_t kMaxClasses = 20000;

// What text files may hold, so that a small file cannot claim much memory.
inline constexpr std::uint64_t kLargestAnnotationFile = std::uint64_t{16} << 20U;  ///< bytes
inline constexpr std::uint64_t kLargestList = std::uint64_t{512} << 20U;           ///< bytes
inline constexpr std::size_t kMaxLabelLines = 10 * kMaxObjectsPerImage;
inline constexpr std::size_t kMaxImages = 5000000;

/// Where a record stands, for the list of problems.
struct RecordPlace {
  std::string file;
  std::string record;
};

/// A box as read, before the rules.
struct RawBox {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;  ///< px of the upright image at its full size
};

/// An image while it is read.
struct ImageDraft {
  ImageRecord record;
  RecordPlace place;                     ///< Of its own record.
  SizePx fullSize;                       ///< px, upright, before it is reduced.
  std::vector<std::uint32_t> positions;  ///< Of each kept object among the records of its file.
  std::size_t rejected = 0;              ///< Objects that could not be used.
};

/// Collects a data set and applies the rules.
class DatasetBuilder {
 public:
  explicit DatasetBuilder(const ReaderRequest& request);

  /// In the order of their numbers. Two of one name are told apart, and told of. `ids`: as JSON writes them,
  /// or empty.
  void setClassNames(std::vector<std::string> names, std::vector<std::string> ids = {});
  std::size_t classCount() const { return classNames_.size(); }

  void report(const RecordPlace& place, const char* kind, const std::string& message,
              RecordAction action = RecordAction::kSkipped);
  /// Counts one more record to which a rule was applied; the first says where and how.
  void apply(const char* ruleName, const RecordPlace& place, const std::string& message,
             RecordAction action = RecordAction::kKept, std::size_t count = 1);
  /// Those of a folder that would have been read, but for the dot.
  void applyHidden(const FileIndex& index);

  /// Reads the header of record.path and sets record.size and fullSize. `declared`: the size that the
  /// annotations state, 0 where they state none. False, and listed, when the image cannot be used.
  bool readHeader(ImageDraft& draft, SizePx declared = {});

  /// Applies the box rules and appends to the draft's annotations (classIndex, crowd ... as in `annotation`).
  /// `areaPx` of the annotation is kept when positive and finite, else the clipped box's. `position` is the
  /// record's number in its file. False when skipped.
  bool addBox(ImageDraft& draft, const RawBox& box, Annotation annotation, const RecordPlace& place,
              std::size_t position);

  /// An object that was found unusable before it came to addBox.
  void reject(ImageDraft& draft, const RecordPlace& place, const char* kind, const std::string& message);
  /// One that belongs to no image.
  void rejectWithoutImage(const RecordPlace& place, const char* kind, const std::string& message);

  /// What becomes of the second of two equal objects of an image.
  enum class Duplicates { kDrop, kKeep };

  /// Adds an image; its name is still the relative path. One of a path that was there already, or with
  /// objects of which none is usable, is reported and skipped. `recordForm` makes an object's record from its
  /// position: "line " and "".
  bool addImage(ImageDraft draft, Duplicates duplicates, const char* before, const char* after);

  /// Tells the progress; kCancelled once it returns false. Cheap to call for every record.
  Status tell(double fraction);

  /// Shortens names, checks that something usable is there.
  Result<std::shared_ptr<const Dataset>> finish(bool needsClasses);

  const DatasetSpec& spec() const { return request_.spec; }

 private:
  void listDuplicates(ImageDraft& draft, Duplicates duplicates, const char* before, const char* after);
  void dropUnusedClasses();
  void shortenNames();

  const ReaderRequest& request_;
  double told_ = -1;
  std::vector<std::string> classNames_, classIds_;
  std::vector<ImageRecord> images_;
  std::unordered_set<std::string> seenPaths_;
  std::vector<RecordProblem> problems_;
  std::unordered_map<std::string, std::size_t> perKind_, lastOfKind_,
      rules_;  ///< Counts; places in problems_.
  std::size_t acceptedObjects_ = 0, rejectedObjects_ = 0;
  double farthestEdge_ = 0;  ///< Of the accepted boxes to the right or below, px.
};

/// The 80/20 part of `names` that `split` ("train", "val", or "" for all) means: whether each belongs to it.
/// The fifth with the smallest random value of (seed, name) is val, at least one of two or more.
/// kUsage for another split.
Result<std::vector<bool>> seedSplit(const std::vector<std::string>& names, const DatasetSpec& spec,
                                    std::uint64_t seed);

// Text helpers that do not depend on the locale.
std::string_view trimmed(std::string_view text);
/// Lines without line ends; a byte order mark is dropped.
std::vector<std::string_view> linesOf(std::string_view text);
/// The lines of a list of images or names, trimmed, with their 1-based numbers; empty ones are left out.
/// kBadData beyond kMaxImages.
struct ListLine {
  std::size_t number = 0;
  std::string_view text;
};
Result<std::vector<ListLine>> listLines(std::string_view text, const std::string& path);
/// A number that makes up the whole (trimmed) text; "nan" and "inf" are numbers here.
std::optional<double> parseNumber(std::string_view text);
/// 1-based line that holds this byte.
std::size_t lineOfOffset(std::string_view text, std::size_t offset);

}  // namespace anchorscope
