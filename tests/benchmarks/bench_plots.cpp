// Brushing 201,600 candidates: which they are, and the plots that show it.

#include <benchmark/benchmark.h>

#include <QImage>
#include <QPainter>
#include <algorithm>
#include <vector>

#include "core/evidence/groups.h"
#include "tests/benchmarks/timing.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/plot/channel_histogram.h"
#include "widgets/plot/channel_scatter.h"

namespace anchorscope {
namespace {

using testing::seconds;

/// A point for each, as a plotting library draws them.
void drawPoints(QImage& target, const StageEvidence& evidence) {
  const std::vector<float>&x = evidence.channel("cls_score")->values, &y = evidence.channel("iou")->values;
  QPainter painter(&target);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(QColor(150, 160, 180, 80));
  for (std::size_t i = 0; i < x.size(); ++i)
    painter.drawEllipse(
        QPointF(static_cast<double>(x[i]) * target.width(), static_cast<double>(1 - y[i]) * target.height()),
        1.4, 1.4);
}

/// Dragging over a plot: a new subset, scatter, histogram and table every time.
void brushEverything(benchmark::State& state) {
  const auto evidence = testing::makeDenseSyntheticEvidence();
  ChannelScatter scatter;
  ChannelHistogram histogram;
  scatter.resize(320, 240);
  histogram.resize(320, 160);
  scatter.setChannels("cls_score", "iou");
  histogram.setChannel("cls_score");
  QImage points(320, 240, QImage::Format_ARGB32_Premultiplied),
      pictures[2] = {points, points.copy(0, 0, 320, 160)};
  const double naive = seconds([&] { drawPoints(points, *evidence); });
  std::vector<double> times;
  float low = 0.1f;
  for (auto _ : state) {
    const double time = seconds([&] {
      CandidateCondition condition;
      condition.ranges = {{"iou", low, 1}, {"cls_score", 0.05f, 1}};
      const auto subset = std::make_shared<const CandidateSubset>(*subsetOf(*evidence, condition));
      scatter.show(evidence, subset);
      histogram.show(evidence, subset);
      scatter.render(&pictures[0]);
      histogram.render(&pictures[1]);
      benchmark::DoNotOptimize(groupsOf(*evidence, GroupBy::kLevel, subset.get()));
    });
    low += 0.001f;
    state.SetIterationTime(time);
    times.push_back(time);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  const double ours = times[times.size() / 2];
  state.counters["points_ms"] = naive * 1000;
  state.counters["ratio"] = naive / ours;
  state.counters["aim"] = 1;
  state.SetLabel(
      "a brush over 201,600 candidates with scatter, histogram and table: against 201,600 points drawn");
}

BENCHMARK(brushEverything)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(40);

}  // namespace
}  // namespace anchorscope
