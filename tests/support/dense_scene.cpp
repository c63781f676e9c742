#include "tests/support/dense_scene.h"

#include <algorithm>

#include "core/base/random.h"
#include "core/ops/box_coder.h"
#include "core/ops/distance_distribution.h"

namespace anchorscope::testing {
namespace {

constexpr int kInputPx = 64;

AnchorSet anchorSetOf(std::vector<LevelLayout> levels, const std::vector<Box>& boxes, at::ScalarType dtype) {
  AnchorSet set;
  std::vector<double> coordinates, strides;
  for (const Box& box : boxes)
    coordinates.insert(coordinates.end(), {box.x1, box.y1, box.x2, box.y2});
  for (const LevelLayout& level : levels)
    strides.insert(strides.end(), static_cast<std::size_t>(level.anchorCount()), level.stride);
  set.boxes = at::tensor(coordinates, at::TensorOptions().dtype(at::kDouble)).view({-1, 4}).to(dtype);
  set.strides = at::tensor(strides, at::TensorOptions().dtype(at::kDouble)).to(dtype);
  set.levels = levels;
  auto geometry = std::make_shared<CandidateSet>();
  geometry->levels = std::move(levels);
  geometry->boxesInInput = boxes;
  set.geometry = std::move(geometry);
  return set;
}

AnchorSet sceneAnchors(const DenseSceneOptions& options) {
  std::vector<LevelLayout> levels;
  std::vector<Box> boxes;
  const std::vector<float> sizes = options.points                ? std::vector{1.0f}
                                   : options.anchorsPerCell == 1 ? std::vector{2.0f}
                                                                 : std::vector{1.5f, 2.5f};
  for (const int stride : {8, 16}) {
    if (options.noAnchors) break;
    const int cells = kInputPx / stride;
    levels.push_back(
        {stride, cells, cells, static_cast<int>(sizes.size()), static_cast<std::int64_t>(boxes.size())});
    for (int row = 0; row < cells; ++row)
      for (int column = 0; column < cells; ++column)
        for (const float size : sizes) {
          const float half = 0.5f * size * static_cast<float>(stride);
          const float x = (static_cast<float>(column) + 0.5f) * static_cast<float>(stride);
          const float y = (static_cast<float>(row) + 0.5f) * static_cast<float>(stride);
          boxes.push_back({x - half, y - half, x + half, y + half});
        }
  }
  AnchorSet set = anchorSetOf(std::move(levels), boxes, options.dtype);
  if (options.points) set.offsets = BoxOffsets::kSideDistances;
  return set;
}

at::Tensor draw(Random& random, at::IntArrayRef shape, double scale, double shift) {
  at::Tensor out = at::empty(shape, at::TensorOptions().dtype(at::kDouble));
  double* values = out.data_ptr<double>();
  for (std::int64_t i = 0; i < out.numel(); ++i)
    values[i] = scale * random.normal() + shift;
  return out;
}

at::Tensor drawBoxes(Random& random, std::int64_t batch, std::int64_t count) {
  at::Tensor out = at::zeros({batch, count, 4}, at::TensorOptions().dtype(at::kDouble));
  double* values = out.data_ptr<double>();
  for (std::int64_t i = 0; i < batch * count; ++i) {
    const double width = random.uniform(8, 36), height = random.uniform(8, 36);
    const double x = random.uniform(0, kInputPx - width), y = random.uniform(0, kInputPx - height);
    const double box[4] = {x, y, x + width, y + height};
    std::copy(box, box + 4, values + 4 * i);
  }
  return out;
}

/// [B,G,64,64] bool: the px whose centre lies in the ellipse that touches the box [B,G,4].
at::Tensor ellipsesIn(const at::Tensor& boxes) {
  const at::Tensor place = at::arange(static_cast<std::int64_t>(kInputPx), boxes.options()) + 0.5;
  const auto offset = [&](std::int64_t axis) {
    const at::Tensor low = boxes.select(2, axis), high = boxes.select(2, axis + 2);
    return (place - ((low + high) / 2).unsqueeze(2)) / ((high - low) / 2).clamp_min(1e-6).unsqueeze(2);
  };
  return offset(0).square().unsqueeze(2) + offset(1).square().unsqueeze(3) < 1;
}

}  // namespace

DenseScene makeDenseScene(const DenseSceneOptions& options) {
  Random random = Random::of(options.seed, RandomPurpose::kTest);
  DenseScene scene;
  scene.anchors = sceneAnchors(options);
  const std::int64_t anchors = scene.anchors.count(), batch = options.batch;
  std::int64_t objects = options.padTo;
  for (const std::int64_t count : options.objects)
    objects = std::max(objects, count);

  scene.targets.boxes = drawBoxes(random, batch, objects).to(options.dtype);
  scene.targets.labels = at::zeros({batch, objects}, at::TensorOptions().dtype(at::kLong));
  scene.targets.valid = at::zeros({batch, objects}, at::TensorOptions().dtype(at::kBool));
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t g = 0; g < objects; ++g) {
      const bool valid = g < options.objects[static_cast<std::size_t>(b) % options.objects.size()];
      const auto label = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(options.classes)));
      scene.targets.labels[b][g] = valid ? label : -1;
      scene.targets.valid[b][g] = valid;
      if (!valid) scene.targets.boxes[b][g].zero_();
    }
  scene.targets.ignoreBoxes = drawBoxes(random, batch, options.ignoreRegions).to(options.dtype);
  scene.outputs.logits =
      draw(random, {batch, anchors, options.classes + (options.softmax ? 1 : 0)}, options.logitScale, -1)
          .to(options.dtype);
  scene.outputs.offsets = draw(random, {batch, anchors, 4}, 0.2, 0).to(options.dtype);
  if (options.points) scene.outputs.offsets = at::exp(scene.outputs.offsets);
  if (options.softmax) scene.outputs.activation = ScoreActivation::kSoftmaxWithBackground;
  if (options.distanceBins > 0) {
    scene.outputs.distribution =
        draw(random, {batch, anchors, 4, options.distanceBins}, 1, 0).to(options.dtype);
    scene.outputs.offsets = expectedDistances(scene.outputs.distribution);
  }
  scene.outputs.boxes =
      BoxCoder::of(scene.anchors.offsets).decode(scene.anchors.boxes, scene.outputs.offsets);
  if (options.centerness)
    scene.outputs.further[kCenternessOutput] = draw(random, {batch, anchors}, 1, 0).to(options.dtype);
  for (const std::string& output : options.further)
    scene.outputs.further[output] = draw(random, {batch, anchors}, 1, 0).to(options.dtype);
  if (options.masks) {
    scene.outputs.masksOf = [classes = options.classes](const at::Tensor& boxes, const at::Tensor& image) {
      const at::Tensor seed = boxes.sum(1) + image.to(boxes.scalar_type());
      const at::Tensor pixel = at::arange(classes * 36, boxes.options());
      return (seed.unsqueeze(1) + pixel).sin().view({-1, classes, 6, 6});
    };
    scene.targets.masks = ellipsesIn(scene.targets.boxes);
  }
  return scene;
}

