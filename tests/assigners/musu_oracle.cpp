#include "tests/assigners/musu_oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/box_math.h"

namespace anchorscope {
namespace {

struct Candidate {
  std::int64_t anchor = 0;
  double p = 0, q = 0, joint = 0;
  bool below = false, fallback = false, cut = false, inBag = false;
  double sCls = 0, sReg = 0, wCls = 0, wReg = 0;
  std::int64_t rankCls = -1, rankReg = -1;
};

struct Bag {
  std::vector<Candidate> candidates;  // eligible anchors in anchor order
  double threshold = std::numeric_limits<double>::quiet_NaN();
};

/// Candidates by falling joint score; ties: smaller anchor.
std::vector<Candidate*> byJoint(Bag& bag) {
  std::vector<Candidate*> order;
  for (Candidate& c : bag.candidates)
    order.push_back(&c);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->joint > b->joint; });
  return order;
}

void cutBag(Bag& bag, const MusuOptions& options) {
  if (bag.candidates.empty()) return;
  const std::vector<Candidate*> order = byJoint(bag);
  double sum = 0, squares = 0;
  for (const Candidate* c : order)
    sum += c->joint;
  const double mean = sum / static_cast<double>(order.size());
  for (const Candidate* c : order)
    squares += (c->joint - mean) * (c->joint - mean);
  const auto last = std::min<std::size_t>(order.size(), static_cast<std::size_t>(options.k)) - 1;
  switch (options.threshold) {
    case MusuOptions::Threshold::kMeanStd:
      bag.threshold = mean + std::sqrt(squares / static_cast<double>(order.size()));
      break;
    case MusuOptions::Threshold::kMaxRatio:
      bag.threshold = options.gamma * order.front()->joint;
      break;
    case MusuOptions::Threshold::kTopK:
      bag.threshold = order[last]->joint;
      break;
    case MusuOptions::Threshold::kAbsolute:
      bag.threshold = options.t;
      break;
  }
  bool any = false;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool kept =
        options.threshold == MusuOptions::Threshold::kTopK ? i <= last : order[i]->joint >= bag.threshold;
    order[i]->inBag = kept;
    order[i]->below = !kept;
    any = any || kept;
  }
  if (!any) {
    order.front()->inBag = order.front()->fallback = true;
    order.front()->below = false;
  }
  if (options.maxBag > 0)
    for (std::size_t i = static_cast<std::size_t>(options.maxBag); i < order.size(); ++i)
      if (order[i]->inBag) {
        order[i]->inBag = false;
        order[i]->cut = true;
      }
}

double weightOf(std::int64_t rank, std::size_t size, double tau, const MusuOptions& options) {
  switch (options.weighting) {
    case MusuOptions::Weighting::kExponential:
      return std::exp(-static_cast<double>(rank) / tau);
    case MusuOptions::Weighting::kLinear:
      return 1 - static_cast<double>(rank) / static_cast<double>(size);
    case MusuOptions::Weighting::kHardTopK:
      return rank < options.kWeight ? 1 : 0;
  }
  return 0;
}

void rankBag(Bag& bag, const MusuOptions& options) {
  std::vector<Candidate*> members;
  for (Candidate* c : byJoint(bag))
    if (c->inBag) members.push_back(c);
  for (Candidate* c : members) {
    c->sReg = std::pow(c->p, 1 - options.alpha) * std::pow(c->q, options.alpha);
    c->sCls = std::pow(c->q, 1 - options.alpha) * std::pow(c->p, options.alpha);
  }
  // Stable over the order by joint score, so that ties fall to the larger P and then to the smaller anchor.
  std::vector<Candidate*> cls = members, reg = members;
  std::stable_sort(cls.begin(), cls.end(), [](auto* a, auto* b) { return a->sCls > b->sCls; });
  std::stable_sort(reg.begin(), reg.end(), [](auto* a, auto* b) { return a->sReg > b->sReg; });
  for (std::size_t i = 0; i < members.size(); ++i) {
    cls[i]->rankCls = reg[i]->rankReg = static_cast<std::int64_t>(i);
    cls[i]->wCls = weightOf(cls[i]->rankCls, members.size(), options.tauCls, options);
    reg[i]->wReg = weightOf(reg[i]->rankReg, members.size(), options.tauReg, options);
  }
}

