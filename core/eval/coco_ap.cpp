#include "core/eval/coco_ap.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>

#include "core/base/check.h"

// Follows pycocotools 2.0.11 (COCOeval with iouType "bbox" or "segm"): greedy matching by score, crowd and
// out-of-range objects ignored, 101-point interpolation. Its quirks are noted where they are reproduced.

namespace anchorscope {
namespace {

constexpr int kThresholds = 10;  // IoU 0.50, 0.55 .. 0.95
constexpr int kRecalls = 101;    // recall 0, 0.01 .. 1
constexpr int kAreas = 4;        // all, small, medium, large
constexpr double kSmallPx2 = 32.0 * 32.0, kLargePx2 = 96.0 * 96.0, kAllPx2 = 1e5 * 1e5;
constexpr double kAreaRanges[kAreas][2] = {
    {0, kAllPx2}, {0, kSmallPx2}, {kSmallPx2, kLargePx2}, {kLargePx2, kAllPx2}};  // both ends inclusive

/// The points numpy.linspace gives, rounding included: recalls are compared with them exactly.
template <int Count>
std::array<double, Count> linearSteps(double first, double last) {
  std::array<double, Count> out{};
  const double step = (last - first) / (Count - 1);
  for (int i = 0; i < Count; ++i)
    out[static_cast<std::size_t>(i)] = i * step + first;
  out[Count - 1] = last;
  return out;
}
const std::array<double, kThresholds> kIouThresholds = linearSteps<kThresholds>(0.5, 0.95);
const std::array<double, kRecalls> kRecallPoints = linearSteps<kRecalls>(0.0, 1.0);

bool outside(double area, const double (&range)[2]) {
  return area < range[0] || area > range[1];
}

/// One image's objects and best detections of one class.
struct ImageOfClass {
  std::vector<const EvalObject*> objects;
  std::vector<const EvalDetection*> detections;  // best first
  std::vector<double> areas;                     // [detections], px
  std::vector<double> overlaps;                  // [detections][objects]
};

/// What matching says about every detection of a class, in image order.
struct Matches {
  std::array<std::vector<std::uint8_t>, kThresholds> matched, ignored;
  std::int64_t objectCount = 0;  // not ignored
};

void matchImage(const ImageOfClass& image, const double (&range)[2], Matches& out) {
  const std::size_t objectCount = image.objects.size(), detectionCount = image.detections.size();
  std::vector<std::size_t> order(objectCount);
  std::vector<std::uint8_t> ignoredObject(objectCount);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = 0; i < objectCount; ++i) {
    ignoredObject[i] = image.objects[i]->crowd || outside(image.objects[i]->areaPx, range);
    out.objectCount += !ignoredObject[i];
  }
  std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return !ignoredObject[i]; });

  std::vector<std::uint8_t> taken(objectCount);
  for (std::size_t t = 0; t < kThresholds; ++t) {
    std::fill(taken.begin(), taken.end(), std::uint8_t{0});
    for (std::size_t d = 0; d < detectionCount; ++d) {
      double best = std::fmin(kIouThresholds[t], 1 - 1e-10);
      std::size_t match = objectCount;
      for (const std::size_t o : order) {
        if (taken[o] && !image.objects[o]->crowd) continue;
        if (match != objectCount && !ignoredObject[match] && ignoredObject[o]) break;
        const double overlap = image.overlaps[d * objectCount + o];
        if (overlap < best) continue;  // of equal overlaps the later object wins
        best = overlap;
        match = o;
      }
      const bool matched = match != objectCount;
      if (matched) taken[match] = 1;
      out.matched[t].push_back(matched);
      out.ignored[t].push_back(matched ? ignoredObject[match] : outside(image.areas[d], range));
    }
  }
}

struct PrecisionRecall {
  std::array<double, kRecalls> precision{};
  double recall = 0;
};

/// `order`: detections of the class, best first, already cut to the detections allowed per image.
PrecisionRecall accumulate(const std::vector<std::uint8_t>& matched, const std::vector<std::uint8_t>& ignored,
                           const std::vector<std::size_t>& order, std::int64_t objectCount) {
  std::vector<double> recalls, precisions;
  recalls.reserve(order.size());
  precisions.reserve(order.size());
  double truePositives = 0, falsePositives = 0;
  for (const std::size_t d : order) {
    if (!ignored[d]) (matched[d] ? truePositives : falsePositives) += 1;
    recalls.push_back(truePositives / static_cast<double>(objectCount));
    precisions.push_back(truePositives /
                         (falsePositives + truePositives + std::numeric_limits<double>::epsilon()));
  }
  for (std::size_t i = precisions.size(); i > 1; --i)
    precisions[i - 2] = std::max(precisions[i - 2], precisions[i - 1]);
  PrecisionRecall out;
  out.recall = recalls.empty() ? 0 : recalls.back();
  std::size_t at = 0;
  for (std::size_t r = 0; r < kRecalls; ++r) {
    while (at < recalls.size() && recalls[at] < kRecallPoints[r])
      ++at;
    if (at == recalls.size()) break;
    out.precision[r] = precisions[at];
  }
  return out;
}

