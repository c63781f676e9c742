#include "core/data/dataset_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/data/pixel_rows.h"

namespace anchorscope {
namespace {

/// A set whose images are files.
class FileDataset final : public Dataset {
 public:
  FileDataset(std::string spec, std::vector<std::string> classNames, std::vector<std::string> classIds,
              std::vector<ImageRecord> images, Diagnostics diagnostics)
      : spec_(std::move(spec)),
        classNames_(std::move(classNames)),
        classIds_(std::move(classIds)),
        images_(std::move(images)),
        diagnostics_(std::move(diagnostics)) {}

  const std::string& spec() const override { return spec_; }
  const std::vector<std::string>& classNames() const override { return classNames_; }
  const std::vector<std::string>& classIds() const override { return classIds_; }
  const std::vector<ImageRecord>& images() const override { return images_; }
  const Diagnostics& diagnostics() const override { return diagnostics_; }

  Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const override {
    ANCHORSCOPE_CHECK(imageIndex < images_.size(), "image ", imageIndex, " of ", images_.size());
    const ImageRecord& record = images_[imageIndex];
    Result<ImagePixels> pixels = decodeImage(record.path, {record.orientation, record.reducedBy});
    if (!pixels) return std::move(pixels).error();
    if (!(pixels->size == record.size))
      return makeError(
          ErrorCode::kBadData,
          concat("'", record.path, "' is now ", pixels->size.width, "x", pixels->size.height, " px, but was ",
                 record.size.width, "x", record.size.height, " when the set was opened"),
          "Open the set again");
    return std::make_shared<const ImagePixels>(std::move(*pixels));
  }

