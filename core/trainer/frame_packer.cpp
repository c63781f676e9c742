#include "core/trainer/frame_packer.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Values as float32, indices as int32 whose bits travel in a float32: both in one buffer.
at::Tensor asFloats(const at::Tensor& values) {
  return values.detach().to(at::kFloat).reshape({-1}).contiguous();
}
at::Tensor asIndexBits(const at::Tensor& indices) {
  return indices.detach().to(at::kInt).reshape({-1}).contiguous().view(at::kFloat);
}

std::vector<std::int32_t> indicesAt(const float* bits, std::size_t count) {
  std::vector<std::int32_t> out(count);
  if (count > 0) std::memcpy(out.data(), bits, count * sizeof(float));
  return out;
}

/// Of one object's rows (indices in `rows`) the members and the best `misses` others, in the order they stand
/// in.
void keepNearest(std::vector<std::size_t>& rows, const float* member, const float* criterion, bool descending,
                 std::size_t misses) {
  const auto firstMiss =
      std::stable_partition(rows.begin(), rows.end(), [&](std::size_t row) { return member[row] > 0; });
  if (static_cast<std::size_t>(rows.end() - firstMiss) <= misses) return;
  const auto nearer = [&](std::size_t a, std::size_t b) {
    const float x = criterion[a], y = criterion[b];
    if (std::isnan(x) != std::isnan(y)) return std::isnan(y);  // what has no criterion is farthest
    if (!std::isnan(x) && x != y) return descending ? x > y : x < y;
    return a < b;
  };
  std::nth_element(firstMiss, firstMiss + static_cast<std::ptrdiff_t>(misses), rows.end(), nearer);
  rows.erase(firstMiss + static_cast<std::ptrdiff_t>(misses), rows.end());
}

}  // namespace

/// The parts in a fixed order: predicted boxes, boxes and origins of candidates of this step, channels,
/// object columns, then per table image, anchor, object and its columns.
struct PendingFrames::State {
  FrameFacts facts;
  StageFacts stage;
  std::vector<std::pair<ChannelSpec, int>> channels;  ///< With the stride of its map, 0 for anchors.
  std::vector<ObjectColumnSpec> objectColumns;
  std::vector<PairTableSpec> tables;
  std::int32_t missesPerObject = -1;

  std::vector<at::Tensor> parts;    ///< On the CPU: the values themselves. On a GPU: gone once copied.
  std::vector<std::int64_t> sizes;  ///< Of each part.
  at::Tensor onDevice, onHost;      ///< The GPU's flat buffer and its pinned copy.
  std::optional<c10::Event> copied;

  /// Of each image.
  std::vector<StageEvidence> assemble() const;

 private:
  std::vector<const float*> partPointers() const;
  void addPairs(std::vector<StageEvidence>& frames, const std::vector<const float*>& pointers,
                std::size_t firstPart) const;
  PairTable tableOf(const PairTableSpec& spec, const std::vector<std::int32_t>& anchor,
                    const std::vector<std::int32_t>& object, const std::vector<const float*>& columns,
                    std::span<const std::size_t> order, std::size_t objectCount) const;
};

PendingFrames::PendingFrames() = default;
PendingFrames::~PendingFrames() = default;
PendingFrames::PendingFrames(PendingFrames&&) noexcept = default;
PendingFrames& PendingFrames::operator=(PendingFrames&&) noexcept = default;

bool PendingFrames::ready() const {
  return pending() && std::all_of(parts_.begin(), parts_.end(), [](const Part& part) {
           return std::all_of(part.stages.begin(), part.stages.end(),
                              [](const auto& state) { return !state->copied || state->copied->query(); });
         });
}

