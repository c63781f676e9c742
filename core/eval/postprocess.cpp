#include "core/eval/postprocess.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/eval/top_candidates.h"
#include "core/ops/class_boxes.h"
#include "core/ops/nms.h"
#include "core/ops/parallel.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kTorchvision = "torchvision 0.26 RetinaNet";

const std::vector<std::string> kCenternessScores = {"sqrt", "product", "none"};  // in the enum's order

/// Candidates of one image: of equal keys those of the smaller level and element come first.
struct ImageCandidates {
  std::vector<float> keys;             ///< What they were ranked by: logits, or scores with centerness.
  std::vector<std::int64_t> elements;  ///< anchor * C + class
};

/// A bound no score above the threshold misses; the exact comparison is made on the scores of the few that
/// pass.
float looseLogitBound(double threshold) {
  if (threshold <= 0) return -std::numeric_limits<float>::infinity();
  if (threshold >= 1) return 15.0f;  // float32's sigmoid reaches 1 above 16
  return static_cast<float>(std::log(threshold / (1 - threshold)) - 1e-3);
}

std::vector<ImageCandidates> chooseOnCpu(const at::Tensor& keys, const std::vector<LevelLayout>& levels,
                                         float bound, std::int64_t most) {
  const std::int64_t images = keys.size(0), anchors = keys.size(1), classes = keys.size(2);
  const auto levelCount = static_cast<std::int64_t>(levels.size());
  const float* values = keys.const_data_ptr<float>();
  std::vector<std::vector<Candidate>> chosen(static_cast<std::size_t>(images * levelCount));
  parallelFor(0, images * levelCount, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t task = first; task < last; ++task) {
      const LevelLayout& level = levels[static_cast<std::size_t>(task % levelCount)];
      const float* start = values + ((task / levelCount) * anchors + level.firstAnchor) * classes;
      chosen[static_cast<std::size_t>(task)] =
          topCandidates(start, static_cast<std::size_t>(level.anchorCount() * classes), bound,
                        static_cast<std::size_t>(most));
    }
  });
  std::vector<ImageCandidates> out(static_cast<std::size_t>(images));
  for (std::size_t task = 0; task < chosen.size(); ++task) {
    ImageCandidates& image = out[task / levels.size()];
    for (const Candidate& candidate : chosen[task]) {
      image.keys.push_back(candidate.value);
      image.elements.push_back(levels[task % levels.size()].firstAnchor * classes + candidate.index);
    }
  }
  return out;
}

/// [B,N,C] float32: scores with the output that ranks.
at::Tensor scoresWithQuality(const HeadOutputs& outputs, CenternessScore rule) {
  const at::Tensor product = scoresOf(outputs).to(at::kFloat) *
                             at::sigmoid(outputs.output(outputs.rankedBy).to(at::kFloat)).unsqueeze(2);
  return rule == CenternessScore::kSqrt ? at::sqrt(product) : product;
}

at::Tensor clipped(const at::Tensor& boxes, const Box& region) {
  const at::Tensor x = boxes.slice(1, 0, 4, 2).clamp(region.x1, region.x2),
                   y = boxes.slice(1, 1, 4, 2).clamp(region.y1, region.y2);
  return at::stack({x.select(1, 0), y.select(1, 0), x.select(1, 1), y.select(1, 1)}, 1);
}

/// Which boxes [K,4] are at least so large: [K] bool.
at::Tensor largeEnough(const at::Tensor& boxes, double smallestSide) {
  return (boxes.select(1, 2) - boxes.select(1, 0) >= smallestSide)
      .logical_and(boxes.select(1, 3) - boxes.select(1, 1) >= smallestSide);
}

/// Of labels [K] int64 on the CPU, best first: the places of those that are among the first `most` of their
/// own.
at::Tensor firstOfEach(const at::Tensor& labels, std::int64_t classes, std::int64_t most) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes), 0), places;
  const std::int64_t* const label = labels.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < labels.size(0); ++i)
    if (++counts[static_cast<std::size_t>(label[i])] <= most) places.push_back(i);
  return at::tensor(places, at::kLong);
}

