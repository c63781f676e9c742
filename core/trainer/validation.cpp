#include "core/trainer/validation.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/data/object_shape.h"
#include "core/eval/coco_ap.h"
#include "core/eval/detection_errors.h"
#include "core/eval/detection_masks.h"
#include "core/eval/evaluation_specs.h"
#include "core/eval/postprocess.h"
#include "core/trainer/batch_tensors.h"
#include "core/trainer/device.h"
#include "core/trainer/probes.h"

namespace anchorscope {
namespace {

/// masks: where the record has shapes they are drawn.
void addObjects(const ImageRecord& record, std::int64_t image, const std::vector<int>& classes, bool masks,
                std::vector<EvalObject>& out) {
  for (const Annotation& annotation : record.annotations) {
    const int classIndex = classes[static_cast<std::size_t>(annotation.classIndex)];
    if (classIndex < 0) continue;
    const Box& box = annotation.boxInImage;
    out.push_back({image, classIndex, box.x1, box.y1, box.width(), box.height(), annotation.areaPx,
                   isIgnored(annotation)});
    if (masks && annotation.shape)
      out.back().mask = std::make_shared<const RunMask>(maskInImage(*annotation.shape, record.size));
  }
}

Evaluation summarise(const CocoAp& ap, const DetectionErrors& errors,
                     const std::vector<std::string>& classNames) {
  Evaluation out;
  for (std::size_t i = 0; i < ap.stats.size(); ++i)
    out.metrics.push_back({kCocoStats[i].name, ap.stats[i]});
  for (std::size_t i = 0; i < errors.lost.size(); ++i)
    out.metrics.push_back({kErrorKinds[i].name, errors.lost[i]});
  for (std::size_t i = 0; i < classNames.size(); ++i) {
    out.perClassAp.push_back({classNames[i], ap.apPerClass[i]});
    out.perClassAp50.push_back({classNames[i], ap.ap50PerClass[i]});
  }
  return out;
}

/// Says of each image that could not be read what becomes of its objects.
Diagnostics withMissedObjects(const Diagnostics& unreadable, const Dataset& dataset) {
  Diagnostics out;
  for (RecordProblem problem : unreadable.problems()) {
    const std::int64_t index = dataset.find(problem.record);
    const std::size_t objects =
        index < 0 ? 0 : dataset.images()[static_cast<std::size_t>(index)].annotations.size();
    problem.message +=
        concat("; evaluated as an image without detections, so its ",
               counted(static_cast<std::int64_t>(objects), "object is", "objects are"), " missed");
    out.add(std::move(problem));
  }
  return out;
}

/// What was found in an image; masks of an image's size, one for each, of detectors that give them.
struct Found {
  std::vector<PredictionRecord> predictions;
  std::vector<std::shared_ptr<const RunMask>> masks;
};

std::vector<Found> detect(Detector& detector, const Dataset& dataset,
                          const std::vector<std::size_t>& imageIndices, const Batch& batch,
                          const at::Tensor& pixels, const EvaluationOptions& options) {
  const at::NoGradGuard noGrad;
  const EvaluationMode mode(detector);
  std::vector<StageOutputs> stages;
  {
    const AutocastScope autocast(options.device, options.bf16);
    stages = detector.forward(pixels);
  }
  std::vector<PostprocessImage> places;
  for (std::size_t i = 0; i < imageIndices.size(); ++i)
    places.push_back({batch.samples[i].inputFromImage, dataset.images()[imageIndices[i]].size});
  const StageOutputs& last = stages.back();
  auto predictions = postprocess(last.heads, last.candidates.levels, places, options.postprocess);
  std::vector<Found> found(predictions.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].predictions = std::move(predictions[i]);
    if (last.heads.masksOf && !found[i].predictions.empty())
      found[i].masks = masksInImage(detectionMaskScores(last.heads, static_cast<std::int64_t>(i),
                                                        found[i].predictions, places[i].inputFromImage),
                                    found[i].predictions, places[i].imageSize);
  }
  return found;
}

}  // namespace

