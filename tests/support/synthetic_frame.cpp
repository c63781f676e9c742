#include "tests/support/synthetic_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"

namespace anchorscope::testing {

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Blob {
  float x, y, radius;
  int classIndex;
};

std::vector<Blob> placeBlobs(const SyntheticFrameOptions& options) {
  auto random = Random::of(options.seed, RandomPurpose::kTest, {1});
  const auto width = static_cast<double>(options.imageSize.width),
             height = static_cast<double>(options.imageSize.height);
  const double unit = std::min(width, height);
  std::vector<Blob> blobs;
  for (int attempt = 0; static_cast<int>(blobs.size()) < options.objectCount && attempt < 5000; ++attempt) {
    const int classIndex = blobs.empty() ? 1 : (blobs.size() % 7 == 3 ? 2 : 0);
    const double radius = unit * (classIndex == 1   ? 0.19
                                  : classIndex == 2 ? 0.03
                                                    : random.uniform(0.085, 0.115));
    const Blob blob{static_cast<float>(random.uniform(radius, width - radius)),
                    static_cast<float>(random.uniform(radius, height - radius)), static_cast<float>(radius),
                    classIndex};
    const float touch = attempt < 2500 ? 0.9f : 0.5f;
    const bool free = std::none_of(blobs.begin(), blobs.end(), [&](const Blob& other) {
      return std::hypot(other.x - blob.x, other.y - blob.y) < touch * (other.radius + blob.radius);
    });
    if (free) blobs.push_back(blob);
  }
  return blobs;
}

/// Red cells with a pale middle, one purple white cell, small platelets; uneven light and sensor noise.
std::shared_ptr<const ImagePixels> paintBlobs(const SyntheticFrameOptions& options,
                                              const std::vector<Blob>& blobs) {
  auto pixels = std::make_shared<ImagePixels>();
  pixels->size = options.imageSize;
  const int width = options.imageSize.width, height = options.imageSize.height;
  pixels->rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  auto random = Random::of(options.seed, RandomPurpose::kTest, {2});
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const float x = static_cast<float>(column) + 0.5f, y = static_cast<float>(row) + 0.5f;
      const float light = 1.0f - 0.12f * std::hypot(x / static_cast<float>(width) - 0.45f,
                                                    y / static_cast<float>(height) - 0.4f);
      std::array<float, 3> color = {236 * light, 224 * light, 214 * light};
      const auto blend = [&color](std::array<float, 3> with, float amount) {
        for (std::size_t c = 0; c < 3; ++c)
          color[c] += (with[c] - color[c]) * amount;
      };
      for (const Blob& blob : blobs) {
        const float wobble = 1 + 0.03f * std::sin(5 * std::atan2(y - blob.y, x - blob.x) + blob.x);
        const float distance = std::hypot(x - blob.x, y - blob.y) / (blob.radius * wobble);
        const float edge = std::clamp((1 - distance) * blob.radius / 1.5f, 0.f, 1.f);
        if (edge <= 0) continue;
        if (blob.classIndex == 0) {
          blend({206, 132, 128}, edge * 0.85f);
          blend({226, 172, 164}, edge * std::clamp(1.15f - 2 * distance, 0.f, 0.8f));
          blend({182, 104, 106}, edge * std::clamp((distance - 0.86f) * 5, 0.f, 0.6f));
        } else if (blob.classIndex == 1) {
          blend({186, 168, 200}, edge * 0.9f);
          const float nucleus =
              std::hypot(x - blob.x + 0.2f * blob.radius, y - blob.y) / (0.62f * blob.radius) +
              0.12f * std::sin(0.11f * x) * std::cos(0.13f * y);
          blend({98, 70, 150}, edge * std::clamp((1 - nucleus) * 9, 0.f, 0.95f));
        } else {
          blend({128, 92, 160}, edge * 0.85f);
        }
      }
      const auto noise = static_cast<float>(random.normal() * 3.0);
      const std::size_t at = (static_cast<std::size_t>(row) * static_cast<std::size_t>(width) +
                              static_cast<std::size_t>(column)) *
                             3;
      for (std::size_t c = 0; c < 3; ++c)
        pixels->rgb[at + c] = static_cast<std::uint8_t>(std::clamp(color[c] + noise, 0.f, 255.f));
    }
  }
  return pixels;
}