DenseScene makeWorkedScene(const std::vector<Box>& anchors, const std::vector<Box>& objects,
                           const std::vector<std::int64_t>& labels, std::int64_t classes) {
  const auto count = static_cast<std::int64_t>(anchors.size()),
             objectCount = static_cast<std::int64_t>(objects.size());
  DenseScene scene;
  scene.anchors = anchorSetOf({{8, 1, static_cast<int>(count), 1, 0}}, anchors, at::kFloat);
  scene.outputs.logits = at::zeros({1, count, classes});
  scene.outputs.offsets = at::zeros({1, count, 4});
  scene.outputs.boxes = scene.anchors.boxes.unsqueeze(0).clone();
  std::vector<float> coordinates;
  for (const Box& box : objects)
    coordinates.insert(coordinates.end(), {box.x1, box.y1, box.x2, box.y2});
  scene.targets.boxes = at::tensor(coordinates).view({1, objectCount, 4});
  scene.targets.labels = at::tensor(labels, at::TensorOptions().dtype(at::kLong)).view({1, objectCount});
  scene.targets.valid = at::ones({1, objectCount}, at::TensorOptions().dtype(at::kBool));
  scene.targets.ignoreBoxes = at::zeros({1, 0, 4});
  return scene;
}

// ---- RecordingSink ---------------------------------------------------------------------------------------