/// The first `most` that survive. Suppression goes from the best down, so a prefix's survivors are the first
/// ones of all: when enough survive among the best, the rest need not be looked at.
at::Tensor bestSurvivors(const at::Tensor& boxes, const at::Tensor& scores, const at::Tensor& labels,
                         double nmsIou, std::int64_t most) {
  const std::int64_t count = scores.size(0);
  for (std::int64_t size = std::min(count, 4 * most);; size = std::min(count, 4 * size)) {
    const at::Tensor keep =
        batchedNms(boxes.narrow(0, 0, size), scores.narrow(0, 0, size), labels.narrow(0, 0, size), nmsIou);
    if (size == count || keep.size(0) >= most) return keep.slice(0, 0, most);
  }
}

/// [B,N,1], or [B,N,C] of a box per class: places of an image without a candidate.
at::Tensor withoutExtent(const at::Tensor& boxes) {
  const at::Tensor empty =
      (boxes.select(-1, 2) <= boxes.select(-1, 0)).logical_or(boxes.select(-1, 3) <= boxes.select(-1, 1));
  return boxes.dim() == 4 ? empty : empty.unsqueeze(2);
}

Box imageInInputOf(const PostprocessImage& image) {
  return image.inputFromImage.map(
      Box{0, 0, static_cast<float>(image.imageSize.width), static_cast<float>(image.imageSize.height)});
}

std::vector<PredictionRecord> detectionsOf(const ImageCandidates& candidates, const at::Tensor& boxesInInput,
                                           bool keysAreLogits, std::int64_t classes,
                                           const PostprocessImage& image, const PostprocessOptions& options) {
  const auto count = static_cast<std::int64_t>(candidates.keys.size());
  if (count == 0 || options.maxDetections <= 0) return {};
  const at::Tensor keys = at::from_blob(const_cast<float*>(candidates.keys.data()), {count}, at::kFloat);
  const at::Tensor elements =
      at::from_blob(const_cast<std::int64_t*>(candidates.elements.data()), {count}, at::kLong);
  const at::Tensor allScores = keysAreLogits ? at::sigmoid(keys) : keys;
  const at::Tensor above = at::nonzero(allScores > options.scoreThreshold).flatten();
  // By score, then by logit, then as they came: by level and element.
  const at::Tensor byKey =
      above.index_select(0, std::get<1>(at::sort(keys.index_select(0, above), true, 0, true)));
  at::Tensor order =
      byKey.index_select(0, std::get<1>(at::sort(allScores.index_select(0, byKey), true, 0, true)));
  if (options.topKPerClass > 0)
    order = order.index_select(
        0, firstOfEach(elements.index_select(0, order).remainder(classes), classes, options.topKPerClass));
  const at::Tensor ordered = elements.index_select(0, order);
  at::Tensor boxes = clipped(boxesAt(boxesInInput, ordered.div(classes, "floor"), ordered.remainder(classes))
                                 .to(at::kCPU, at::kFloat),
                             imageInInputOf(image));
  if (options.smallestSide > 0) {
    const at::Tensor large = largeEnough(boxes, options.smallestSide).nonzero().flatten();
    order = order.index_select(0, large);
    boxes = boxes.index_select(0, large);
  }
  const at::Tensor scores = allScores.index_select(0, order), chosen = elements.index_select(0, order);
  const at::Tensor labels = chosen.remainder(classes), anchors = chosen.div(classes, "floor");
  if (scores.size(0) == 0) return {};
  const at::Tensor keep = bestSurvivors(boxes, scores, labels, options.nmsIou, options.maxDetections);

  const AxisTransform imageFromInput = image.inputFromImage.inverse();
  const auto box = boxes.accessor<float, 2>();
  const std::int64_t* kept = keep.const_data_ptr<std::int64_t>();
  std::vector<PredictionRecord> out;
  for (std::int64_t k = 0; k < keep.size(0); ++k) {
    const std::int64_t i = kept[k];
    out.push_back({imageFromInput.map(Box{box[i][0], box[i][1], box[i][2], box[i][3]}),
                   static_cast<int>(labels.const_data_ptr<std::int64_t>()[i]),
                   scores.const_data_ptr<float>()[i], anchors.const_data_ptr<std::int64_t>()[i]});
  }
  return out;
}