double entropy(const Bag& bag, double Candidate::*weight) {
  double sum = 0, result = 0;
  for (const Candidate& c : bag.candidates)
    sum += c.*weight;
  for (const Candidate& c : bag.candidates)
    if (c.*weight > 0) result -= c.*weight / sum * std::log(c.*weight / sum);
  return bag.candidates.empty() ? std::numeric_limits<double>::quiet_NaN() : result;
}

std::int64_t bestAnchor(const Bag& bag, double Candidate::*value) {
  const auto best =
      std::max_element(bag.candidates.begin(), bag.candidates.end(),
                       [&](const Candidate& a, const Candidate& b) { return a.*value < b.*value; });
  return best == bag.candidates.end() ? -1 : best->anchor;
}

/// Doubles of a tensor of any dtype, on the host.
at::Tensor doubles(const at::Tensor& tensor) {
  return tensor.to(at::kCPU, at::kDouble).contiguous();
}

bool centered(const double* anchor, double stride, const double* gt, const MusuOptions& options) {
  if (options.eligibility == MusuOptions::Eligibility::kOverlap) return true;
  const double cx = (anchor[0] + anchor[2]) / 2, cy = (anchor[1] + anchor[3]) / 2,
               margin = options.centerMarginPx;
  if (!(cx - gt[0] > margin && cy - gt[1] > margin && gt[2] - cx > margin && gt[3] - cy > margin))
    return false;
  if (options.eligibility == MusuOptions::Eligibility::kCenterInGt) return true;
  return std::abs(cx - (gt[0] + gt[2]) / 2) <= options.radius * stride &&
         std::abs(cy - (gt[1] + gt[3]) / 2) <= options.radius * stride;
}

}  // namespace