std::vector<double> sharesInIgnored(const DenseScene& scene, std::int64_t image) {
  const at::Tensor anchors = scene.anchors.boxes.to(at::kDouble),
                   regions = scene.targets.ignoreBoxes.to(at::kDouble);
  std::vector<double> shares;
  for (std::int64_t i = 0; i < anchors.size(0); ++i) {
    const auto a = [&](int k) { return anchors[i][k].item<double>(); };
    double most = 0;
    for (std::int64_t j = 0; j < regions.size(1); ++j) {
      const auto r = [&](int k) { return regions[image][j][k].item<double>(); };
      const double width = std::min(a(2), r(2)) - std::max(a(0), r(0)),
                   height = std::min(a(3), r(3)) - std::max(a(1), r(1));
      if (width > 0 && height > 0) most = std::max(most, width * height / ((a(2) - a(0)) * (a(3) - a(1))));
    }
    shares.push_back(most);
  }
  return shares;
}

void RecordingSink::channel(const ChannelSpec& spec, const at::Tensor& values, int) {
  channelSpecs.push_back(spec);
  channelValues[spec.name] = values;
}

void RecordingSink::pairs(const PairTableSpec& spec, const PairRows& rows) {
  pairSpecs.push_back(spec);
  pairRows[spec.name] = rows;
}

void RecordingSink::objects(const ObjectColumnSpec& spec, const at::Tensor& values) {
  objectSpecs.push_back(spec);
  objectValues[spec.name] = values;
}

namespace {

std::vector<float> floats(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kCPU, at::kFloat).contiguous().reshape({-1});
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

std::vector<std::int32_t> indices(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kCPU, at::kInt).contiguous();
  return {values.data_ptr<std::int32_t>(), values.data_ptr<std::int32_t>() + values.numel()};
}

}  // namespace

StageEvidence RecordingSink::frame(const DenseScene& scene, std::int64_t image,
                                   const std::vector<DecisionSpec>& decisions) const {
  StageEvidence frame;
  auto probe = std::make_shared<ProbeImage>();
  probe->name = "scene";
  probe->inputSize = {kInputPx, kInputPx};
  const std::vector<float> boxes = floats(scene.targets.boxes[image]);
  const std::vector<std::int32_t> labels = indices(scene.targets.labels[image]);
  const std::int64_t objectCount = scene.targets.valid[image].sum().item<std::int64_t>();
  for (std::int64_t g = 0; g < objectCount; ++g) {
    const float* b = boxes.data() + 4 * g;
    probe->objects.push_back({{b[0], b[1], b[2], b[3]}, labels[static_cast<std::size_t>(g)], false});
  }
  frame.image = std::move(probe);
  frame.candidates = scene.anchors.geometry;
  frame.decisions = decisions;
  for (const ChannelSpec& spec : channelSpecs)
    frame.channels.push_back({spec, {}, floats(channelValues.at(spec.name)[image])});
  for (const PairTableSpec& spec : pairSpecs) {
    const PairRows& rows = pairRows.at(spec.name);
    const at::Tensor here = rows.image.eq(image).nonzero().squeeze(1);
    PairTable table;
    table.spec = spec;
    table.candidate = indices(rows.anchor.index({here}));
    table.object = indices(rows.object.index({here}));
    for (const at::Tensor& column : rows.columns)
      table.columns.push_back(floats(column.index({here})));
    frame.pairTables.push_back(std::move(table));
  }
  for (const ObjectColumnSpec& spec : objectSpecs) {
    std::vector<float> values = floats(objectValues.at(spec.name)[image]);
    values.resize(static_cast<std::size_t>(objectCount));
    frame.objectColumns.push_back({spec, std::move(values)});
  }
  return frame;
}

}  // namespace anchorscope::testing
