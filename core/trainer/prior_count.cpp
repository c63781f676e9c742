#include "core/trainer/prior_count.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

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
constexpr std::uint64_t kRule = 1;

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

std::string keyOf(const Dataset& dataset, const EpochList& epochs, const Method& method,
                  const AnchorSet& anchors, SizePx inputSize, Fit fit) {
  Digest digest;
  digest.add(kRule);
  digest.add(method.assignmentKey());
  digest.add(static_cast<std::uint64_t>(inputSize.width));
  digest.add(static_cast<std::uint64_t>(inputSize.height));
  digest.add(static_cast<std::uint64_t>(fit));
  digest.add(static_cast<std::uint64_t>(anchors.offsets));
  digest.add(anchors.boxes);
  digest.add(anchors.strides);
  for (const LevelLayout& level : anchors.levels)
    digest.add(static_cast<std::uint64_t>(level.anchorCount()));
  for (const std::uint32_t index : epochs.images()) {
    const ImageRecord& image = dataset.images()[index];
    digest.add(static_cast<std::uint64_t>(image.size.width));
    digest.add(static_cast<std::uint64_t>(image.size.height));
    digest.add(image.annotations.size());
    for (const Annotation& annotation : image.annotations) {
      digest.add(&annotation.boxInImage, sizeof(Box));
      digest.add(static_cast<std::uint64_t>(annotation.classIndex) * 2 + (isIgnored(annotation) ? 1 : 0));
    }
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

/// Every image's objects in the input, as the loader places them without augmentation.
std::vector<BatchSample> placedObjects(const Dataset& dataset, const EpochList& epochs, SizePx inputSize,
                                       Fit fit) {
  const PixelRect window{0, 0, inputSize.width, inputSize.height};
  std::vector<BatchSample> samples(epochs.images().size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i].imageIndex = epochs.images()[i];
    const ImageRecord& record = dataset.images()[samples[i].imageIndex];
    samples[i].inputFromImage = fittedTransform(record.size, inputSize, fit);
    appendObjectsInInput(record.annotations, samples[i].inputFromImage, window, /*minVisible=*/0,
                         samples[i].objectsInInput);
  }
  // Images with equally many objects share a batch: little padding.
  std::stable_sort(samples.begin(), samples.end(), [](const BatchSample& a, const BatchSample& b) {
    return a.objectsInInput.size() < b.objectsInInput.size();
  });
  return samples;
}

Status countAll(std::vector<BatchSample> samples, Method& method, const AnchorSet& anchors,
                const PriorCountOptions& options, PriorCount& count) {
  const at::NoGradGuard noGrad;
  at::Tensor sums = at::zeros({3}, anchors.boxes.options().dtype(at::kLong));
  for (std::size_t begin = 0; begin < samples.size();) {
    if (options.progress &&
        !options.progress(static_cast<double>(begin) / static_cast<double>(samples.size())))
      return makeError(ErrorCode::kCancelled, "Stopped while counting anchors");
    Batch batch;
    batch.inputSize = options.loader.inputSize;
    std::size_t end = begin;
    while (end < samples.size()) {
      // The last image has the most objects.
      const auto objects =
          std::max<std::int64_t>(1, static_cast<std::int64_t>(samples[end].objectsInInput.size()));
      const auto images = static_cast<std::int64_t>(end - begin) + 1;
      if (end > begin && (images > kImagesAtOnce || images * objects * anchors.count() > kPairsAtOnce)) break;
      batch.samples.push_back(std::move(samples[end++]));
    }
    const AnchorCounts counts =
        method.countAnchors(anchors, targetTensors(batch, 0, 0, anchors.boxes.device()));
    sums += at::stack({counts.positives.sum(), counts.background.sum(), counts.ignored.sum()});
    begin = end;
  }
  const at::Tensor here = sums.to(at::kCPU);
  count.positives = here.const_data_ptr<std::int64_t>()[0];
  count.background = here.const_data_ptr<std::int64_t>()[1];
  count.ignored = here.const_data_ptr<std::int64_t>()[2];
  if (options.progress && !options.progress(1))
    return makeError(ErrorCode::kCancelled, "Stopped while counting anchors");
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

Result<PriorCount> countPrior(const Dataset& dataset, Method& method, const AnchorSet& anchors,
                              const PriorCountOptions& options) {
  const Fit fit = AugmentOptions::from(options.loader.params).fit;
  const SizePx size = options.loader.inputSize;
  PriorCount count;
  const auto epochs = EpochList::make(dataset, EpochOptions::from(options.loader.params), /*seed=*/0);
  if (!epochs) return epochs.error();
  count.images = static_cast<std::int64_t>(epochs->images().size());
  count.classCount = std::max(1, static_cast<int>(dataset.classNames().size()));
  const std::string key =
      options.cacheFolder.empty() ? "" : keyOf(dataset, *epochs, method, anchors, size, fit);
  const std::string path = key.empty() ? "" : concat(options.cacheFolder, "/", key, ".json");
  if (!path.empty() && readCache(path, key, count.images * anchors.count(), count)) return count;
  ANCHORSCOPE_TRY(countAll(placedObjects(dataset, *epochs, size, fit), method, anchors, options, count));
  if (!path.empty())
    if (const Status kept = writeCache(path, key, count); !kept) count.cacheProblem = kept.error().message;
  return count;
}

}  // namespace anchorscope