MusuResult oracleMusu(const MusuInputs& in, const MusuOptions& options) {
  const std::int64_t batch = in.logits.size(0), anchors = in.logits.size(1), classes = in.logits.size(2);
  const std::int64_t objects = in.gtBoxes.size(1);
  const at::Tensor anchorBoxes = doubles(in.anchors), strides = doubles(in.strides),
                   boxes = doubles(in.boxes);
  const at::Tensor gtBoxes = doubles(in.gtBoxes), scores = doubles(in.logits).sigmoid();
  const at::Tensor labels = in.gtLabels.cpu().contiguous(), valid = in.gtValid.cpu().contiguous();

  const auto real = at::TensorOptions().dtype(at::kDouble);
  const auto whole = at::TensorOptions().dtype(at::kLong);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  MusuResult out;
  out.weightCls = at::zeros({batch, anchors, classes}, real);
  out.weightReg = at::zeros({batch, anchors}, real);
  out.winnerCls = at::full({batch, anchors}, -1, whole);
  out.winnerReg = at::full({batch, anchors}, -1, whole);
  out.threshold = at::full({batch, objects}, nan, real);
  out.statistics = at::full({kMusuStatistics, batch, objects}, nan, real);
  out.bagSize = at::zeros({batch, objects}, whole);
  out.eligible = at::zeros({batch, objects}, whole);
  out.starved = at::zeros({batch, objects}, whole.dtype(at::kBool));
  out.bestJoint = at::full({batch, objects}, -1, whole);
  out.bestP = at::full({batch, objects}, -1, whole);
  out.bestQ = at::full({batch, objects}, -1, whole);

  std::vector<std::int64_t> image, anchor, object, rankCls, rankReg;
  std::vector<double> columns[9];  // p q joint threshold sReg sCls wReg wCls (and spare)
  std::vector<std::int64_t> flags[4];
  for (std::int64_t b = 0; b < batch; ++b) {
    std::vector<double> winnerJointCls(static_cast<std::size_t>(anchors), 0), winnerJointReg = winnerJointCls;
    std::vector<double> winnerWeightCls = winnerJointCls;
    for (std::int64_t g = 0; g < objects; ++g) {
      if (!valid.data_ptr<bool>()[b * objects + g]) continue;
      const double* gt = gtBoxes.data_ptr<double>() + (b * objects + g) * 4;
      const std::int64_t label = labels.data_ptr<std::int64_t>()[b * objects + g];
      Bag bag;
      for (std::int64_t n = 0; n < anchors; ++n) {
        const double* box = boxes.data_ptr<double>() + (b * anchors + n) * 4;
        Candidate c;
        c.anchor = n;
        c.p = scores.data_ptr<double>()[(b * anchors + n) * classes + label];
        c.q = boxmath::iou(box[0], box[1], box[2], box[3], gt[0], gt[1], gt[2], gt[3]);
        const double stride = strides.data_ptr<double>()[n];
        if (!(c.q > 0) || std::isnan(c.p) ||
            !centered(anchorBoxes.data_ptr<double>() + n * 4, stride, gt, options))
          continue;
        c.joint = options.joint == MusuOptions::Joint::kProduct
                      ? c.p * std::pow(c.q, options.beta)
                      : std::pow(c.p, 1 - options.beta) * std::pow(c.q, options.beta);
        bag.candidates.push_back(c);
      }
      cutBag(bag, options);
      rankBag(bag, options);
      out.threshold[b][g] = bag.threshold;
      out.eligible[b][g] = static_cast<std::int64_t>(bag.candidates.size());
      out.starved[b][g] = bag.candidates.empty();
      out.statistic(MusuStatistic::kEntropyCls)[b][g] = entropy(bag, &Candidate::wCls);
      out.statistic(MusuStatistic::kEntropyReg)[b][g] = entropy(bag, &Candidate::wReg);
      out.bestJoint[b][g] = bestAnchor(bag, &Candidate::joint);
      out.bestP[b][g] = bestAnchor(bag, &Candidate::p);
      out.bestQ[b][g] = bestAnchor(bag, &Candidate::q);
      std::int64_t size = 0;
      double* wCls = out.weightCls.data_ptr<double>() + b * anchors * classes;
      double* wReg = out.weightReg.data_ptr<double>() + b * anchors;
      std::int64_t* winCls = out.winnerCls.data_ptr<std::int64_t>() + b * anchors;
      std::int64_t* winReg = out.winnerReg.data_ptr<std::int64_t>() + b * anchors;
      for (const Candidate& c : bag.candidates) {
        size += c.inBag ? 1 : 0;
        image.push_back(b);
        anchor.push_back(c.anchor);
        object.push_back(g);
        rankCls.push_back(c.rankCls);
        rankReg.push_back(c.rankReg);
        const double values[8] = {c.p, c.q, c.joint, bag.threshold, c.sReg, c.sCls, c.wReg, c.wCls};
        for (int i = 0; i < 8; ++i)
          columns[i].push_back(values[i]);
        const bool flagValues[4] = {c.inBag, c.below, c.fallback, c.cut};
        for (int i = 0; i < 4; ++i)
          flags[i].push_back(flagValues[i]);
        const auto n = static_cast<std::size_t>(c.anchor);
        double& target = wCls[c.anchor * classes + label];
        target = std::max(target, c.wCls);
        const auto wins = [&](double weight, double best, double bestJoint) {
          return weight > 0 && (weight > best || (weight == best && c.joint > bestJoint));
        };
        if (wins(c.wCls, winnerWeightCls[n], winnerJointCls[n])) {
          winnerWeightCls[n] = c.wCls;
          winnerJointCls[n] = c.joint;
          winCls[c.anchor] = g;
        }
        if (wins(c.wReg, wReg[c.anchor], winnerJointReg[n])) {
          wReg[c.anchor] = c.wReg;
          winnerJointReg[n] = c.joint;
          winReg[c.anchor] = g;
        }
      }
      out.bagSize[b][g] = size;
    }
  }

  const auto longs = [](const std::vector<std::int64_t>& v) {
    return at::tensor(v, at::TensorOptions().dtype(at::kLong));
  };
  const auto reals = [](const std::vector<double>& v) {
    return at::tensor(v, at::TensorOptions().dtype(at::kDouble));
  };
  MusuPairs pairs;
  pairs.image = longs(image);
  pairs.anchor = longs(anchor);
  pairs.object = longs(object);
  pairs.rankCls = longs(rankCls);
  pairs.rankReg = longs(rankReg);
  at::Tensor* floats[8] = {&pairs.p,    &pairs.q,    &pairs.joint, &pairs.threshold,
                           &pairs.sReg, &pairs.sCls, &pairs.wReg,  &pairs.wCls};
  for (int i = 0; i < 8; ++i)
    *floats[i] = reals(columns[i]);
  at::Tensor* bools[4] = {&pairs.inBag, &pairs.belowThreshold, &pairs.fallback, &pairs.cutByMaxBag};
  for (int i = 0; i < 4; ++i)
    *bools[i] = longs(flags[i]).to(at::kBool);
  out.pairs = std::move(pairs);
  return out;
}

}  // namespace anchorscope
