#include "core/findings/anchor_advice.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

constexpr std::size_t kMostLookedAt = 20000;
constexpr int kMostRounds = 100;

/// A trained object and the locations that could reach it.
struct Sought {
  Box box;
  const AnchorReach* reach = nullptr;
  ObjectRef ref;
};

double overlap(const AnchorShape& a, const AnchorShape& b) {
  const double both = double{std::min(a.width, b.width)} * std::min(a.height, b.height);
  return both / (double{a.width} * a.height + double{b.width} * b.height - both);
}

double areaOf(const AnchorShape& shape) {
  return double{shape.width} * shape.height;
}

AnchorShape shapeOf(const Box& box) {
  return {box.width(), box.height()};
}

/// Evenly spread over the list.
template <typename Value>
std::vector<Value> thinned(const std::vector<Value>& all) {
  if (all.size() <= kMostLookedAt) return all;
  std::vector<Value> out;
  for (std::size_t i = 0; i < kMostLookedAt; ++i)
    out.push_back(all[i * all.size() / kMostLookedAt]);
  return out;
}

/// Index of the centre that overlaps the shape most; of equal ones the first.
std::size_t nearest(const std::vector<AnchorShape>& centres, const AnchorShape& shape) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < centres.size(); ++i)
    if (overlap(centres[i], shape) > overlap(centres[best], shape)) best = i;
  return best;
}

std::vector<AnchorShape> kMeans(std::vector<AnchorShape> shapes, std::size_t count) {
  std::sort(shapes.begin(), shapes.end(), [](const AnchorShape& a, const AnchorShape& b) {
    return std::pair(areaOf(a), a.width) < std::pair(areaOf(b), b.width);
  });
  std::vector<AnchorShape> centres;
  for (std::size_t i = 0; i < count; ++i)
    centres.push_back(shapes[(2 * i + 1) * shapes.size() / (2 * count)]);
  for (int round = 0; round < kMostRounds; ++round) {
    struct Sum {
      double width = 0, height = 0, count = 0;
    };
    std::vector<Sum> sums(count);
    for (const AnchorShape& shape : shapes) {
      Sum& sum = sums[nearest(centres, shape)];
      sum.width += shape.width, sum.height += shape.height, sum.count += 1;
    }
    std::vector<AnchorShape> moved = centres;
    for (std::size_t i = 0; i < count; ++i)
      if (sums[i].count > 0)
        moved[i] = {static_cast<float>(sums[i].width / sums[i].count),
                    static_cast<float>(sums[i].height / sums[i].count)};
    if (moved == centres) break;
    centres = std::move(moved);
  }
  return centres;
}

/// k-means of the logarithms of the boxes' ratios, rounded to hundredths; ascending, each once.
std::vector<double> ratiosOf(const std::vector<Sought>& sought, std::size_t count) {
  std::vector<double> logs;
  for (const Sought& object : sought)
    logs.push_back(std::log(double{object.box.height()} / object.box.width()));
  std::sort(logs.begin(), logs.end());
  std::vector<double> centres;
  for (std::size_t i = 0; i < count; ++i)
    centres.push_back(logs[(2 * i + 1) * logs.size() / (2 * count)]);
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<double> sums(count, 0), counts(count, 0);
    for (const double value : logs) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < count; ++i)
        if (std::fabs(centres[i] - value) < std::fabs(centres[best] - value)) best = i;
      sums[best] += value, counts[best] += 1;
    }
    std::vector<double> moved = centres;
    for (std::size_t i = 0; i < count; ++i)
      if (counts[i] > 0) moved[i] = sums[i] / counts[i];
    if (moved == centres) break;
    centres = std::move(moved);
  }
  for (double& centre : centres)
    centre = std::max(0.01, std::round(100 * std::exp(centre)) / 100);
  std::sort(centres.begin(), centres.end());
  return centres;
}

/// Each object's best IoU with `change(levels)` in place of its reach's own shapes.
template <typename Change>
std::vector<float> bestOf(const std::vector<Sought>& sought, const Change& change) {
  std::map<const AnchorReach*, AnchorReach> changed;
  std::vector<float> best;
  best.reserve(sought.size());
  for (const Sought& object : sought) {
    auto found = changed.find(object.reach);
    if (found == changed.end())
      found = changed.emplace(object.reach, object.reach->withShapes(change(object.reach->levels()))).first;
    best.push_back(found->second.bestIou(object.box));
  }
  return best;
}

AnchorFit fitOf(const std::vector<float>& best) {
  AnchorFit fit;
  for (const float overlap : best) {
    fit.recall += overlap >= kReachIou ? 1 : 0;
    fit.meanIou += overlap;
  }
  fit.recall /= static_cast<double>(best.size());
  fit.meanIou /= static_cast<double>(best.size());
  return fit;
}

std::vector<float> bestOf(const std::vector<Sought>& sought, const AnchorOptions& options) {
  return bestOf(sought, [&](std::vector<LevelShapes> levels) {
    for (LevelShapes& level : levels) {
      level.shapes.clear();
      for (const double ratio : options.ratios)
        for (int k = 0; k < options.perOctave; ++k) {
          const double side =
              level.stride * options.scale * std::exp2(static_cast<double>(k) / options.perOctave);
          level.shapes.push_back(
              {static_cast<float>(side / std::sqrt(ratio)), static_cast<float>(side * std::sqrt(ratio))});
        }
    }
    return levels;
  });
}

