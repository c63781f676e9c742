#include "core/trainer/prior_count.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <utility>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/base/random.h"
#include "core/data/augment.h"
#include "core/trainer/batch_tensors.h"
#include "core/trainer/json_file.h"

namespace anchorscope {
namespace {

/// Pairs of anchor and object that a batch holds: bounds the memory, not the result.
constexpr std::int64_t kPairsAtOnce = std::int64_t{1} << 22;
constexpr std::int64_t kImagesAtOnce = 64;
/// Changes when the same inputs would be counted differently.
constexpr std::uint64_t kRule = 2;

/// 128 bits of everything that is fed.
class Digest {
 public:
  void add(std::uint64_t word) {
    low_ = mix64(low_ ^ mix64(word + 0x9e3779b97f4a7c15ULL));
    high_ = mix64(high_ + std::rotl(word, 23) * 0xd1342543de82ef95ULL);
  }
  void add(const void* bytes, std::size_t count) {
    add(count);
    const auto* from = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, from + i, std::min<std::size_t>(8, count - i));
      add(word);
    }
  }
  void add(const std::string& text) { add(text.data(), text.size()); }
  void add(const at::Tensor& tensor) {
    const at::Tensor here = tensor.to(at::kCPU).contiguous();
    add(here.const_data_ptr(), here.nbytes());
  }
  std::string text() const {
    std::ostringstream out;
    out << std::hex << std::setfill('0') << std::setw(16) << high_ << std::setw(16) << low_;
    return out.str();
  }

 private:
  std::uint64_t low_ = 1, high_ = 2;
};

/// The images of one input size.
struct SizeGroup {
  SizePx inputSize;
  std::vector<std::size_t> images;
};

/// By width, then height.
std::vector<SizeGroup> groupsOf(const Dataset& dataset, const EpochList& epochs, const InputShape& shape) {
  std::map<std::pair<int, int>, std::vector<std::size_t>> images;
  for (const std::uint32_t index : epochs.images()) {
    const SizePx input = shape.inputOf(dataset.images()[index].size);
    images[{input.width, input.height}].push_back(index);
  }
  std::vector<SizeGroup> groups;
  for (auto& [size, its] : images)
    groups.push_back({{size.first, size.second}, std::move(its)});
  return groups;
}

using AnchorsOf = std::function<AnchorSet(SizePx inputSize)>;

void addImage(const ImageRecord& image, const InputShape& shape, Digest& digest) {
  // Images of one input size can fill different parts of it.
  for (const SizePx size : {image.size, shape.window(image.size)}) {
    digest.add(static_cast<std::uint64_t>(size.width));
    digest.add(static_cast<std::uint64_t>(size.height));
  }
  digest.add(image.annotations.size());
  for (const Annotation& annotation : image.annotations) {
    digest.add(&annotation.boxInImage, sizeof(Box));
    digest.add(static_cast<std::uint64_t>(annotation.classIndex) * 2 + (isIgnored(annotation) ? 1 : 0));
  }
}

std::string keyOf(const Dataset& dataset, const Method& method, const std::vector<SizeGroup>& groups,
                  const AnchorsOf& anchorsOf, const LoaderOptions& loader) {
  Digest digest;
  digest.add(kRule);
  digest.add(method.assignmentKey());
  digest.add(static_cast<std::uint64_t>(AugmentOptions::from(loader.params).fit));
  for (const SizeGroup& group : groups) {
    const AnchorSet anchors = anchorsOf(group.inputSize);
    digest.add(static_cast<std::uint64_t>(group.inputSize.width));
    digest.add(static_cast<std::uint64_t>(group.inputSize.height));
    digest.add(static_cast<std::uint64_t>(anchors.offsets));
    digest.add(anchors.boxes);
    digest.add(anchors.strides);
    for (const LevelLayout& level : anchors.levels)
      digest.add(static_cast<std::uint64_t>(level.anchorCount()));
    digest.add(group.images.size());
    for (const std::size_t index : group.images)
      addImage(dataset.images()[index], loader.shape, digest);
  }
  return digest.text();
}

// ---- the cache
// ---------------------------------------------------------------------------------------------

/// Whether the file holds counts that can be right; fills them.
bool readCache(const std::string& path, const std::string& key, std::int64_t anchorsInAll,
               PriorCount& count) {
  const auto read = readJson(path);
  if (!read || !read->is_object() || read->value("key", nlohmann::json()) != key) return false;
  const nlohmann::json& json = *read;
  std::int64_t values[3];
  const char* names[3] = {"positives", "background", "ignored"};
  for (int i = 0; i < 3; ++i) {
    const auto found = json.find(names[i]);
    if (found == json.end() || !found->is_number_integer()) return false;
    values[i] = found->get<std::int64_t>();
    if (values[i] < 0 || values[i] > anchorsInAll) return false;
  }
  if (values[0] + values[1] + values[2] != anchorsInAll) return false;
  count.positives = values[0];
  count.background = values[1];
  count.ignored = values[2];
  count.fromCache = true;
  return true;
}

Status writeCache(const std::string& path, const std::string& key, const PriorCount& count) {
  std::error_code code;  // a failure shows when the file is written
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), code);
  const nlohmann::json json = {{"key", key},
                               {"positives", count.positives},
                               {"background", count.background},
                               {"ignored", count.ignored},
                               {"images", count.images}};
  return writeFileAtomically(
      path, json.dump(1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace) + "\n",
      Overwrite::kYes);
}

// ---- counting
// ----------------------------------------------------------------------------------------------