/// Mean of the values of those classes that have any; -1 when none has.
class Mean {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
  }
  double value() const { return count_ ? sum_ / static_cast<double>(count_) : -1; }

 private:
  double sum_ = 0;
  std::int64_t count_ = 0;
};

/// Indices of `items` by class, then image, in their own order within an image.
template <typename Item>
std::vector<std::vector<std::size_t>> byClassAndImage(const std::vector<Item>& items, std::int64_t imageCount,
                                                      int classCount) {
  std::vector<std::vector<std::size_t>> out(static_cast<std::size_t>(classCount));
  for (std::size_t i = 0; i < items.size(); ++i) {
    ANCHORSCOPE_CHECK(items[i].image >= 0 && items[i].image < imageCount, "image ", items[i].image, " of ",
                      imageCount);
    ANCHORSCOPE_CHECK(items[i].classIndex >= 0 && items[i].classIndex < classCount, "class ",
                      items[i].classIndex, " of ", classCount);
    out[static_cast<std::size_t>(items[i].classIndex)].push_back(i);
  }
  for (std::vector<std::size_t>& list : out)
    std::stable_sort(list.begin(), list.end(),
                     [&](std::size_t a, std::size_t b) { return items[a].image < items[b].image; });
  return out;
}

void measureBoxes(ImageOfClass& image) {
  image.overlaps.reserve(image.detections.size() * image.objects.size());
  for (const EvalDetection* detection : image.detections) {
    image.areas.push_back(detection->width * detection->height);
    for (const EvalObject* object : image.objects)
      image.overlaps.push_back(cocoOverlap(*detection, *object));
  }
}

bool areApart(const MaskExtent& a, const MaskExtent& b) {
  return a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
}

void measureMasks(ImageOfClass& image) {
  std::erase_if(image.objects, [](const EvalObject* object) { return object->mask == nullptr; });
  std::vector<MaskExtent> extents;
  for (const EvalObject* object : image.objects)
    extents.push_back(extentOf(*object->mask));
  image.overlaps.reserve(image.detections.size() * image.objects.size());
  for (const EvalDetection* detection : image.detections) {
    ANCHORSCOPE_CHECK(detection->mask, "a detection without a mask");
    const MaskExtent extent = extentOf(*detection->mask);
    image.areas.push_back(static_cast<double>(extent.area));
    for (std::size_t o = 0; o < image.objects.size(); ++o) {
      const EvalObject& object = *image.objects[o];
      image.overlaps.push_back(
          areApart(extent, extents[o]) ? 0 : maskIou(*detection->mask, *object.mask, object.crowd));
    }
  }
}

std::vector<ImageOfClass> imagesOfClass(const std::vector<EvalObject>& objects,
                                        const std::vector<std::size_t>& objectOrder,
                                        const std::vector<EvalDetection>& detections,
                                        const std::vector<std::size_t>& detectionOrder,
                                        std::size_t maxDetections, ApOf of) {
  std::vector<ImageOfClass> images;
  std::size_t o = 0, d = 0;
  while (o < objectOrder.size() || d < detectionOrder.size()) {
    const std::int64_t none = std::numeric_limits<std::int64_t>::max();
    const std::int64_t image =
        std::min(o < objectOrder.size() ? objects[objectOrder[o]].image : none,
                 d < detectionOrder.size() ? detections[detectionOrder[d]].image : none);
    ImageOfClass out;
    for (; o < objectOrder.size() && objects[objectOrder[o]].image == image; ++o)
      out.objects.push_back(&objects[objectOrder[o]]);
    for (; d < detectionOrder.size() && detections[detectionOrder[d]].image == image; ++d)
      out.detections.push_back(&detections[detectionOrder[d]]);
    std::stable_sort(
        out.detections.begin(), out.detections.end(),
        [](const EvalDetection* a, const EvalDetection* b) { return cocoScoredBefore(a->score, b->score); });
    if (out.detections.size() > maxDetections) out.detections.resize(maxDetections);
    of == ApOf::kMasks ? measureMasks(out) : measureBoxes(out);
    images.push_back(std::move(out));
  }
  return images;
}

}  // namespace

