// MuSu's assignment of one image against the same steps written object by object with tensor operations, the
// usual way in Python code bases (both sides' weights are compared before anything is timed); what its
// statistics cost; and how much memory it takes on top of its inputs. How every assigner grows with the
// objects of an image. With --answer as the only argument it answers bench_mmdet.py instead
// (assigner_answers.h).

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <limits>
#include <string_view>
#include <vector>

#include "core/assigners/assigner.h"
#include "core/assigners/musu_evidence.h"
#include "core/ops/anchors.h"
#include "core/ops/musu.h"
#include "tests/benchmarks/assigner_answers.h"
#include "tests/benchmarks/assigner_scenes.h"
#include "tests/benchmarks/memory_use.h"
#include "tests/benchmarks/timing.h"

namespace anchorscope {
namespace {

using testing::median;
using testing::peakBytesOf;
using testing::seconds;

constexpr std::int64_t kClasses = 80;

/// Images of RetinaNet's anchors (9 per location), predictions a few pixels from them as early in training,
/// and objects of COCO-like sizes.
MusuInputs makeInputs(SizePx image, std::int64_t objects, std::int64_t images = 1) {
  at::manual_seed(7);
  const auto uniform = [](at::IntArrayRef shape, double low, double high) {
    return at::rand(shape) * (high - low) + low;
  };
  const AnchorSet set = makeRetinaAnchors({}, image, at::kCPU);
  const std::int64_t anchors = set.count();
  const double shortSide = std::min(image.width, image.height);
  MusuInputs in;
  in.anchors = set.boxes;
  in.strides = set.strides;
  in.boxes = set.boxes + at::randn({images, anchors, 4}) * 4;
  in.logits = at::randn({images, anchors, kClasses}) * 1.5 - 3;
  const at::Tensor half =
      at::exp(uniform({images, objects, 2}, std::log(shortSide / 60), std::log(shortSide / 5)));
  const at::Tensor center =
      at::stack({uniform({images, objects}, 0, image.width), uniform({images, objects}, 0, image.height)}, 2);
  in.gtBoxes = at::cat({center - half, center + half}, 2);
  in.gtLabels = at::randint(kClasses, {images, objects}, at::kLong);
  in.gtValid = at::ones({images, objects}, at::kBool);
  return in;
}

struct Weights {
  at::Tensor cls, reg;  // [N,C], [N]
};

/// musu.md's steps with default options, one object after the other.
Weights objectByObject(const MusuInputs& in, const MusuOptions& options) {
  const at::Tensor boxes = in.boxes[0], logits = in.logits[0];
  const std::int64_t anchors = boxes.size(0);
  Weights out{at::zeros({anchors, kClasses}), at::zeros({anchors})};
  const at::Tensor areas =
      (boxes.select(1, 2) - boxes.select(1, 0)) * (boxes.select(1, 3) - boxes.select(1, 1));
  for (std::int64_t g = 0; g < in.gtBoxes.size(1); ++g) {
    const at::Tensor gt = in.gtBoxes[0][g];
    const std::int64_t label = in.gtLabels[0][g].item<std::int64_t>();
    const at::Tensor low = at::maximum(boxes.slice(1, 0, 2), gt.slice(0, 0, 2));
    const at::Tensor high = at::minimum(boxes.slice(1, 2, 4), gt.slice(0, 2, 4));
    const at::Tensor sides = (high - low).clamp_min(0);
    const at::Tensor overlap = sides.select(1, 0) * sides.select(1, 1);
    const at::Tensor gtArea = (gt[2] - gt[0]) * (gt[3] - gt[1]);
    const at::Tensor q = overlap / (areas + gtArea - overlap);
    const at::Tensor p = at::sigmoid(logits.select(1, label));
    const at::Tensor eligible = at::nonzero(q > 0).squeeze(1);
    if (eligible.numel() == 0) continue;
    const at::Tensor pe = p.index({eligible}), qe = q.index({eligible});
    const at::Tensor joint = pe.pow(1 - options.beta) * qe.pow(options.beta);
    const at::Tensor threshold = joint.mean() + joint.std(0, /*unbiased=*/false);
    const at::Tensor inBag = at::nonzero(joint >= threshold).squeeze(1);
    const at::Tensor members = eligible.index({inBag}), pb = pe.index({inBag}), qb = qe.index({inBag});
    const auto weights = [&](const at::Tensor& criterion, double tau) {
      const at::Tensor order = std::get<1>(at::sort(criterion, /*stable=*/true, 0, /*descending=*/true));
      const at::Tensor rank = at::empty_like(order);
      rank.index_put_({order}, at::arange(order.size(0)));
      return at::exp(-rank.to(at::kFloat) / tau);
    };
    const at::Tensor wReg = weights(pb.pow(1 - options.alpha) * qb.pow(options.alpha), options.tauReg);
    const at::Tensor wCls = weights(qb.pow(1 - options.alpha) * pb.pow(options.alpha), options.tauCls);
    at::Tensor column = out.cls.select(1, label);
    column.index_put_({members}, at::maximum(column.index({members}), wCls));
    out.reg.index_put_({members}, at::maximum(out.reg.index({members}), wReg));
  }
  return out;
}

/// Both sides take turns, so that what else the machine does hits both.
void assignAgainstObjectByObject(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const MusuInputs in =
      makeInputs({static_cast<int>(state.range(0)), static_cast<int>(state.range(1))}, state.range(2));
  const MusuOptions options;
  const Weights reference = objectByObject(in, options);
  const MusuResult result = assignMusu(in, options, MusuDetail::kStatistics);
  // Float rounding may swap neighbours in rank: weights of all but a few anchors agree.
  const double differing = (result.weightReg[0] - reference.reg).abs().gt(1e-4).sum().item<double>();
  const double positive = reference.reg.gt(0).sum().item<double>();
  if (differing > 0.01 * positive) {
    state.SkipWithError("the two sides disagree");
    return;
  }
  std::vector<double> ours, theirs;
  for (auto _ : state) {
    ours.push_back(
        seconds([&] { benchmark::DoNotOptimize(assignMusu(in, options, MusuDetail::kStatistics)); }));
    theirs.push_back(seconds([&] { benchmark::DoNotOptimize(objectByObject(in, options)); }));
    state.SetIterationTime(ours.back());
  }
  state.counters["ratio"] = median(theirs) / median(ours);
  state.counters["aim"] = 10;
  state.counters["threads"] = at::get_num_threads();
  state.SetLabel("MuSu assignment, " + std::to_string(in.anchors.size(0)) + " anchors x " +
                 std::to_string(state.range(2)) + " objects: ours against object by object");
}

BENCHMARK(assignAgainstObjectByObject)
    ->Args({320, 256, 40})
    ->Args({1344, 800, 40})
    ->Args({1344, 800, 100})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(15);

/// What the statistics of every step add to the assignment.
void statisticsAgainstNone(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  const MusuInputs in =
      makeInputs({static_cast<int>(state.range(0)), static_cast<int>(state.range(1))}, state.range(2));
  std::vector<double> with, without;
  for (auto _ : state) {
    with.push_back(seconds([&] {
      benchmark::DoNotOptimize(musuScalars(assignMusu(in, MusuOptions{}, MusuDetail::kStatistics)));
    }));
    without.push_back(
        seconds([&] { benchmark::DoNotOptimize(assignMusu(in, MusuOptions{}, MusuDetail::kWeights)); }));
    state.SetIterationTime(with.back());
  }
  state.counters["ratio"] = median(with) / median(without);
  state.counters["added_ms"] = (median(with) - median(without)) * 1e3;
  state.counters["threads"] = at::get_num_threads();
  state.SetLabel("MuSu assignment, " + std::to_string(in.anchors.size(0)) + " anchors x " +
                 std::to_string(state.range(2)) + " objects: time with its statistics over time without");
}

BENCHMARK(statisticsAgainstNone)
    ->Args({320, 256, 40})
    ->Args({1344, 800, 100})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(41);

/// Takes evidence and drops it.
class NullSink final : public EvidenceSink {
 public:
  void channel(const ChannelSpec&, const at::Tensor&, int) override {}
  void pairs(const PairTableSpec&, const PairRows&) override {}
  void objects(const ObjectColumnSpec&, const at::Tensor&) override {}
};

/// Peak memory on top of the inputs (outputs included) against the 400 MB that one image may take.
void memoryAgainstTheLimit(benchmark::State& state) {
  const at::NoGradGuard noGrad;
  constexpr double kLimitMegabytes = 400;
  const std::int64_t objects = 100, images = state.range(0);
  const bool evidence = state.range(1) != 0;
  const MusuInputs in = makeInputs({1344, 800}, objects, images);
  double megabytes = 0;
  for (auto _ : state) {
    megabytes = 1e-6 * peakBytesOf([&] {
                  const MusuResult result =
                      assignMusu(in, MusuOptions{}, evidence ? MusuDetail::kPairs : MusuDetail::kStatistics);
                  NullSink sink;
                  if (evidence) publishMusu(in, MusuOptions{}, result, {}, -1, sink);
                  benchmark::DoNotOptimize(musuScalars(result));
                });
  }
  state.counters["ratio"] = kLimitMegabytes / megabytes;
  if (images == 1 && !evidence) state.counters["aim"] = 1;
  state.counters["peak_MB"] = megabytes;
  state.counters["threads"] = at::get_num_threads();
  state.SetLabel("MuSu assignment, " + std::to_string(in.anchors.size(0)) + " anchors x 100 objects, " +
                 std::to_string(images) + (images == 1 ? " image" : " images") +
                 (evidence ? ", evidence captured" : "") + ": 400 MB over the most memory held at once");
}

BENCHMARK(memoryAgainstTheLimit)
    ->Args({1, 0})
    ->Args({1, 1})
    ->Args({4, 0})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

/// One assigner, one image of 20,000 candidates, ever more objects.
void objectsOfAnImage(benchmark::State& state, const AssignerEntry& entry) {
  const at::NoGradGuard noGrad;
  const testing::AssignerScene scene =
      testing::makeAssignerScene(testing::kindFor(entry), /*large=*/false, 1, state.range(0));
  const std::function<Assignment()> assign = testing::assignmentOf(entry, ParamSet(entry.params), scene);
  for (auto _ : state)
    benchmark::DoNotOptimize(assign());
  state.counters["threads"] = at::get_num_threads();
}

void registerGrowth() {
  for (const AssignerEntry& entry : assignerEntries())
    benchmark::RegisterBenchmark(("assign/" + entry.name).c_str(),
                                 [&entry](benchmark::State& state) { objectsOfAnImage(state, entry); })
        ->ArgName("objects")
        ->ArgsProduct({{1, 10, 40, 100, 300, 1000}})
        ->UseRealTime()
        ->MinTime(0.1)
        ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace anchorscope

int main(int argc, char** argv) {
  // As the program does (core/trainer/device.cpp): freed blocks are kept, so that neither side pays for fresh
  // pages.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  if (argc == 2 && std::string_view(argv[1]) == "--answer") {
    anchorscope::testing::answerAboutAssigners(std::cin, std::cout);
    return 0;
  }
  anchorscope::registerGrowth();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