std::vector<std::shared_ptr<const ProbeFrame>> PendingFrames::take() {
  ANCHORSCOPE_CHECK(pending(), "no frames are pending");
  std::vector<std::shared_ptr<const ProbeFrame>> frames, variants;
  for (const Part& part : std::exchange(parts_, {})) {
    std::vector<ProbeFrame> its(part.places.size());
    for (const auto& state : part.stages) {
      if (state->copied) state->copied->synchronize();
      std::vector<StageEvidence> evidence = state->assemble();
      for (std::size_t i = 0; i < its.size(); ++i) {
        static_cast<ProbeMoment&>(its[i]) = evidence[i];
        its[i].stages.push_back(std::make_shared<const StageEvidence>(std::move(evidence[i])));
      }
    }
    for (std::size_t i = 0; i < its.size(); ++i) {
      auto frame = std::make_shared<const ProbeFrame>(std::move(its[i]));
      if (frame->variant) {
        variants.push_back(std::move(frame));
        continue;
      }
      frames.resize(std::max(frames.size(), part.places[i] + 1));
      frames[part.places[i]] = std::move(frame);
    }
  }
  frames.insert(frames.end(), variants.begin(), variants.end());
  return frames;
}

void PendingFrames::add(PendingFrames other, const std::vector<std::size_t>& places) {
  ANCHORSCOPE_CHECK(other.parts_.size() == 1 && other.parts_.front().places.size() == places.size(),
                    "one batch with a place for each of its frames");
  other.parts_.front().places = places;
  parts_.push_back(std::move(other.parts_.front()));
}

void PendingFrames::addStage(PendingFrames next) {
  ANCHORSCOPE_CHECK(!parts_.empty() && next.parts_.size() == 1 &&
                        next.parts_.front().places.size() == parts_.back().places.size(),
                    "a stage of other images");
  for (auto& state : next.parts_.front().stages)
    parts_.back().stages.push_back(std::move(state));
}

std::vector<const float*> PendingFrames::State::partPointers() const {
  std::vector<const float*> pointers;
  if (onHost.defined()) {
    const float* next = onHost.const_data_ptr<float>();
    for (const std::int64_t size : sizes) {
      pointers.push_back(next);
      next += size;
    }
  } else {
    for (const at::Tensor& part : parts)
      pointers.push_back(part.const_data_ptr<float>());
  }
  return pointers;
}

std::vector<StageEvidence> PendingFrames::State::assemble() const {
  const std::vector<const float*> pointers = partPointers();
  const std::size_t imageCount = facts.images.size();
  std::vector<StageEvidence> frames(imageCount);
  std::size_t part = 0;
  const auto sliceSize = [&](std::size_t index) {
    return static_cast<std::size_t>(sizes[index]) / imageCount;
  };
  const auto boxesAt = [&](std::size_t index, std::size_t image) {
    static_assert(sizeof(Box) == 4 * sizeof(float));
    std::vector<Box> boxes(sliceSize(index) / 4);
    if (!boxes.empty())
      std::memcpy(static_cast<void*>(boxes.data()), pointers[index] + image * sliceSize(index),
                  sliceSize(index) * sizeof(float));
    return boxes;
  };

  for (std::size_t image = 0; image < imageCount; ++image) {
    StageEvidence& frame = frames[image];
    frame.step = facts.step;
    frame.image = facts.images[image];
    frame.classNames = facts.classNames;
    frame.variant = facts.variant;
    frame.stage = stage.stage;
    frame.decisions = stage.decisions;
    frame.predictions = stage.predictions[image];
    frame.predictedBoxesInInput = boxesAt(part, image);
    frame.candidates = stage.candidates;
    if (frame.candidates) continue;
    auto own = std::make_shared<CandidateSet>();
    own->boxesInInput = boxesAt(part + 1, image);
    own->origins = indicesAt(pointers[part + 2] + image * sliceSize(part + 2), sliceSize(part + 2));
    frame.candidates = std::move(own);
  }
  if (!stage.candidates) part += 2;
  ++part;
  for (const auto& [spec, stride] : channels) {
    for (std::size_t image = 0; image < imageCount; ++image) {
      const float* first = pointers[part] + image * sliceSize(part);
      const CellGrid grid = stride > 0 ? CellGrid::of(stride, frames[image].image->inputSize) : CellGrid{};
      ANCHORSCOPE_CHECK(stride == 0 || grid.count() == static_cast<std::int64_t>(sliceSize(part)), "'",
                        spec.name, "' has ", sliceSize(part), " cells, its map ", grid.count());
      frames[image].channels.push_back({spec, grid, std::vector<float>(first, first + sliceSize(part))});
    }
    ++part;
  }
  for (const ObjectColumnSpec& spec : objectColumns) {
    for (std::size_t image = 0; image < imageCount; ++image) {
      // Ignored objects stand behind the trained ones and have no value.
      const std::vector<ObjectRecord>& objects = frames[image].image->objects;
      std::vector<float> values(objects.size(), kNan);
      const float* first = pointers[part] + image * sliceSize(part);
      for (std::size_t object = 0; object < objects.size() && !objects[object].ignored; ++object)
        values[object] = first[object];
      frames[image].objectColumns.push_back({spec, std::move(values)});
    }
    ++part;
  }
  addPairs(frames, pointers, part);
  return frames;
}