bool cocoScoredBefore(double a, double b) {
  return std::isnan(b) ? !std::isnan(a) : a > b;
}

double cocoOverlap(const EvalDetection& detection, const EvalObject& object) {
  const double width =
      std::fmin(detection.x + detection.width, object.x + object.width) - std::fmax(detection.x, object.x);
  if (!(width > 0)) return 0;
  const double height =
      std::fmin(detection.y + detection.height, object.y + object.height) - std::fmax(detection.y, object.y);
  if (!(height > 0)) return 0;
  const double overlap = width * height, area = detection.width * detection.height;
  // A crowd region is not split into objects, so what counts is how much of the detection lies in it.
  return overlap / (object.crowd ? area : area + object.width * object.height - overlap);
}

CocoAp evaluateCocoAp(std::int64_t imageCount, int classCount, const std::vector<EvalObject>& objects,
                      const std::vector<EvalDetection>& detections, std::array<int, 3> maxDetections,
                      ApOf of) {
  ANCHORSCOPE_CHECK(imageCount >= 0 && classCount >= 0, imageCount, " images, ", classCount, " classes");
  std::sort(maxDetections.begin(), maxDetections.end());
  ANCHORSCOPE_CHECK(maxDetections[0] >= 0, "a limit of ", maxDetections[0], " detections");
  const auto objectsByClass = byClassAndImage(objects, imageCount, classCount);
  const auto detectionsByClass = byClassAndImage(detections, imageCount, classCount);

  CocoAp out;
  std::array<Mean, 12> stats;
  std::array<double, kRecalls> undefined{};
  undefined.fill(-1);
  for (std::size_t c = 0; c < static_cast<std::size_t>(classCount); ++c) {
    const std::vector<ImageOfClass> images =
        imagesOfClass(objects, objectsByClass[c], detections, detectionsByClass[c],
                      static_cast<std::size_t>(maxDetections[2]), of);
    std::vector<double> scores;      // of every detection, in image order
    std::vector<std::size_t> place;  // its place within its image
    for (const ImageOfClass& image : images)
      for (std::size_t d = 0; d < image.detections.size(); ++d) {
        scores.push_back(image.detections[d]->score);
        place.push_back(d);
      }
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return cocoScoredBefore(scores[a], scores[b]); });
    std::array<std::vector<std::size_t>, 3> orderUpTo;
    for (std::size_t m = 0; m < 3; ++m)
      std::copy_if(order.begin(), order.end(), std::back_inserter(orderUpTo[m]),
                   [&](std::size_t d) { return place[d] < static_cast<std::size_t>(maxDetections[m]); });

    out.apPerClass.push_back(-1);
    out.ap50PerClass.push_back(-1);
    out.ar100PerClass.push_back(-1);
    out.precisionIou50PerClass.push_back(undefined);
    for (std::size_t a = 0; a < kAreas; ++a) {
      Matches matches;
      for (const ImageOfClass& image : images)
        matchImage(image, kAreaRanges[a], matches);
      if (matches.objectCount == 0) continue;  // nothing to find: the class leaves the mean
      for (std::size_t m = a == 0 ? 0 : 2; m < 3; ++m) {
        std::array<double, kThresholds> ap{};
        double recall = 0;
        for (std::size_t t = 0; t < kThresholds; ++t) {
          const PrecisionRecall curve =
              accumulate(matches.matched[t], matches.ignored[t], orderUpTo[m], matches.objectCount);
          ap[t] = std::accumulate(curve.precision.begin(), curve.precision.end(), 0.0) / kRecalls;
          recall += curve.recall / kThresholds;
          if (a == 0 && m == 2 && t == 0) out.precisionIou50PerClass.back() = curve.precision;
        }
        const double meanAp = std::accumulate(ap.begin(), ap.end(), 0.0) / kThresholds;
        if (a > 0) {
          stats[2 + a].add(meanAp);
          stats[8 + a].add(recall);
          continue;
        }
        stats[6 + m].add(recall);
        if (m < 2) continue;
        stats[0].add(meanAp);
        stats[1].add(ap[0]);
        stats[2].add(ap[5]);
        out.apPerClass.back() = meanAp;
        out.ap50PerClass.back() = ap[0];
        out.ar100PerClass.back() = recall;
      }
    }
  }
  for (std::size_t s = 0; s < stats.size(); ++s)
    out.stats[s] = stats[s].value();
  return out;
}

std::string statText(double value) {
  if (!std::isfinite(value) || value < 0) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace anchorscope