/// RetinaNet's layout: strides 8..128, base size 4 strides, octave scales and ratios 1:2, 1:1, 2:1.
std::shared_ptr<const CandidateSet> layAnchors(const SyntheticFrameOptions& options) {
  auto geometry = std::make_shared<CandidateSet>();
  std::int64_t first = 0;
  for (int stride = 8; stride <= 128; stride *= 2) {
    LevelLayout level;
    level.stride = stride;
    level.rows = (options.inputSize.height + stride - 1) / stride;
    level.columns = (options.inputSize.width + stride - 1) / stride;
    level.anchorsPerCell = options.anchorsPerCell;
    level.firstAnchor = first;
    first += level.anchorCount();
    for (int row = 0; row < level.rows; ++row)
      for (int column = 0; column < level.columns; ++column)
        for (int slot = 0; slot < level.anchorsPerCell; ++slot) {
          const float scale =
              options.anchorsPerCell > 3 ? std::exp2(static_cast<float>(slot % 3) / 3.f) : 1.f;
          const int ratioIndex = options.anchorsPerCell > 3 ? slot / 3 : slot;
          const float ratio = std::exp2(0.5f * static_cast<float>(ratioIndex % 3 - 1));
          const float w = 4.f * static_cast<float>(stride) * scale / ratio,
                      h = 4.f * static_cast<float>(stride) * scale * ratio;
          const float x = (static_cast<float>(column) + 0.5f) * static_cast<float>(stride);
          const float y = (static_cast<float>(row) + 0.5f) * static_cast<float>(stride);
          geometry->boxesInInput.push_back({x - w / 2, y - h / 2, x + w / 2, y + h / 2});
        }
    geometry->levels.push_back(level);
  }
  return geometry;
}

Channel channelOf(std::size_t count, const char* name, const char* title, const char* unit, Sense sense,
                  ColorScale scale, bool unitRange) {
  Channel channel;
  channel.spec.name = name;
  channel.spec.title = title;
  channel.spec.unit = unit;
  channel.spec.description = std::string(title) + " of a made-up training.";
  channel.spec.source = "synthetic";
  channel.spec.sense = sense;
  channel.spec.scale = scale;
  if (unitRange) {
    channel.spec.min = 0.f;
    channel.spec.max = 1.f;
  }
  channel.values.assign(count, kNan);
  return channel;
}

enum ChannelIndex {
  kScore,
  kIou,
  kJoint,
  kWeightCls,
  kWeightReg,
  kRank,
  kLossCls,
  kLossLoc,
  kWinnerCls,
  kWinnerReg,
  kChannelCount
};

std::vector<Channel> emptyChannels(std::size_t count) {
  std::vector<Channel> out;
  out.push_back(channelOf(count, "cls_score", "Class score", "1", Sense::kHigherIsBetter,
                          ColorScale::kSequential, true));
  out.push_back(channelOf(count, "iou", "IoU", "1", Sense::kHigherIsBetter, ColorScale::kSequential, true));
  out.push_back(channelOf(count, "musu.joint", "Joint score P", "1", Sense::kHigherIsBetter,
                          ColorScale::kSequential, true));
  out.push_back(channelOf(count, "musu.w_cls", "Weight, classification", "1", Sense::kHigherIsBetter,
                          ColorScale::kClassification, true));
  out.push_back(channelOf(count, "musu.w_reg", "Weight, regression", "1", Sense::kHigherIsBetter,
                          ColorScale::kRegression, true));
  out.push_back(channelOf(count, "musu.rank_cls", "Rank, classification", "rank", Sense::kLowerIsBetter,
                          ColorScale::kSequential, false));
  out.push_back(channelOf(count, "loss.cls", "Classification loss", "nat", Sense::kLowerIsBetter,
                          ColorScale::kClassification, false));
  out.push_back(channelOf(count, "loss.loc", "Localisation loss", "1", Sense::kLowerIsBetter,
                          ColorScale::kRegression, false));
  out.push_back(channelOf(count, "musu.winner_cls", "Object, classification", "index", Sense::kNeutral,
                          ColorScale::kSequential, false));
  out.push_back(channelOf(count, "musu.winner_reg", "Object, regression", "index", Sense::kNeutral,
                          ColorScale::kSequential, false));
  return out;
}