 private:
  std::string spec_;
  std::vector<std::string> classNames_, classIds_;
  std::vector<ImageRecord> images_;
  Diagnostics diagnostics_;
};

std::string boxText(const RawBox& box) {
  return concat("(", box.x1, ", ", box.y1, ", ", box.x2, ", ", box.y2, ")");
}

std::string sizeText(SizePx size) {
  return concat(size.width, "x", size.height);
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

DatasetBuilder::DatasetBuilder(const ReaderRequest& request) : request_(request) {}

void DatasetBuilder::setClassNames(std::vector<std::string> names, std::vector<std::string> ids) {
  std::set<std::string> used;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string name = printable(trimmed(names[i]));
    for (int copy = 2; !used.insert(name).second; ++copy)
      name = concat(printable(trimmed(names[i])), " (", copy, ")");
    if (name != names[i])
      report({request_.spec.text, concat("class ", i)}, rule::kClassName,
             concat("'", printable(names[i]), "' is called '", name,
                    "' here: names of classes must differ and be printable"),
             RecordAction::kKept);
    names[i] = std::move(name);
  }
  classNames_ = std::move(names);
  classIds_ = std::move(ids);
}

void DatasetBuilder::report(const RecordPlace& place, const char* kind, const std::string& message,
                            RecordAction action) {
  const std::string key = concat(kind, static_cast<int>(action));
  const std::size_t known = ++perKind_[key];
  if (known <= kMaxListedPerKind) {
    lastOfKind_[key] = problems_.size();
    problems_.push_back({printable(place.file), printable(place.record), kind, printable(message), action});
    return;
  }
  RecordProblem& last = problems_[lastOfKind_[key]];
  if (++last.count == 2) last.message += "; further ones of this kind are counted here";
}

void DatasetBuilder::apply(const char* ruleName, const RecordPlace& place, const std::string& message,
                           RecordAction action, std::size_t count) {
  const auto [known, fresh] =
      rules_.try_emplace(concat(ruleName, message, static_cast<int>(action)), problems_.size());
  if (fresh)
    problems_.push_back(
        {printable(place.file), printable(place.record), ruleName, printable(message), action, 0});
  problems_[known->second].count += count;
}

void DatasetBuilder::applyHidden(const FileIndex& index) {
  for (const std::string& path : index.hidden()) {
    const bool wouldBeRead = path.ends_with('/') || hasImageExtension(path) ||
                             lowered(path).ends_with(".xml") || lowered(path).ends_with(".txt");
    if (wouldBeRead)
      apply(rule::kHidden, {index.folder() + "/" + path, ""}, "names that begin with a dot are left out",
            RecordAction::kSkipped);
  }
}

bool DatasetBuilder::readHeader(ImageDraft& draft, SizePx declared) {
  ImageRecord& record = draft.record;
  const RecordPlace file{record.path, ""};
  Result<ImageSummary> summary = summarizeImage(record.path);
  if (!summary) {
    report(file, problem::kUnreadableImage, summary.error().message);
    return false;
  }
  const ImageFacts& facts = summary->facts;
  SizePx size = facts.upright();
  record.orientation = facts.orientation;
  const bool states = declared.width > 0 && declared.height > 0;
  if (!request_.options.upright && facts.orientation != 1) {
    record.orientation = 1;
    size = facts.stored;
    apply(rule::kExif, file, "ignored, as the option says: pixels and boxes are in the order of the file");
  } else if (facts.orientation != 1 && states && !(declared == size) && declared == facts.stored) {
    record.orientation = 1;
    size = facts.stored;
    report(file, rule::kExif,
           concat("EXIF turns it to ", sizeText(facts.upright()), " px, but its annotations are for ",
                  sizeText(declared), ": read as it is stored"),
           RecordAction::kKept);
  } else if (facts.orientation != 1) {
    apply(rule::kExif, file, "turned upright; boxes lie on the upright image");
  }
  if (states && !(declared == size)) {
    report(
        file, problem::kWrongSize,
        concat("'", record.path, "' is ", sizeText(size), " px",
               facts.orientation == 1 ? "" : concat(" (stored ", sizeText(facts.stored), ", turned by EXIF)"),
               ", but its annotations are for ", sizeText(declared)));
    return false;
  }
  if (facts.bitsPerSample > 8)
    apply(rule::kDeepPixels, file, "reduced to 8 bits by the fewest bits that hold the brightest pixel");
  if (facts.pages > 1) apply(rule::kPages, file, "only the first page is read");
  draft.fullSize = size;
  record.size = reducedSize(size, summary->reduceBy);
  record.reducedBy = summary->reduceBy;
  if (record.reducedBy > 1)
    apply(rule::kReduced, file, concat("read at 1/", record.reducedBy, " of its size, with its boxes"));
  return true;
}

void DatasetBuilder::reject(ImageDraft& draft, const RecordPlace& place, const char* kind,
                            const std::string& message) {
  ++draft.rejected;
  rejectWithoutImage(place, kind, message);
}

void DatasetBuilder::rejectWithoutImage(const RecordPlace& place, const char* kind,
                                        const std::string& message) {
  report(place, kind, message);
  ++rejectedObjects_;
}

bool DatasetBuilder::addBox(ImageDraft& draft, const RawBox& box, Annotation annotation,
                            const RecordPlace& place, std::size_t position) {
  const auto refuse = [&](const char* kind, std::string message) {
    reject(draft, place, kind, std::move(message));
    return false;
  };
  if (annotation.classIndex < 0 || static_cast<std::size_t>(annotation.classIndex) >= classNames_.size())
    return refuse(problem::kUnknownClass,
                  concat("class ", annotation.classIndex, " of ", classNames_.size(), " classes"));
  if (!std::isfinite(box.x1) || !std::isfinite(box.y1) || !std::isfinite(box.x2) || !std::isfinite(box.y2))
    return refuse(problem::kBoxNotFinite, "a coordinate is not a finite number: " + boxText(box));
  if (!(box.x2 > box.x1) || !(box.y2 > box.y1))
    return refuse(problem::kBoxWithoutArea, "width or height is not positive: " + boxText(box));
  const double width = draft.fullSize.width, height = draft.fullSize.height;
  const RawBox clipped{std::clamp(box.x1, 0.0, width), std::clamp(box.y1, 0.0, height),
                       std::clamp(box.x2, 0.0, width), std::clamp(box.y2, 0.0, height)};
  const double scale = 1.0 / draft.record.reducedBy;
  annotation.boxInImage = {static_cast<float>(clipped.x1 * scale), static_cast<float>(clipped.y1 * scale),
                           static_cast<float>(clipped.x2 * scale), static_cast<float>(clipped.y2 * scale)};
  if (annotation.boxInImage.degenerate()) {
    const bool inside = clipped.x2 > clipped.x1 && clipped.y2 > clipped.y1;
    return inside ? refuse(problem::kBoxWithoutArea, "too thin for single precision: " + boxText(box))
                  : refuse(problem::kBoxOutside,
                           concat(boxText(box), " lies outside ", width, "x", height, " px"));
  }
  const double overshoot =
      std::max({clipped.x1 - box.x1, clipped.y1 - box.y1, box.x2 - clipped.x2, box.y2 - clipped.y2});
  if (overshoot > kRoundingPx)
    report(place, problem::kBoxPartlyOutside,
           concat(boxText(box), " reaches out of ", width, "x", height, " px"), RecordAction::kClipped);
  if (!(annotation.areaPx > 0) || !std::isfinite(annotation.areaPx))
    annotation.areaPx = (clipped.x2 - clipped.x1) * (clipped.y2 - clipped.y1);
  annotation.areaPx *= scale * scale;
  draft.record.annotations.push_back(annotation);
  draft.positions.push_back(static_cast<std::uint32_t>(position));
  ++acceptedObjects_;
  farthestEdge_ = std::max({farthestEdge_, box.x2, box.y2});
  return true;
}

void DatasetBuilder::listDuplicates(ImageDraft& draft, Duplicates duplicates, const char* before,
                                    const char* after) {
  std::vector<Annotation>& objects = draft.record.annotations;
  if (objects.size() < 2) return;
  std::vector<std::size_t> order(objects.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    const Box& box = objects[i].boxInImage;
    return std::tuple(objects[i].classIndex, box.x1, box.y1, box.x2, box.y2, objects[i].crowd);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) != key(b) ? key(a) < key(b) : a < b; });
  std::vector<bool> drop(objects.size());
  for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
    if (key(order[i]) != key(order[first])) {
      first = i;
      continue;
    }
    drop[order[i]] = duplicates == Duplicates::kDrop;
    report({draft.place.file, concat(before, draft.positions[order[i]], after)}, problem::kDuplicateObject,
           concat("the same class and box as ", before, draft.positions[order[first]], after),
           duplicates == Duplicates::kDrop ? RecordAction::kSkipped : RecordAction::kKept);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < objects.size(); ++i)
    if (!drop[i]) objects[kept++] = objects[i];
  acceptedObjects_ -= objects.size() - kept;
  objects.resize(kept);
}

