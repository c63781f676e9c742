#include "core/data/epoch_list.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/random.h"

namespace anchorscope {
namespace {

template <typename T>
void shuffle(std::vector<T>& values, Random& random) {
  for (std::size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[random.below(i)]);
}

/// Walks a list again and again, each time in a new order.
class ShuffledCycle {
 public:
  explicit ShuffledCycle(std::vector<std::uint32_t> values)
      : values_(std::move(values)), next_(values_.size()) {}

  std::uint32_t next(Random& random) {
    if (next_ == values_.size()) {
      shuffle(values_, random);
      next_ = 0;
    }
    return values_[next_++];
  }

 private:
  std::vector<std::uint32_t> values_;
  std::size_t next_;
};

/// Classes of the objects that count, each once, ascending.
std::vector<std::uint32_t> classesOf(const ImageRecord& image, double minSide) {
  std::vector<std::uint32_t> classes;
  for (const Annotation& object : image.annotations) {
    if (isIgnored(object) || object.classIndex < 0) continue;
    const Box& box = object.boxInImage;
    if (static_cast<double>(box.width()) < minSide || static_cast<double>(box.height()) < minSide) continue;
    classes.push_back(static_cast<std::uint32_t>(object.classIndex));
  }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  return classes;
}

/// Largest factor of each image's classes.
std::vector<double> repeatFactors(const std::vector<std::vector<std::uint32_t>>& classesOfImages,
                                  std::size_t classCount, double threshold) {
  std::vector<double> factors(classCount, 0);  // First the number of images that show the class.
  for (const auto& classes : classesOfImages)
    for (const std::uint32_t index : classes)
      factors[index] += 1;
  for (double& factor : factors)
    factor = std::max(
        1.0, std::sqrt(threshold * static_cast<double>(classesOfImages.size()) / std::max(1.0, factor)));
  std::vector<double> out;
  for (const auto& classes : classesOfImages) {
    double largest = 1;
    for (const std::uint32_t index : classes)
      largest = std::max(largest, factors[index]);
    out.push_back(largest);
  }
  return out;
}

double fraction(double value) {
  return value - std::floor(value);
}

}  // namespace

std::vector<ParamSpec> epochParams() {
  std::vector<ParamSpec> specs{
      boolParam("keep_empty", true,
                "Train also on images without an object to learn (crowds and difficult ones are none); off: "
                "they are left out and counted.",
                "ours; off in Detectron2, mmdetection and torchvision's references"),
      floatParam("min_object_side", 0, 0, 1e6, "px",
                 "An object whose width or height in the image is less does not count for keep_empty and "
                 "sampling; it is trained on all the same.",
                 "ours; torchvision references/detection leave out images of nothing above 1 px"),
      choiceParam("sampling", "shuffled", {"shuffled", "repeat_factor", "class_balanced"},
                  "Images of an epoch: every one once; those of rare classes more than once; or class after "
                  "class, an image of each (images without objects never come).",
                  "repeat_factor: Gupta et al., LVIS, CVPR 2019; class_balanced: Shen et al., Relay "
                  "Backpropagation, ECCV 2016"),
      onlyWhen(
          floatParam("repeat_threshold", 1e-3, 0, 1, "1",
                     "Classes that a smaller share f of the images shows are repeated, sqrt(threshold / f) "
                     "times.",
                     "Gupta et al., CVPR 2019"),
          "sampling", {"repeat_factor"})};
  return specs;
}

EpochOptions EpochOptions::from(const ParamSet& params) {
  EpochOptions options;
  options.keepEmpty = params.getBool("keep_empty");
  options.minObjectSide = params.getFloat("min_object_side");
  const std::string& sampling = params.getText("sampling");
  if (sampling == "repeat_factor") options.sampling = Sampling::kRepeatFactor;
  if (sampling == "class_balanced") options.sampling = Sampling::kClassBalanced;
  options.repeatThreshold = params.getFloat("repeat_threshold");
  return options;
}

Result<EpochList> EpochList::make(const Dataset& dataset, const EpochOptions& options, std::uint64_t seed) {
  const std::vector<ImageRecord>& records = dataset.images();
  ANCHORSCOPE_CHECK(records.size() <= std::numeric_limits<std::uint32_t>::max(), records.size(), " images");
  if (records.empty())
    return makeError(ErrorCode::kBadData, concat("'", dataset.spec(), "' holds no image"),
                     "Choose another data set");
  EpochList list;
  list.options_ = options;
  list.seed_ = seed;
  const Sampling sampling = options.shuffle ? options.sampling : Sampling::kShuffled;
  const bool keepEmpty = options.keepEmpty && sampling != Sampling::kClassBalanced;
  list.options_.sampling = sampling;

  std::vector<std::vector<std::uint32_t>> classesOfImages;
  std::size_t classCount = dataset.classNames().size();
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::vector<std::uint32_t> classes = classesOf(records[i], options.minObjectSide);
    if (classes.empty() && !keepEmpty) continue;
    if (!classes.empty()) classCount = std::max<std::size_t>(classCount, classes.back() + 1);
    list.images_.push_back(static_cast<std::uint32_t>(i));
    classesOfImages.push_back(std::move(classes));
  }
  const std::string reason = options.keepEmpty ? "sampling is class_balanced" : "keep_empty is off";
  if (list.images_.empty())
    return makeError(ErrorCode::kBadData,
                     concat("Not one of the ", counted(records.size(), "image"), " of '", dataset.spec(),
                            "' has an object to train on, and ", reason),
                     options.keepEmpty ? "Set data.sampling to shuffled, or choose another data set"
                                       : "Turn data.keep_empty on, or choose another data set");
  if (const std::size_t count = records.size() - list.images_.size(); count > 0)
    list.leftOut_ = concat(
        count, " of ", counted(records.size(), "image"), count == 1 ? " has no object" : " have no object",
        options.minObjectSide > 0 ? concat(" of ", options.minObjectSide, " px or more") : "",
        " to train on and ", count == 1 ? "is" : "are", " left out of the batches: ", reason);