/// The candidates of a batch on a device: [B,K] in the order in which they are suppressed.
struct DeviceCandidates {
  at::Tensor keys, elements;
  at::Tensor scores;  ///< -1 for what is not above the threshold; those come last.
};

DeviceCandidates chooseOnDevice(const at::Tensor& keys, bool keysAreLogits,
                                const std::vector<LevelLayout>& levels, float bound,
                                const PostprocessOptions& options) {
  const std::int64_t classes = keys.size(2), most = options.topKPerLevel;
  std::vector<at::Tensor> values, elements;
  for (const LevelLayout& level : levels) {
    const at::Tensor flat = keys.narrow(1, level.firstAnchor, level.anchorCount()).flatten(1);
    const at::Tensor finite = at::where(at::isnan(flat), -INFINITY, flat);  // topk ranks NaN first
    const auto [best, index] = at::topk(finite, std::min(most, flat.size(1)), 1);
    values.push_back(best);
    elements.push_back(index + level.firstAnchor * classes);
  }
  DeviceCandidates out{at::cat(values, 1), at::cat(elements, 1), {}};
  const auto sortBy = [&](const at::Tensor& what, bool descending) {
    const at::Tensor order = std::get<1>(at::sort(what, /*stable=*/true, 1, descending));
    for (at::Tensor* column : {&out.keys, &out.elements, &out.scores})
      if (column->defined()) *column = column->gather(1, order);
  };
  // By score, then by key, then by level and element; topk leaves the order of equal values open.
  sortBy(out.elements, /*descending=*/false);
  sortBy(out.keys, /*descending=*/true);
  const at::Tensor scores = keysAreLogits ? at::sigmoid(out.keys) : out.keys;
  out.scores = at::where((out.keys > bound) & (scores > options.scoreThreshold), scores, -1.0);
  sortBy(out.scores, /*descending=*/true);
  return out;
}

/// One image's candidates on the host.
ImageCandidates takeOver(const DeviceCandidates& candidates, std::int64_t image) {
  const at::Tensor keys = candidates.keys[image].cpu(), elements = candidates.elements[image].cpu(),
                   scores = candidates.scores[image].cpu();
  ImageCandidates out;
  for (std::int64_t i = 0; i < keys.size(0) && scores.const_data_ptr<float>()[i] >= 0; ++i) {
    out.keys.push_back(keys.const_data_ptr<float>()[i]);
    out.elements.push_back(elements.const_data_ptr<std::int64_t>()[i]);
  }
  return out;
}

