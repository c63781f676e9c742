#include "core/eval/detection_errors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/check.h"

namespace anchorscope {
namespace {

constexpr double kFound = 0.5, kTouched = 0.1;
constexpr int kRecalls = 101;
enum Kind : std::size_t { kLoc, kCls, kDupe, kBkg, kBoth, kMiss };
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// What became of a detection.
struct Entry {
  const EvalDetection* detection = nullptr;
  bool found = false;          // an object
  std::size_t kind = kNone;    // of error
  std::size_t object = kNone;  // that it errs about
};

struct Found {
  std::vector<Entry> entries;      // those that count, best first within image and class
  std::vector<bool> used, usable;  // objects: have a detection; are met by one that errs in class or place
};

/// One image: its objects and its detections, of each class the best.
void matchImage(const std::vector<EvalObject>& objects, const std::vector<std::size_t>& its,
                const std::vector<const EvalDetection*>& detections, Found& out) {
  for (const EvalDetection* detection : detections) {
    std::size_t match = kNone;
    double best = kFound;
    bool inCrowd = false;
    for (const std::size_t o : its) {
      if (objects[o].classIndex != detection->classIndex) continue;
      const double overlap = cocoOverlap(*detection, objects[o]);
      if (objects[o].crowd) {
        inCrowd = inCrowd || overlap >= kFound;
      } else if (!out.used[o] && overlap >= best) {  // of equal overlaps the later object wins, as with COCO
        best = overlap;
        match = o;
      }
    }
    if (match != kNone) {
      out.used[match] = true;
      out.entries.push_back({detection, true, kNone, match});
      continue;
    }
    if (inCrowd) continue;
    std::size_t ofClass = kNone, ofOther = kNone;
    double bestOfClass = -1, bestOfOther = -1;
    for (const std::size_t o : its) {
      if (objects[o].crowd) continue;
      const double overlap = cocoOverlap(*detection, objects[o]);
      const bool same = objects[o].classIndex == detection->classIndex;
      double& most = same ? bestOfClass : bestOfOther;
      if (overlap > most) {
        most = overlap;
        (same ? ofClass : ofOther) = o;
      }
    }
    Entry entry{detection, false, kBoth, kNone};
    if (bestOfClass >= kTouched && bestOfClass < kFound) {
      entry.kind = kLoc;
      entry.object = ofClass;
    } else if (bestOfOther >= kFound) {
      entry.kind = kCls;
      entry.object = ofOther;
    } else if (bestOfClass >= kFound) {
      entry.kind = kDupe;
    } else if (std::max(bestOfClass, bestOfOther) <= kTouched) {
      entry.kind = kBkg;
    }
    if (entry.object != kNone) out.usable[entry.object] = true;
    out.entries.push_back(entry);
  }
}

/// A detection as average precision sees it.
struct Scored {
  double score = 0;
  std::int64_t image = 0;
  bool found = false;
};

double averagePrecision(std::vector<Scored> scored, std::int64_t objectCount) {
  std::stable_sort(scored.begin(), scored.end(), [](const Scored& a, const Scored& b) {
    return cocoScoredBefore(a.score, b.score) || (!cocoScoredBefore(b.score, a.score) && a.image < b.image);
  });
  std::vector<double> recalls, precisions;
  double found = 0, wrong = 0;
  for (const Scored& each : scored) {
    (each.found ? found : wrong) += 1;
    recalls.push_back(found / static_cast<double>(objectCount));
    precisions.push_back(found / (found + wrong + std::numeric_limits<double>::epsilon()));
  }
  for (std::size_t i = precisions.size(); i > 1; --i)
    precisions[i - 2] = std::max(precisions[i - 2], precisions[i - 1]);
  double sum = 0;
  std::size_t at = 0;
  for (int r = 0; r < kRecalls; ++r) {
    const double recall = r == kRecalls - 1 ? 1.0 : r * ((1.0 - 0.0) / (kRecalls - 1));
    while (at < recalls.size() && recalls[at] < recall)
      ++at;
    if (at == recalls.size()) break;
    sum += precisions[at];
  }
  return sum / kRecalls;
}

/// Mean over the classes with objects, with one kind put right (kNone: none). A class of which nothing is
/// left, neither an object to find nor a detection, has no average precision; where that is so of all of them
/// nothing is lost.
double meanPrecision(const Found& found, const std::vector<EvalObject>& objects, int classCount,
                     std::size_t right) {
  std::vector<std::vector<Scored>> scored(static_cast<std::size_t>(classCount));
  std::vector<std::int64_t> all(static_cast<std::size_t>(classCount), 0), left = all;
  for (std::size_t o = 0; o < objects.size(); ++o) {
    if (objects[o].crowd) continue;
    const auto its = static_cast<std::size_t>(objects[o].classIndex);
    ++all[its];
    if (right != kMiss || found.used[o] || found.usable[o]) ++left[its];
  }
  // Of several that err about an object the best one finds it.
  std::vector<const Entry*> best(objects.size(), nullptr);
  if (right == kLoc || right == kCls)
    for (const Entry& entry : found.entries)
      if (entry.kind == right && !found.used[entry.object]) {
        const Entry*& its = best[entry.object];
        if (!its || cocoScoredBefore(entry.detection->score, its->detection->score)) its = &entry;
      }
  for (const Entry& entry : found.entries) {
    int classIndex = entry.detection->classIndex;
    bool isFound = entry.found;
    if (right != kNone && entry.kind == right) {
      if (entry.object == kNone || best[entry.object] != &entry) continue;
      classIndex = objects[entry.object].classIndex;
      isFound = true;
    }
    scored[static_cast<std::size_t>(classIndex)].push_back(
        {entry.detection->score, entry.detection->image, isFound});
  }
  double sum = 0, classes = 0;
  for (std::size_t c = 0; c < scored.size(); ++c) {
    if (all[c] == 0 || (left[c] == 0 && scored[c].empty())) continue;
    classes += 1;
    if (left[c] > 0) sum += averagePrecision(std::move(scored[c]), left[c]);
  }
  if (classes > 0) return sum / classes;
  return std::any_of(all.begin(), all.end(), [](std::int64_t count) { return count > 0; }) ? 1 : -1;
}

}  // namespace

DetectionErrors detectionErrors(std::int64_t imageCount, int classCount,
                                const std::vector<EvalObject>& objects,
                                const std::vector<EvalDetection>& detections, int maxDetections) {
  std::vector<std::vector<std::size_t>> objectsOf(static_cast<std::size_t>(imageCount));
  std::vector<std::vector<const EvalDetection*>> detectionsOf(static_cast<std::size_t>(imageCount));
  const auto check = [&](std::int64_t image, int classIndex) {
    ANCHORSCOPE_CHECK(image >= 0 && image < imageCount, "image ", image, " of ", imageCount);
    ANCHORSCOPE_CHECK(classIndex >= 0 && classIndex < classCount, "class ", classIndex, " of ", classCount);
  };
  for (std::size_t o = 0; o < objects.size(); ++o) {
    check(objects[o].image, objects[o].classIndex);
    objectsOf[static_cast<std::size_t>(objects[o].image)].push_back(o);
  }
  for (const EvalDetection& detection : detections) {
    check(detection.image, detection.classIndex);
    detectionsOf[static_cast<std::size_t>(detection.image)].push_back(&detection);
  }
  Found found;
  found.used.assign(objects.size(), false);
  found.usable.assign(objects.size(), false);
  for (std::size_t image = 0; image < detectionsOf.size(); ++image) {
    std::vector<const EvalDetection*>& its = detectionsOf[image];
    std::stable_sort(its.begin(), its.end(), [](const EvalDetection* a, const EvalDetection* b) {
      return cocoScoredBefore(a->score, b->score);
    });
    std::vector<int> kept(static_cast<std::size_t>(classCount), 0);
    std::erase_if(its, [&](const EvalDetection* detection) {
      return ++kept[static_cast<std::size_t>(detection->classIndex)] > maxDetections;
    });
    matchImage(objects, objectsOf[image], its, found);
  }
  DetectionErrors out;
  for (const Entry& entry : found.entries)
    if (entry.kind != kNone) ++out.counts[entry.kind];
  for (std::size_t o = 0; o < objects.size(); ++o)
    if (!objects[o].crowd && !found.used[o] && !found.usable[o]) ++out.counts[kMiss];
  out.ap50 = meanPrecision(found, objects, classCount, kNone);
  if (out.ap50 < 0) return out;
  for (std::size_t kind = 0; kind < out.lost.size(); ++kind)
    out.lost[kind] = meanPrecision(found, objects, classCount, kind) - out.ap50;
  return out;
}

}  // namespace anchorscope