bool DatasetBuilder::addImage(ImageDraft draft, Duplicates duplicates, const char* before,
                              const char* after) {
  ImageRecord& image = draft.record;
  if (!seenPaths_.insert(image.path).second) {
    report(draft.place, problem::kDuplicateImage, concat("'", image.path, "' is listed twice"));
    return false;
  }
  if (image.annotations.empty() && draft.rejected > 0) {
    report(draft.place, problem::kNoUsableObject,
           concat("not one of its ", counted(static_cast<std::int64_t>(draft.rejected), "object"),
                  " can be used, so '", image.path,
                  "' is left out: it would pass for an image without objects"));
    return false;
  }
  if (image.annotations.size() > kMaxObjectsPerImage) {
    report(draft.place, problem::kTooManyObjects,
           concat("'", image.path, "' has ", image.annotations.size(), " objects; more than ",
                  kMaxObjectsPerImage, " are not trained on: cut it into tiles"));
    return false;
  }
  listDuplicates(draft, duplicates, before, after);
  if (image.sourceId.empty()) image.sourceId = concat(images_.size());
  images_.push_back(std::move(image));
  return true;
}

Status DatasetBuilder::tell(double fraction) {
  if (!request_.progress || (fraction - told_ < 0.005 && fraction < 1)) return {};
  told_ = fraction;
  if (!request_.progress(std::clamp(fraction, 0.0, 1.0)))
    return makeError(ErrorCode::kCancelled, concat("Opening '", request_.spec.text, "' was cancelled"));
  return {};
}

