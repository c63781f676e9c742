// Drawing 201,600 anchor boxes with alpha at 1920 x 1080, and finding the one under the cursor.

#include <benchmark/benchmark.h>

#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "tests/support/synthetic_frame.h"
#include "widgets/canvas/picking.h"
#include "widgets/overlays/box_raster.h"
#include "widgets/overlays/dense_boxes.h"

namespace anchorscope {
namespace {

constexpr int kWidth = 1920, kHeight = 1080, kThreads = 2;

/// Every one of the 201,600 boxes with an alpha of its own: nothing faded away, nothing filtered.
struct Scene {
  DenseBoxes boxes;
  AxisTransform canvasFromImage;
  QImage canvas{kWidth, kHeight, QImage::Format_RGB32};

  explicit Scene(double zoom) {
    const auto frame = testing::makeDenseSyntheticFrame();
    Layer layer = channelLayer(frame->channel("iou")->spec);
    layer.fade = false;
    layer.opacity = 0.4f;
    boxes = denseBoxes(layer, *frame);
    const double fit = std::min(kWidth / 1344.0, kHeight / 800.0) * zoom;
    canvasFromImage = {fit, fit, kWidth / 2.0 - fit * 672, kHeight / 2.0 - fit * 400};
    canvas.fill(0xFF14161A);
  }

  RasterTarget target() {
    return {reinterpret_cast<std::uint32_t*>(canvas.bits()), kWidth, kHeight,
            static_cast<std::size_t>(canvas.bytesPerLine()) / 4};
  }
};

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The median of the state's iterations.
double medianSeconds(benchmark::State& state, const std::function<void()>& work) {
  std::vector<double> times;
  for (auto _ : state) {
    const double time = seconds(work);
    state.SetIterationTime(time);
    times.push_back(time);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

void drawWithPainter(Scene& scene) {
  QPainter painter(&scene.canvas);
  painter.setBrush(Qt::NoBrush);
  for (std::size_t i = 0; i < scene.boxes.boxesInImage.size(); ++i) {
    const Box box = scene.canvasFromImage.map(scene.boxes.boxesInImage[i]);
    painter.setPen(QColor::fromRgba(scene.boxes.colors[i]));
    painter.drawRect(QRectF(double(box.x1), double(box.y1), double(box.width()), double(box.height())));
  }
}

void drawAnchors(benchmark::State& state, double zoom, const char* what) {
  Scene scene(zoom);
  StripPool pool(kThreads);
  const double ours = medianSeconds(state, [&] {
    drawBoxes(scene.target(), scene.canvasFromImage, scene.boxes.boxesInImage, scene.boxes.colors, {}, pool);
  });
  state.counters["boxes"] = static_cast<double>(scene.boxes.anchors.size());
  state.counters["fps"] = 1 / ours;
  state.counters["ratio"] = 1 / ours / 60;
  state.counters["aim"] = 1;
  state.SetLabel(what);
}

void drawFitted(benchmark::State& state) {
  drawAnchors(state, 1, "201,600 boxes with alpha at 1920x1080, fitted, 2 threads: frames/s against 60");
}

void drawMagnified(benchmark::State& state) {
  drawAnchors(state, 4,
              "201,600 boxes with alpha at 1920x1080, 4x magnified, 2 threads: frames/s against 60");
}

void drawAgainstPainter(benchmark::State& state) {
  Scene scene(1);
  StripPool pool(kThreads);
  const double painter = seconds([&] { drawWithPainter(scene); });
  const double ours = medianSeconds(state, [&] {
    drawBoxes(scene.target(), scene.canvasFromImage, scene.boxes.boxesInImage, scene.boxes.colors, {}, pool);
  });
  state.counters["ratio"] = painter / ours;
  state.SetLabel("201,600 boxes with alpha: our rasteriser against QPainter");
}

void pickUnderCursor(benchmark::State& state) {
  Scene scene(1);
  // A point that no outline passes: both loops run to their end.
  const PickPoint point{672.3f, 400.7f, 0.f};
  const double time = medianSeconds(state, [&] {
    benchmark::DoNotOptimize(pickOutline(scene.boxes.boxesInImage, point));
    benchmark::DoNotOptimize(pickInside(scene.boxes.boxesInImage, point));
  });
  state.counters["ratio"] = 5e-3 / time;
  state.counters["aim"] = 1;
  state.SetLabel("picking among 201,600 boxes against 5 ms");
}

void prepareLayer(benchmark::State& state) {
  const auto frame = testing::makeDenseSyntheticFrame();
  Layer layer = channelLayer(frame->channel("iou")->spec);
  layer.fade = false;
  medianSeconds(state, [&] { benchmark::DoNotOptimize(denseBoxes(layer, *frame)); });
}

BENCHMARK(drawFitted)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(drawMagnified)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(drawAgainstPainter)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(20);
BENCHMARK(pickUnderCursor)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(prepareLayer)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace anchorscope

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QGuiApplication application(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