struct Pair {
  std::int32_t anchor;
  float p, q, joint, weightCls = 0, weightReg = 0;
  int rankCls = -1, rankReg = -1;
};

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = "musu.pairs";
  spec.title = "Candidates";
  spec.description = "Anchors each object considered.";
  spec.source = "synthetic";
  const auto column = [&spec](const char* name, const char* title, bool integer, ColorScale scale) {
    spec.columns.push_back({name, title, "1", title, integer, scale});
  };
  column("p", "p", false, ColorScale::kClassification);
  column("q", "q", false, ColorScale::kRegression);
  column("joint", "P", false, ColorScale::kSequential);
  column("threshold", "threshold", false, ColorScale::kSequential);
  column("rank_cls", "rank cls", true, ColorScale::kClassification);
  column("rank_reg", "rank reg", true, ColorScale::kRegression);
  column("w_cls", "w_cls", false, ColorScale::kClassification);
  column("w_reg", "w_reg", false, ColorScale::kRegression);
  column("in_bag", "in bag", true, ColorScale::kSequential);
  column("passed_overlap", "overlaps", true, ColorScale::kSequential);
  column("passed_joint", "joint passed", true, ColorScale::kSequential);
  spec.memberColumn = "in_bag";
  spec.sortColumn = "rank_cls";
  return spec;
}

DecisionSpec decisionSpec() {
  DecisionSpec spec;
  spec.pairTable = "musu.pairs";
  spec.absentReason = "no overlap: the predicted box does not touch the object";
  TestSpec overlap;
  overlap.name = "overlap";
  overlap.description = "Does the predicted box overlap the object?";
  overlap.valueColumn = "q";
  overlap.relation = ">";
  overlap.bound = 0.f;
  overlap.passedColumn = "passed_overlap";
  TestSpec joint;
  joint.name = "joint score";
  joint.description = "Is the joint score among the object's best?";
  joint.valueColumn = "joint";
  joint.relation = "≥";
  joint.boundColumn = "threshold";
  joint.passedColumn = "passed_joint";
  spec.tests = {overlap, joint};
  spec.outcomes = {{"classification", "musu.winner_cls", "w_cls", "rank_cls"},
                   {"regression", "musu.winner_reg", "w_reg", "rank_reg"}};
  return spec;
}

void rank(std::vector<Pair>& bag, float Pair::*by, int Pair::*out) {
  std::vector<std::size_t> order(bag.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return bag[a].*by > bag[b].*by; });
  for (std::size_t i = 0; i < order.size(); ++i)
    bag[order[i]].*out = static_cast<int>(i);
}

Box between(const Box& a, const Box& b, float t) {
  return {a.x1 + (b.x1 - a.x1) * t, a.y1 + (b.y1 - a.y1) * t, a.x2 + (b.x2 - a.x2) * t,
          a.y2 + (b.y2 - a.y2) * t};
}

}  // namespace

std::shared_ptr<const ProbeFrame> makeSyntheticFrame(const SyntheticFrameOptions& options) {
  return ProbeFrame::of(*makeSyntheticEvidence(options));
}

std::shared_ptr<const ProbeFrame> makeDenseSyntheticFrame() {
  return ProbeFrame::of(*makeDenseSyntheticEvidence());
}