void PendingFrames::State::addPairs(std::vector<StageEvidence>& frames,
                                    const std::vector<const float*>& pointers, std::size_t firstPart) const {
  std::size_t part = firstPart;
  for (const PairTableSpec& spec : tables) {
    const auto rows = static_cast<std::size_t>(sizes[part]);
    const std::vector<std::int32_t> image = indicesAt(pointers[part], rows);
    const std::vector<std::int32_t> anchor = indicesAt(pointers[part + 1], rows);
    const std::vector<std::int32_t> object = indicesAt(pointers[part + 2], rows);
    const std::vector<const float*> columns(
        pointers.begin() + static_cast<std::ptrdiff_t>(part) + 3,
        pointers.begin() + static_cast<std::ptrdiff_t>(part + 3 + spec.columns.size()));
    part += 3 + spec.columns.size();

    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto before = [&](std::size_t a, std::size_t b) {
      return std::tie(image[a], object[a], anchor[a]) < std::tie(image[b], object[b], anchor[b]);
    };
    if (!std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);

    std::size_t first = 0;
    for (std::size_t index = 0; index < frames.size(); ++index) {
      std::size_t last = first;
      while (last < rows && image[order[last]] == static_cast<std::int32_t>(index))
        ++last;
      frames[index].pairTables.push_back(tableOf(spec, anchor, object, columns,
                                                 std::span(order).subspan(first, last - first),
                                                 frames[index].image->objects.size()));
      first = last;
    }
    ANCHORSCOPE_CHECK(first == rows, "'", spec.name, "' has rows of an image that is not in the batch");
  }
}

PairTable PendingFrames::State::tableOf(const PairTableSpec& spec, const std::vector<std::int32_t>& anchor,
                                        const std::vector<std::int32_t>& object,
                                        const std::vector<const float*>& columns,
                                        std::span<const std::size_t> order, std::size_t objectCount) const {
  PairTable table;
  table.spec = spec;
  std::vector<std::size_t> kept(order.begin(), order.end());
  const int member = table.columnIndex(spec.memberColumn), sorted = table.columnIndex(spec.sortColumn);
  if (missesPerObject >= 0 && member >= 0 && sorted >= 0) {
    table.missesPerObject = missesPerObject;
    table.omitted.assign(objectCount, 0);
    kept.clear();
    for (std::size_t first = 0; first < order.size();) {
      const std::int32_t its = object[order[first]];
      std::vector<std::size_t> rows;
      for (; first < order.size() && object[order[first]] == its; ++first)
        rows.push_back(order[first]);
      const std::size_t before = rows.size();
      keepNearest(rows, columns[static_cast<std::size_t>(member)], columns[static_cast<std::size_t>(sorted)],
                  spec.sortDescending, static_cast<std::size_t>(missesPerObject));
      std::sort(rows.begin(), rows.end(),
                [&](std::size_t a, std::size_t b) { return anchor[a] < anchor[b]; });
      table.omitted[static_cast<std::size_t>(its)] = static_cast<std::int32_t>(before - rows.size());
      kept.insert(kept.end(), rows.begin(), rows.end());
    }
  }
  table.candidate.reserve(kept.size());
  table.object.reserve(kept.size());
  for (const std::size_t row : kept) {
    table.candidate.push_back(anchor[row]);
    table.object.push_back(object[row]);
  }
  for (const float* column : columns) {
    std::vector<float>& values = table.columns.emplace_back();
    values.reserve(kept.size());
    for (const std::size_t row : kept)
      values.push_back(column[row]);
  }
  return table;
}

void FramePacker::channel(const ChannelSpec& spec, const at::Tensor& values, int stride) {
  channels_.push_back({spec, stride, values});
}