/// Everything with sizes that depend on no number, so that the host waits once per batch, for the detections.
/// The best candidates are suppressed there; only where too few of them survive, and there are others, is an
/// image done on the host.
std::vector<std::vector<PredictionRecord>> detectOnDevice(const at::Tensor& keys, const at::Tensor& boxes,
                                                          bool keysAreLogits, float bound,
                                                          const std::vector<LevelLayout>& levels,
                                                          const std::vector<PostprocessImage>& images,
                                                          const PostprocessOptions& options) {
  // Suppression takes memory and time as the square of its boxes.
  constexpr std::int64_t kFewest = 2048, kMost = 16384;
  std::vector<std::vector<PredictionRecord>> out(images.size());
  if (options.maxDetections <= 0) return out;
  const std::int64_t most = options.maxDetections, classes = keys.size(2);
  const DeviceCandidates candidates = chooseOnDevice(keys, keysAreLogits, levels, bound, options);
  const std::int64_t all = candidates.keys.size(1),
                     looked = std::min(all, std::clamp(4 * most, kFewest, kMost));
  std::vector<at::Tensor> tables;  // of each image [rows, x1 y1 x2 y2 score element above], float64
  for (std::size_t b = 0; b < images.size(); ++b) {
    const auto image = static_cast<std::int64_t>(b);
    const at::Tensor elements = candidates.elements[image].slice(0, 0, looked),
                     scores = candidates.scores[image].slice(0, 0, looked);
    at::Tensor labels = elements.remainder(classes), there = scores >= 0;
    const at::Tensor itsBoxes =
        clipped(boxesAt(boxes[image], elements.div(classes, "floor"), labels).to(at::kFloat),
                imageInInputOf(images[b]));
    if (options.topKPerClass > 0) {
      const at::Tensor place = (labels.unsqueeze(1) == at::arange(classes, labels.options()))
                                   .to(at::kInt)
                                   .cumsum(0)
                                   .gather(1, labels.unsqueeze(1))
                                   .squeeze(1);
      there = there.logical_and(place <= options.topKPerClass);
    }
    if (options.smallestSide > 0) {
      const at::Tensor large = largeEnough(itsBoxes, options.smallestSide);
      there = there.logical_and(large);
      // Each small one is of a class of its own, and suppresses nothing.
      labels = at::where(large, labels, -1 - at::arange(looked, labels.options()));
    }
    const at::Tensor kept = standingBoxes(itsBoxes, labels, options.nmsIou).logical_and(there);
    const at::Tensor first =
        std::get<1>(at::sort(kept.to(at::kInt), /*stable=*/true, 0, /*descending=*/true)).slice(0, 0, most);
    const at::Tensor count = (candidates.scores[image] >= 0).sum().expand({looked});
    const at::Tensor columns =
        at::cat({itsBoxes.to(at::kDouble), at::stack({at::where(kept, scores, -1.0).to(at::kDouble),
                                                      elements.to(at::kDouble), count.to(at::kDouble)},
                                                     1)},
                1);
    tables.push_back(columns.index_select(0, first));
  }
  const at::Tensor table = at::stack(tables).cpu();
  const auto cell = table.accessor<double, 3>();
  for (std::size_t b = 0; b < images.size(); ++b) {
    const auto its = cell[static_cast<std::int64_t>(b)];
    const AxisTransform imageFromInput = images[b].inputFromImage.inverse();
    for (std::int64_t k = 0; k < table.size(1) && its[k][4] >= 0; ++k) {
      const auto number = [&](int column) { return static_cast<float>(its[k][column]); };
      const auto element = static_cast<std::int64_t>(its[k][5]);
      out[b].push_back({imageFromInput.map(Box{number(0), number(1), number(2), number(3)}),
                        static_cast<int>(element % classes), number(4), element / classes});
    }
    const auto image = static_cast<std::int64_t>(b);
    if (static_cast<std::int64_t>(out[b].size()) < most && its[0][6] > static_cast<double>(looked))
      out[b] =
          detectionsOf(takeOver(candidates, image), boxes[image], keysAreLogits, classes, images[b], options);
  }
  return out;
}

}  // namespace

std::vector<ParamSpec> postprocessParams() {
  const PostprocessOptions defaults;
  return {
      floatParam("score_threshold", defaults.scoreThreshold, 0.0, 1.0, "1",
                 "Detections score more than this.", kTorchvision),
      intParam("topk_per_level", defaults.topKPerLevel, 1, 1e6, "",
               "The best (anchor, class) pairs of every pyramid level that enter suppression.", kTorchvision),
      floatParam("nms_iou", defaults.nmsIou, 0.0, 1.0, "1",
                 "A box that overlaps a better one of its class by more than this is dropped.", kTorchvision),
      intParam("max_detections", defaults.maxDetections, 1, 1e5, "", "Detections kept per image.",
               kTorchvision),
      choiceParam(
          "score_with_centerness", kCenternessScores.front(), kCenternessScores,
          "What ranks detections of heads with centerness, or another output that says how good a box is. "
          "sqrt: sqrt(class score * centerness) (torchvision's FCOS; PAA); product: class score * centerness "
          "(the FCOS paper; mmdet, which cuts by the class score alone first); none: the class score. An "
          "objectness is part of the class score.",
          "torchvision 0.26 FCOS"),
      floatParam("min_side", defaults.smallestSide, 0.0, 1e4, "px",
                 "Boxes of which less than this lies in the image, along either axis, are dropped first; "
                 "torchvision's Faster R-CNN has 0.01.",
                 kTorchvision),
      intParam(
          "topk_per_class", defaults.topKPerClass, 0, 1e6, "",
          "The best of every class of an image, of those, that enter suppression; 0: all. torchvision's SSD "
          "has 400.",
          kTorchvision)};
}