void DatasetBuilder::dropUnusedClasses() {
  std::vector<int> indexOf(classNames_.size(), -1);
  for (const ImageRecord& image : images_)
    for (const Annotation& annotation : image.annotations)
      indexOf[static_cast<std::size_t>(annotation.classIndex)] = 0;
  std::vector<std::string> names, ids;
  for (std::size_t i = 0; i < indexOf.size(); ++i) {
    if (indexOf[i] < 0) {
      report({request_.spec.text, concat("class ", i)}, rule::kUnusedClass,
             concat("'", classNames_[i], "' has no object, and unused_classes is drop"),
             RecordAction::kLeftOut);
      continue;
    }
    indexOf[i] = static_cast<int>(names.size());
    names.push_back(classNames_[i]);
    if (!classIds_.empty()) ids.push_back(classIds_[i]);
  }
  for (ImageRecord& image : images_)
    for (Annotation& annotation : image.annotations)
      annotation.classIndex = indexOf[static_cast<std::size_t>(annotation.classIndex)];
  classNames_ = std::move(names);
  classIds_ = std::move(ids);
}

void DatasetBuilder::shortenNames() {
  std::unordered_map<std::string, int> uses;
  for (const ImageRecord& image : images_)
    ++uses[std::string(lastPart(image.name))];
  for (ImageRecord& image : images_) {
    if (std::string shortName(lastPart(image.name)); uses[shortName] == 1) image.name = std::move(shortName);
    image.name = printable(image.name);
  }
}

Result<std::shared_ptr<const Dataset>> DatasetBuilder::finish(bool needsClasses) {
  if (acceptedObjects_ > 0 && farthestEdge_ <= 1)
    report({request_.spec.text, ""}, rule::kTinyBoxes,
           "no box reaches farther than 1 px: shares of the image's size are read as px in this format",
           RecordAction::kKept);
  if (request_.options.dropUnusedClasses && acceptedObjects_ > 0) dropUnusedClasses();
  Diagnostics diagnostics;
  for (RecordProblem& entry : problems_)
    diagnostics.add(std::move(entry));
  const auto unusable = [&](const std::string& what) {
    std::string counts;
    for (const auto& [kind, count] : diagnostics.countsByKind())
      counts += concat(counts.empty() ? ": " : ", ", kind, " ", count);
    Error error = makeError(ErrorCode::kBadData, concat("'", request_.spec.text, "' holds ", what, counts),
                            "Check the paths and the annotations");
    const auto first =
        std::find_if(diagnostics.problems().begin(), diagnostics.problems().end(),
                     [](const RecordProblem& entry) { return entry.action == RecordAction::kSkipped; });
    if (first != diagnostics.problems().end())
      error.action = concat("The first: ", first->message, " (", first->file,
                            first->record.empty() ? "" : ", ", first->record, ")");
    return error;
  };
  if (needsClasses && acceptedObjects_ == 0 && rejectedObjects_ > 0) return unusable("no usable object");
  if (images_.empty()) return unusable("no usable image");
  if (needsClasses && classNames_.empty()) return unusable("no class and no object");
  shortenNames();
  ANCHORSCOPE_TRY(tell(1));
  return std::shared_ptr<const Dataset>(
      std::make_shared<FileDataset>(request_.spec.text, std::move(classNames_), std::move(classIds_),
                                    std::move(images_), std::move(diagnostics)));
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

Result<std::vector<ListLine>> listLines(std::string_view text, const std::string& path) {
  std::vector<ListLine> out;
  std::size_t number = 0;
  for (const std::string_view line : linesOf(text)) {
    ++number;
    if (trimmed(line).empty()) continue;
    if (out.size() == kMaxImages)
      return makeError(ErrorCode::kBadData, concat("'", path, "' names more than ", kMaxImages, " images"),
                       "Name the right file, or part the list");
    out.push_back({number, trimmed(line)});
  }
  return out;
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