Result<Evaluation> evaluateDetector(Detector& detector, const std::vector<std::string>& classNames,
                                    const Dataset& dataset, const EvaluationOptions& options) {
  const std::vector<int> classes = classMap(dataset.classNames(), classNames);
  const auto all = static_cast<std::int64_t>(dataset.images().size());
  const std::int64_t count = options.maxImages > 0 ? std::min(options.maxImages, all) : all;
  std::vector<EvalObject> objects;
  std::vector<EvalDetection> found;
  Diagnostics diagnostics;
  const bool givesMasks = detector.stages().back().heads.masks;
  for (std::int64_t image = 0; image < count; ++image)
    addObjects(dataset.images()[static_cast<std::size_t>(image)], image, classes, givesMasks, objects);

  const std::vector<std::vector<std::size_t>> batches =
      inferenceBatches(dataset, static_cast<std::size_t>(count), options.loader.shape,
                       static_cast<std::size_t>(options.loader.batchSize));
  const std::unique_ptr<Loader> loader = makeInferenceLoader(dataset, batches, options.loader);
  std::vector<Found> predictions(static_cast<std::size_t>(count));
  const PixelNormalization normalization = normalizationOf(detector, options.device);
  InputBuffers inputs(options.device);
  std::int64_t done = 0;
  for (const std::vector<std::size_t>& indices : batches) {
    if (options.progress && !options.progress(static_cast<double>(done) / static_cast<double>(count)))
      return makeError(ErrorCode::kCancelled, "Stopped while evaluating");
    done += static_cast<std::int64_t>(indices.size());
    auto loaded = loader->next();
    if (!loaded) {  // Not one of these images can be read; the others still count.
      for (const std::size_t index : indices) {
        const auto pixels = dataset.loadPixels(index);
        diagnostics.add({dataset.spec(), dataset.images()[index].name, "unreadable image",
                         (pixels ? loaded.error() : pixels.error()).text(), RecordAction::kSkipped});
      }
      continue;
    }
    const Batch batch = *std::move(loaded);
    diagnostics.append(batch.diagnostics);
    std::vector<std::size_t> shown;
    for (const BatchSample& sample : batch.samples)
      shown.push_back(sample.imageIndex);
    auto its = detect(detector, dataset, shown, batch, pixelTensor(batch, normalization, inputs), options);
    for (std::size_t i = 0; i < shown.size(); ++i)
      predictions[shown[i]] = std::move(its[i]);
  }
  for (std::size_t image = 0; image < predictions.size(); ++image)
    for (std::size_t i = 0; i < predictions[image].predictions.size(); ++i) {
      found.push_back(toEvalDetection(static_cast<std::int64_t>(image), predictions[image].predictions[i]));
      if (givesMasks) found.back().mask = std::move(predictions[image].masks[i]);
    }
  diagnostics = withMissedObjects(diagnostics, dataset);
  const auto classCount = static_cast<int>(classNames.size());
  Evaluation out = summarise(evaluateCocoAp(count, classCount, objects, found),
                             detectionErrors(count, classCount, objects, found), classNames);
  if (givesMasks && std::ranges::any_of(objects, [](const EvalObject& object) { return !!object.mask; })) {
    const CocoAp ofMasks = evaluateCocoAp(count, classCount, objects, found, {1, 10, 100}, ApOf::kMasks);
    for (std::size_t i = 0; i < kMaskStats.size(); ++i)
      out.metrics.push_back({kMaskStats[i].name, ofMasks.stats[i]});
  }
  out.images = count;
  out.objects = static_cast<std::int64_t>(objects.size());
  out.detections = static_cast<std::int64_t>(found.size());
  if (options.detections) {
    const std::vector<int> ofSet = classMap(classNames, dataset.classNames());
    for (EvalDetection detection : found) {
      detection.classIndex = ofSet[static_cast<std::size_t>(detection.classIndex)];
      if (detection.classIndex >= 0) options.detections->push_back(detection);
    }
    out.withoutClass = static_cast<std::int64_t>(found.size() - options.detections->size());
  }
  out.diagnostics = std::move(diagnostics);
  return out;
}

}  // namespace anchorscope