/// The objects of these images in the input, as the loader places them without augmentation.
std::vector<BatchSample> placedObjects(const Dataset& dataset, const std::vector<std::size_t>& images,
                                       const LoaderOptions& loader) {
  std::vector<BatchSample> samples(images.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const ImageRecord& record = dataset.images()[images[i]];
    const SizePx window = loader.shape.window(record.size);
    samples[i].imageIndex = images[i];
    samples[i].inputFromImage =
        fittedTransform(record.size, window, AugmentOptions::from(loader.params).fitIn(loader.shape));
    appendObjectsInInput(record.annotations, samples[i].inputFromImage, {0, 0, window.width, window.height},
                         /*minVisible=*/0, samples[i].objectsInInput);
  }
  // Images with equally many objects share a batch: little padding.
  std::stable_sort(samples.begin(), samples.end(), [](const BatchSample& a, const BatchSample& b) {
    return a.objectsInInput.size() < b.objectsInInput.size();
  });
  return samples;
}

/// Adds [positives, background, ignored] of one input size to `sums`. `go` gets the number of images of each
/// batch once it is counted; false cancels.
Status countGroup(std::vector<BatchSample> samples, Method& method, const AnchorSet& anchors,
                  at::Tensor& sums, const std::function<bool(std::size_t images)>& go) {
  InputBuffers inputs(anchors.boxes.device());
  for (std::size_t begin = 0; begin < samples.size();) {
    Batch batch;
    std::size_t end = begin;
    while (end < samples.size()) {
      // The last image has the most objects.
      const auto objects =
          std::max<std::int64_t>(1, static_cast<std::int64_t>(samples[end].objectsInInput.size()));
      const auto images = static_cast<std::int64_t>(end - begin) + 1;
      if (end > begin && (images > kImagesAtOnce || images * objects * anchors.count() > kPairsAtOnce)) break;
      batch.samples.push_back(std::move(samples[end++]));
    }
    const AnchorCounts counts = method.countAnchors(anchors, targetTensors(batch, 0, 0, inputs));
    const at::Tensor its = at::stack({counts.positives.sum(), counts.background.sum(), counts.ignored.sum()});
    sums = sums.defined() ? sums + its : its;
    if (!go(end - begin)) return makeError(ErrorCode::kCancelled, "Stopped while counting anchors");
    begin = end;
  }
  return {};
}

Status countAll(const Dataset& dataset, Method& method, const std::vector<SizeGroup>& groups,
                const AnchorsOf& anchorsOf, const PriorCountOptions& options, PriorCount& count) {
  const at::NoGradGuard noGrad;
  std::size_t done = 0;
  const auto go = [&](std::size_t images) {
    done += images;
    return !options.progress ||
           options.progress(static_cast<double>(done) / static_cast<double>(count.images));
  };
  if (!go(0)) return makeError(ErrorCode::kCancelled, "Stopped while counting anchors");
  at::Tensor sums;
  for (const SizeGroup& group : groups)
    ANCHORSCOPE_TRY(countGroup(placedObjects(dataset, group.images, options.loader), method,
                               anchorsOf(group.inputSize), sums, go));
  const at::Tensor here = sums.to(at::kCPU);
  count.positives = here.const_data_ptr<std::int64_t>()[0];
  count.background = here.const_data_ptr<std::int64_t>()[1];
  count.ignored = here.const_data_ptr<std::int64_t>()[2];
  return {};
}

}  // namespace

std::string PriorCount::summary() const {
  const std::string counts =
      concat(positives, " positive, ", background, " background and ", ignored, " ignored anchors in ",
             images, " images", fromCache ? " (counted before)" : "");
  const std::string kept = cacheProblem.empty() ? "" : concat("; not kept for the next run: ", cacheProblem);
  if (!usable())
    return concat("No prior can be counted: ", counts, ". Classes start with the model's prior", kept);
  return concat("Classes start with the counted prior ", prior(), " (bias ",
                -std::log((1 - prior()) / prior()), "): ", counts, kept);
}

std::string priorCacheFolder() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables here
    return value != nullptr ? value : "";
  };
  std::filesystem::path base = variable("XDG_CACHE_HOME");
  // A relative path is to be ignored, says the XDG base directory specification.
  if (!base.is_absolute()) {
    const std::string home = variable("HOME");
    if (home.empty()) return {};
    base = std::filesystem::path(home) / ".cache";
  }
  return (base / "anchorscope" / "anchor-counts").string();
}

Result<PriorCount> countPrior(const Dataset& dataset, Method& method, const AnchorsOf& anchorsOf,
                              const PriorCountOptions& options) {
  const auto epochs = EpochList::make(dataset, EpochOptions::from(options.loader.params), /*seed=*/0);
  if (!epochs) return epochs.error();
  const std::vector<SizeGroup> groups = groupsOf(dataset, *epochs, options.loader.shape);
  PriorCount count;
  count.images = static_cast<std::int64_t>(epochs->images().size());
  count.classCount = options.classAgnostic ? 1 : std::max(1, static_cast<int>(dataset.classNames().size()));
  std::int64_t anchorsInAll = 0;
  for (const SizeGroup& group : groups)
    anchorsInAll += anchorsOf(group.inputSize).count() * static_cast<std::int64_t>(group.images.size());
  const std::string key =
      options.cacheFolder.empty() ? "" : keyOf(dataset, method, groups, anchorsOf, options.loader);
  const std::string path = key.empty() ? "" : concat(options.cacheFolder, "/", key, ".json");
  if (!path.empty() && readCache(path, key, anchorsInAll, count)) return count;
  ANCHORSCOPE_TRY(countAll(dataset, method, groups, anchorsOf, options, count));
  if (!path.empty())
    if (const Status kept = writeCache(path, key, count); !kept) count.cacheProblem = kept.error().message;
  return count;
}

}  // namespace anchorscope