PostprocessOptions postprocessOptions(const ParamSet& params) {
  const auto rule =
      std::find(kCenternessScores.begin(), kCenternessScores.end(), params.getText("score_with_centerness"));
  return {params.getFloat("score_threshold"),
          static_cast<int>(params.getInt("topk_per_level")),
          params.getFloat("nms_iou"),
          static_cast<int>(params.getInt("max_detections")),
          static_cast<CenternessScore>(rule - kCenternessScores.begin()),
          params.getFloat("min_side"),
          static_cast<int>(params.getInt("topk_per_class"))};
}

std::vector<std::vector<PredictionRecord>> postprocess(const HeadOutputs& outputs,
                                                       const std::vector<LevelLayout>& ofGrid,
                                                       const std::vector<PostprocessImage>& images,
                                                       const PostprocessOptions& options) {
  const c10::NoGradGuard noGradient;
  const at::Tensor &logits = outputs.logits, &boxes = outputs.boxes;
  std::vector<LevelLayout> levels = ofGrid;
  if (levels.empty()) levels.push_back({1, 1, static_cast<int>(logits.size(1)), 1, 0});
  ANCHORSCOPE_CHECK(logits.dim() == 3 && logits.size(0) == static_cast<std::int64_t>(images.size()),
                    "logits are ", logits.sizes());
  const std::int64_t classes = foregroundLogits(outputs).size(2);
  ANCHORSCOPE_CHECK(boxes.sizes() == at::IntArrayRef({logits.size(0), logits.size(1), 4}) ||
                        boxes.sizes() == at::IntArrayRef({logits.size(0), logits.size(1), classes, 4}),
                    "boxes are ", boxes.sizes());
  std::int64_t anchors = 0;
  for (const LevelLayout& level : levels) {
    ANCHORSCOPE_CHECK(level.firstAnchor == anchors, "levels are not in anchor order");
    anchors += level.anchorCount();
  }
  ANCHORSCOPE_CHECK(anchors == logits.size(1), anchors, " anchors in the levels, logits are ",
                    logits.sizes());
  std::vector<std::vector<PredictionRecord>> out(images.size());
  if (logits.numel() == 0) return out;

  const bool ranked = !outputs.rankedBy.empty() && options.centernessScore != CenternessScore::kNone;
  const bool keysAreLogits = !ranked && scoresAreSigmoids(outputs);
  at::Tensor keys = ranked          ? scoresWithQuality(outputs, options.centernessScore)
                    : keysAreLogits ? logits.to(at::kFloat)
                                    : scoresOf(outputs).to(at::kFloat);
  if (ofGrid.empty()) keys = keys.masked_fill(withoutExtent(boxes), std::numeric_limits<float>::quiet_NaN());
  keys = keys.contiguous();
  const float bound =
      keysAreLogits ? looseLogitBound(options.scoreThreshold) : static_cast<float>(options.scoreThreshold);
  if (!keys.is_cpu()) return detectOnDevice(keys, boxes, keysAreLogits, bound, levels, images, options);
  const std::vector<ImageCandidates> candidates = chooseOnCpu(keys, levels, bound, options.topKPerLevel);
  for (std::size_t b = 0; b < images.size(); ++b)
    out[b] = detectionsOf(candidates[b], boxes.select(0, static_cast<std::int64_t>(b)), keysAreLogits,
                          classes, images[b], options);
  return out;
}

EvalDetection toEvalDetection(std::int64_t image, const PredictionRecord& prediction) {
  const Box& box = prediction.boxInImage;
  return {image,           prediction.classIndex,   box.x1,
          box.y1,          double{box.x2} - box.x1, double{box.y2} - box.y1,
          prediction.score};
}

}  // namespace anchorscope