std::shared_ptr<const StageEvidence> makeSyntheticEvidence(const SyntheticFrameOptions& options) {
  const std::vector<Blob> blobs = placeBlobs(options);
  auto image = std::make_shared<ProbeImage>();
  image->name = "BloodImage_00001.jpg";
  image->pixels = paintBlobs(options, blobs);
  image->inputSize = options.inputSize;
  const double scale = std::min(static_cast<double>(options.inputSize.width) / options.imageSize.width,
                                static_cast<double>(options.inputSize.height) / options.imageSize.height);
  image->inputFromImage = {scale, scale, (options.inputSize.width - scale * options.imageSize.width) / 2,
                           (options.inputSize.height - scale * options.imageSize.height) / 2};
  for (const Blob& blob : blobs)
    image->objects.push_back(
        {{blob.x - blob.radius, blob.y - blob.radius, blob.x + blob.radius, blob.y + blob.radius},
         blob.classIndex,
         false});

  auto evidence = std::make_shared<StageEvidence>();
  evidence->step = options.step;
  evidence->image = image;
  evidence->candidates = layAnchors(options);
  evidence->classNames =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"RBC", "WBC", "Platelets"});
  const std::vector<Box>& anchors = evidence->candidates->boxesInInput;
  const std::size_t count = anchors.size(), objects = image->objects.size();
  evidence->channels = emptyChannels(count);
  evidence->predictedBoxesInInput.resize(count);

  std::vector<Box> objectsInInput;
  for (const ObjectRecord& object : image->objects)
    objectsInInput.push_back(image->inputFromImage.map(object.boxInImage));
  std::vector<std::vector<Pair>> candidates(objects);
  auto random = Random::of(options.seed, RandomPurpose::kTest, {3});
  const auto progress = static_cast<float>(options.progress);
  const auto value = [&](ChannelIndex channel, std::size_t anchor) -> float& {
    return evidence->channels[static_cast<std::size_t>(channel)].values[anchor];
  };
  for (std::size_t a = 0; a < count; ++a) {
    float best = 0;
    std::size_t bestObject = 0;
    for (std::size_t o = 0; o < objects; ++o) {
      const float overlap = iou(anchors[a], objectsInInput[o]);
      if (overlap > best) {
        best = overlap;
        bestObject = o;
      }
    }
    const auto noise = static_cast<float>(random.normal());
    const float jitter = 0.04f * anchors[a].width();
    Box predicted =
        best > 0 ? between(anchors[a], objectsInInput[bestObject], progress * std::min(1.f, best * 1.6f))
                 : anchors[a];
    predicted.x1 += jitter * noise;
    predicted.y2 -= jitter * noise;
    evidence->predictedBoxesInInput[a] = predicted;
    const float quality = best > 0 ? iou(predicted, objectsInInput[bestObject]) : 0.f;
    const float logit = -4.6f + progress * 13.f * best * std::sqrt(best) + 0.8f * noise * (0.3f + best);
    const float score = 1 / (1 + std::exp(-logit));
    const float joint = std::sqrt(score * quality);
    value(kScore, a) = score;
    value(kIou, a) = quality;
    value(kJoint, a) = joint;
    value(kLossCls, a) = -std::log(1 - score) * score * score * 0.75f;
    value(kWinnerCls, a) = value(kWinnerReg, a) = -1;
    for (std::size_t o = 0; o < objects; ++o) {
      const float q = iou(predicted, objectsInInput[o]);
      if (q > 0.3f && best > 0.2f)
        candidates[o].push_back({static_cast<std::int32_t>(a), score, q, std::sqrt(score * q)});
    }
  }

  PairTable table;
  table.spec = pairSpec();
  table.columns.resize(table.spec.columns.size());
  ObjectColumn bagSizes{{"bag_size", "Bag size", "anchors", "Anchors in the bag.", "synthetic"}, {}};
  ObjectColumn starved{{kStarvedColumn, "Starved", "1", "1: no anchor is eligible.", "synthetic"}, {}};
  for (std::size_t o = 0; o < objects; ++o) {
    auto& considered = candidates[o];
    std::vector<Pair> byJoint = considered;
    std::stable_sort(byJoint.begin(), byJoint.end(),
                     [](const Pair& a, const Pair& b) { return a.joint > b.joint; });
    const std::size_t size = std::min<std::size_t>(byJoint.size(), 14);
    std::vector<Pair> bag(byJoint.begin(), byJoint.begin() + static_cast<std::ptrdiff_t>(size));
    const float threshold = size ? bag.back().joint : kNan;
    rank(bag, &Pair::p, &Pair::rankCls);
    rank(bag, &Pair::q, &Pair::rankReg);
    for (Pair& pair : bag) {
      pair.weightCls = std::exp(-0.16f * static_cast<float>(pair.rankCls)) * (0.3f + 0.7f * pair.p);
      pair.weightReg = std::exp(-0.16f * static_cast<float>(pair.rankReg)) * (0.3f + 0.7f * pair.q);
    }
    for (const Pair& pair : considered) {
      const auto member =
          std::find_if(bag.begin(), bag.end(), [&](const Pair& m) { return m.anchor == pair.anchor; });
      const bool in = member != bag.end();
      const Pair& row = in ? *member : pair;
      table.candidate.push_back(row.anchor);
      table.object.push_back(static_cast<std::int32_t>(o));
      const std::array<float, 11> cells = {row.p,
                                           row.q,
                                           row.joint,
                                           threshold,
                                           static_cast<float>(row.rankCls),
                                           static_cast<float>(row.rankReg),
                                           row.weightCls,
                                           row.weightReg,
                                           in ? 1.f : 0.f,
                                           1.f,
                                           in ? 1.f : 0.f};
      for (std::size_t c = 0; c < cells.size(); ++c)
        table.columns[c].push_back(cells[c]);
      if (!in) continue;
      const auto a = static_cast<std::size_t>(row.anchor);
      if (!(value(kWeightCls, a) >= row.weightCls)) {
        value(kWeightCls, a) = row.weightCls;
        value(kRank, a) = static_cast<float>(row.rankCls);
        value(kWinnerCls, a) = static_cast<float>(o);
        value(kLossCls, a) = -row.weightCls * std::log(row.p);
      }
      if (!(value(kWeightReg, a) >= row.weightReg)) {
        value(kWeightReg, a) = row.weightReg;
        value(kWinnerReg, a) = static_cast<float>(o);
        value(kLossLoc, a) = row.weightReg * (1 - row.q);
      }
    }
    bagSizes.values.push_back(static_cast<float>(size));
    starved.values.push_back(size == 0 ? 1.f : 0.f);
    if (size == 0) continue;
    const auto best = static_cast<std::size_t>(byJoint.front().anchor);
    evidence->predictions.push_back(
        {image->inputFromImage.inverse().map(evidence->predictedBoxesInInput[best]),
         image->objects[o].classIndex, value(kScore, best), static_cast<std::int64_t>(best)});
  }
  std::stable_sort(evidence->predictions.begin(), evidence->predictions.end(),
                   [](const PredictionRecord& a, const PredictionRecord& b) { return a.score > b.score; });
  evidence->pairTables.push_back(std::move(table));
  evidence->objectColumns = {std::move(bagSizes), std::move(starved)};
  evidence->decisions.push_back(decisionSpec());

  Channel heat;
  heat.spec = {"importance.p4",
               "Importance, P4",
               "1",
               "A made-up value per cell.",
               "synthetic",
               0.f,
               1.f,
               Sense::kHigherIsBetter,
               ChannelDomain::kCell,
               ColorScale::kSequential};
  const LevelLayout& level = evidence->candidates->levels[1];
  heat.grid = {level.stride, level.rows, level.columns};
  for (int row = 0; row < level.rows; ++row)
    for (int column = 0; column < level.columns; ++column) {
      float most = 0;
      for (int slot = 0; slot < level.anchorsPerCell; ++slot)
        most = std::max(
            most,
            value(kJoint, static_cast<std::size_t>(evidence->candidates->index({1, row, column, slot}))));
      heat.values.push_back(most);
    }
  evidence->channels.push_back(std::move(heat));
  return evidence;
}

std::shared_ptr<const StageEvidence> makeDenseSyntheticEvidence() {
  SyntheticFrameOptions options;
  options.imageSize = {1344, 800};
  options.inputSize = {1344, 800};
  options.anchorsPerCell = 9;
  options.objectCount = 40;
  return makeSyntheticEvidence(options);
}

}  // namespace anchorscope::testing