  list.length_ = list.images_.size();
  if (sampling == Sampling::kRepeatFactor) {
    list.factors_ = repeatFactors(classesOfImages, classCount, options.repeatThreshold);
    double fractions = 0;
    list.length_ = 0;
    for (const double factor : list.factors_) {
      list.length_ += static_cast<std::size_t>(std::floor(factor));
      fractions += fraction(factor);
    }
    list.length_ += static_cast<std::size_t>(std::llround(fractions));
  }
  if (sampling == Sampling::kClassBalanced) {
    std::vector<std::vector<std::uint32_t>> imagesOf(classCount);
    for (std::size_t i = 0; i < classesOfImages.size(); ++i)
      for (const std::uint32_t index : classesOfImages[i])
        imagesOf[index].push_back(list.images_[i]);
    std::erase_if(imagesOf, [](const auto& images) { return images.empty(); });
    list.imagesOf_ = std::move(imagesOf);
  }
  return list;
}

std::vector<EpochEntry> EpochList::epoch(std::uint64_t epoch) const {
  if (options_.sampling == Sampling::kClassBalanced) return balanced(epoch);
  std::vector<EpochEntry> entries;
  if (options_.sampling == Sampling::kRepeatFactor)
    entries = repeated(epoch);
  else
    for (const std::uint32_t image : images_)
      entries.push_back({image, 0});
  if (options_.shuffle) {
    Random random = Random::of(seed_, RandomPurpose::kShuffle, {epoch});
    shuffle(entries, random);
  }
  return entries;
}

std::vector<EpochEntry> EpochList::repeated(std::uint64_t epoch) const {
  Random random = Random::of(seed_, RandomPurpose::kSampler, {epoch});
  std::vector<std::uint32_t> order(images_.size());
  std::iota(order.begin(), order.end(), 0U);
  shuffle(order, random);
  double whole = 0, fractions = 0;
  for (const double factor : factors_) {
    whole += std::floor(factor);
    fractions += fraction(factor);
  }
  // The fractions laid end to end are a line; every whole number on it, shifted by `start`, is one more
  // place.
  const double places = static_cast<double>(length_) - whole;
  const double scale = fractions > 0 ? places / fractions : 0;
  const double start = random.uniform();
  double end = 0, placed = 0;
  std::vector<std::uint32_t> counts(images_.size());
  for (std::size_t k = 0; k < order.size(); ++k) {
    const double factor = factors_[order[k]];
    end += fraction(factor);
    const double upTo =
        k + 1 == order.size() ? places : std::clamp(std::ceil(end * scale - start), placed, places);
    counts[order[k]] = static_cast<std::uint32_t>(std::floor(factor) + upTo - placed);
    placed = upTo;
  }
  std::vector<EpochEntry> entries;
  entries.reserve(length_);
  for (std::size_t i = 0; i < counts.size(); ++i)
    for (std::uint32_t repeat = 0; repeat < counts[i]; ++repeat)
      entries.push_back({images_[i], repeat});
  return entries;
}

std::vector<EpochEntry> EpochList::balanced(std::uint64_t epoch) const {
  Random random = Random::of(seed_, RandomPurpose::kSampler, {epoch});
  std::vector<std::uint32_t> classes(imagesOf_.size());
  std::iota(classes.begin(), classes.end(), 0U);
  ShuffledCycle classCycle(std::move(classes));
  std::vector<ShuffledCycle> imageCycles(imagesOf_.begin(), imagesOf_.end());
  std::unordered_map<std::uint32_t, std::uint32_t> shown;
  std::vector<EpochEntry> entries;
  entries.reserve(length_);
  for (std::size_t i = 0; i < length_; ++i) {
    const std::uint32_t image = imageCycles[classCycle.next(random)].next(random);
    entries.push_back({image, shown[image]++});
  }
  return entries;
}

}  // namespace anchorscope
