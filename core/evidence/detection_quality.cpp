#include "core/evidence/detection_quality.h"

#include <vector>

namespace anchorscope {
namespace {

constexpr float kFoundIou = 0.5F;

/// The object of this class that a box overlaps most, among those not found yet; -1: none by half.
int foundObject(const ProbeImage& image, const PredictionRecord& detection, const std::vector<bool>& found,
                bool ignored) {
  int best = -1;
  float most = kFoundIou;
  for (std::size_t i = 0; i < image.objects.size(); ++i) {
    const ObjectRecord& object = image.objects[i];
    if (found[i] || object.ignored != ignored || object.classIndex != detection.classIndex) continue;
    const float overlap = iou(detection.boxInImage, object.boxInImage);
    if (overlap < most) continue;
    most = overlap;
    best = static_cast<int>(i);
  }
  return best;
}

}  // namespace

double detectionQuality(const StageEvidence& evidence, float minScore) {
  const ProbeImage& image = *evidence.image;
  std::vector<bool> found(image.objects.size(), false);
  double objects = 0, detections = 0, hits = 0, overlap = 0;
  for (const ObjectRecord& object : image.objects)
    objects += object.ignored ? 0 : 1;
  for (const PredictionRecord& detection : evidence.predictions) {
    if (detection.score < minScore) continue;
    const int object = foundObject(image, detection, found, /*ignored=*/false);
    if (object < 0) {
      const std::vector<bool> none(image.objects.size(), false);  // a crowd may be found any number of times
      detections += foundObject(image, detection, none, /*ignored=*/true) < 0 ? 1 : 0;
      continue;
    }
    found[static_cast<std::size_t>(object)] = true;
    overlap += static_cast<double>(
        iou(detection.boxInImage, image.objects[static_cast<std::size_t>(object)].boxInImage));
    ++detections;
    ++hits;
  }
  return hits == 0 || objects == 0 ? 0 : 2 * hits / (objects + detections) * (overlap / hits);
}

}  // namespace anchorscope