void FramePacker::pairs(const PairTableSpec& spec, const PairRows& rows) {
  ANCHORSCOPE_CHECK(rows.columns.size() == spec.columns.size(), "'", spec.name, "' declares ",
                    spec.columns.size(), " columns and publishes ", rows.columns.size());
  pairs_.push_back({spec, rows});
}

void FramePacker::objects(const ObjectColumnSpec& spec, const at::Tensor& values) {
  objects_.push_back({spec, values});
}

PendingFrames FramePacker::pack(FrameFacts facts, StageFacts stage, std::int32_t missesPerObject) {
  const at::NoGradGuard noGrad;
  const auto imageCount = static_cast<std::int64_t>(facts.images.size());
  const at::Tensor boxes = stage.predictedBoxes;
  ANCHORSCOPE_CHECK(
      imageCount > 0 && boxes.size(0) == imageCount && stage.predictions.size() == facts.images.size(),
      "a capture of ", imageCount, " images with boxes of ", boxes.size(0));
  auto state = std::make_unique<PendingFrames::State>();
  state->parts.push_back(asFloats(boxes));
  if (!stage.candidates) {
    ANCHORSCOPE_CHECK(stage.candidateBoxes.size(0) == imageCount && stage.origins.size(0) == imageCount,
                      "candidates of other images");
    state->parts.push_back(asFloats(stage.candidateBoxes));
    state->parts.push_back(asIndexBits(stage.origins));
  }
  for (ChannelItem& item : channels_) {
    ANCHORSCOPE_CHECK(item.values.size(0) == imageCount, "'", item.spec.name, "' has ", item.values.size(0),
                      " images");
    state->channels.emplace_back(std::move(item.spec), item.stride);
    state->parts.push_back(asFloats(item.values));
  }
  for (ObjectItem& item : objects_) {
    ANCHORSCOPE_CHECK(item.values.size(0) == imageCount, "'", item.spec.name, "' has ", item.values.size(0),
                      " images");
    for (std::size_t image = 0; image < facts.images.size(); ++image) {
      const auto& objects = facts.images[image]->objects;
      const auto trained =
          std::count_if(objects.begin(), objects.end(), [](const ObjectRecord& o) { return !o.ignored; });
      ANCHORSCOPE_CHECK(trained <= item.values.size(1), "'", item.spec.name, "' has too few objects");
    }
    state->objectColumns.push_back(std::move(item.spec));
    state->parts.push_back(asFloats(item.values));
  }
  for (PairItem& item : pairs_) {
    state->tables.push_back(std::move(item.spec));
    state->parts.push_back(asIndexBits(item.rows.image));
    state->parts.push_back(asIndexBits(item.rows.anchor));
    state->parts.push_back(asIndexBits(item.rows.object));
    for (const at::Tensor& column : item.rows.columns)
      state->parts.push_back(asFloats(column));
  }
  stage.predictedBoxes = stage.candidateBoxes = stage.origins = at::Tensor();  // they are parts now
  state->facts = std::move(facts);
  state->stage = std::move(stage);
  state->missesPerObject = missesPerObject;
  for (const at::Tensor& part : state->parts)
    state->sizes.push_back(part.numel());
  channels_.clear();
  pairs_.clear();
  objects_.clear();

  if (!boxes.is_cpu()) {
    const c10::Device device = boxes.device();
    const c10::impl::VirtualGuardImpl guard(device.type());
    state->onDevice = at::cat(state->parts);
    state->parts.clear();
    state->onHost =
        at::empty(state->onDevice.sizes(), at::TensorOptions().dtype(at::kFloat).pinned_memory(true));
    c10::Event filled(device.type());
    filled.record(guard.getStream(device));
    const c10::Stream side = guard.getStreamFromGlobalPool(device, /*isHighPriority=*/false);
    filled.block(side);
    {
      const c10::StreamGuard onSide(side);
      state->onHost.copy_(state->onDevice, /*non_blocking=*/true);
    }
    state->copied.emplace(device.type());
    state->copied->record(side);
    state->onDevice.record_stream(side);
  }
  std::vector<std::size_t> places(state->facts.images.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  PendingFrames pending;
  pending.parts_.emplace_back();
  pending.parts_.back().stages.push_back(std::move(state));
  pending.parts_.back().places = std::move(places);
  return pending;
}

}  // namespace anchorscope