bool better(const AnchorFit& a, const AnchorFit& b) {
  return std::pair(a.recall, a.meanIou) > std::pair(b.recall, b.meanIou);
}

AnchorOptions bestOptions(const std::vector<Sought>& sought, const AnchorOptions& now) {
  AnchorOptions best = now;
  AnchorFit bestFit = fitOf(bestOf(sought, now));
  for (const std::vector<double>& ratios : {now.ratios, ratiosOf(sought, now.ratios.size())})
    for (int distance = 0; distance <= 32; ++distance)
      for (const int sign : {-1, 1}) {
        const int quarters = sign * distance;
        if (distance == 0 && sign > 0) continue;
        const double scale = std::round(100 * now.scale * std::exp2(quarters / 4.0)) / 100;
        const AnchorOptions tried{distance == 0 ? now.scale : scale, now.perOctave, ratios};
        if (tried.scale < 0.25 || tried.scale > 64) continue;  // what the option takes
        if (const AnchorFit fit = fitOf(bestOf(sought, tried)); better(fit, bestFit)) {
          best = tried;
          bestFit = fit;
        }
      }
  return best;
}

/// The stride whose shapes are nearest in size.
int strideFor(const std::vector<LevelShapes>& levels, const AnchorShape& shape) {
  double nearest = INFINITY;
  int stride = 0;
  for (const LevelShapes& level : levels)
    for (const AnchorShape& own : level.shapes)
      if (const double distance = std::fabs(std::log(areaOf(own) / areaOf(shape))); distance < nearest) {
        nearest = distance;
        stride = level.stride;
      }
  return stride;
}

std::vector<ShapeCluster> clustersOf(const std::vector<Sought>& sought,
                                     const std::vector<LevelShapes>& levels) {
  std::size_t count = 0;
  for (const LevelShapes& level : levels)
    count += level.shapes.size();
  std::vector<AnchorShape> shapes;
  for (const Sought& object : sought)
    shapes.push_back(shapeOf(object.box));
  std::vector<AnchorShape> centres = kMeans(shapes, count);
  for (AnchorShape& centre : centres)
    centre = {std::max(1.0f, std::round(centre.width)), std::max(1.0f, std::round(centre.height))};
  std::vector<double> counts(count, 0);
  for (const AnchorShape& shape : shapes)
    counts[nearest(centres, shape)] += 1;
  std::vector<ShapeCluster> out;
  for (std::size_t i = 0; i < count; ++i)
    if (counts[i] > 0)
      out.push_back(
          {centres[i], strideFor(levels, centres[i]), counts[i] / static_cast<double>(shapes.size())});
  std::stable_sort(out.begin(), out.end(), [](const ShapeCluster& a, const ShapeCluster& b) {
    return areaOf(a.shape) < areaOf(b.shape);
  });
  return out;
}

}  // namespace

std::optional<AnchorAdvice> adviseAnchors(const PlacedData& data) {
  if (data.points || !data.anchors) return std::nullopt;
  const AnchorOptions& now = *data.anchors;
  std::vector<Sought> sought;
  for (const PlacedImage& image : data.images)
    for (const PlacedObject& object : image.objects)
      if (!object.ignored && !object.boxInInput.degenerate() && !image.reach->levels().empty())
        sought.push_back({object.boxInInput,
                          image.reach.get(),
                          {image.name, static_cast<std::int32_t>(&object - image.objects.data())}});
  if (sought.empty()) return std::nullopt;
  const std::vector<Sought> lookedAt = thinned(sought);
  AnchorAdvice advice;
  advice.objects = static_cast<std::int64_t>(sought.size());
  const std::vector<float> bestNow = bestOf(sought, [](std::vector<LevelShapes> levels) { return levels; });
  advice.now = fitOf(bestNow);
  advice.clusters = clustersOf(lookedAt, lookedAt.front().reach->levels());
  advice.withClusters = fitOf(bestOf(sought, [&](std::vector<LevelShapes> levels) {
    for (LevelShapes& level : levels) {
      level.shapes.clear();
      for (const ShapeCluster& cluster : advice.clusters)
        if (cluster.stride == level.stride) level.shapes.push_back(cluster.shape);
    }
    return levels;
  }));
  advice.options = bestOptions(lookedAt, now);
  const std::vector<float> best = advice.options == now ? bestNow : bestOf(sought, advice.options);
  advice.withOptions = fitOf(best);
  for (std::size_t i = 0; i < sought.size(); ++i)
    if (best[i] >= kReachIou && !(bestNow[i] >= kReachIou)) advice.gained.push_back(sought[i].ref);
  return advice;
}

std::string optionsText(const AnchorOptions& options) {
  std::string text = concat("model.anchor_scale=", options.scale, " model.ratios=");
  for (std::size_t i = 0; i < options.ratios.size(); ++i)
    text += concat(i == 0 ? "" : ",", options.ratios[i]);
  return text;
}

}  // namespace anchorscope
