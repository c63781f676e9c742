// Drawing 201,600 anchor boxes with alpha at 1920 x 1080, and finding the one under the cursor.

#include <benchmark/benchmark.h>

#include <QImage>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <memory>
#include <vector>

#include "core/evidence/bag.h"
#include "tests/benchmarks/timing.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/canvas/canvas_picture.h"
#include "widgets/canvas/canvas_renderer.h"
#include "widgets/canvas/picking.h"
#include "widgets/overlays/box_raster.h"
#include "widgets/overlays/dense_boxes.h"

namespace anchorscope {
namespace {

using testing::seconds;

constexpr int kWidth = 1920, kHeight = 1080, kThreads = 2;

/// Every one of the 201,600 boxes with an alpha of its own: nothing faded away, nothing filtered.
struct Scene {
  DenseBoxes boxes;
  AxisTransform canvasFromImage;
  QImage canvas{kWidth, kHeight, QImage::Format_RGB32};

  explicit Scene(double zoom) {
    const auto frame = testing::makeDenseSyntheticEvidence();
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

void drawAnchors(benchmark::State& state, double zoom, const TileKernel& kernel, const char* what) {
  Scene scene(zoom);
  StripPool pool(kThreads);
  const auto draw = [&] {
    drawBoxes(scene.target(), scene.canvasFromImage, scene.boxes.boxesInImage, scene.boxes.colors, {}, pool,
              kernel);
  };
  draw();
  const std::clock_t before = std::clock();
  double wall = 0;
  const double ours = medianSeconds(state, [&] { wall += seconds(draw); });
  state.counters["boxes"] = static_cast<double>(scene.boxes.anchors.size());
  state.counters["fps"] = 1 / ours;
  // 1: every thread worked from beginning to end.
  state.counters["busy"] = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / (wall * kThreads);
  state.counters["ratio"] = 1 / ours / 60;
  state.counters["aim"] = 1;
  state.SetLabel(what);
}

void drawFitted(benchmark::State& state) {
  drawAnchors(state, 1, bestTileKernel(),
              "201,600 boxes with alpha at 1920x1080, fitted, 2 threads: frames/s against 60");
}

void drawFittedAnywhere(benchmark::State& state) {
  drawAnchors(state, 1, tileKernels().back(),
              "the same without any instruction that not every processor has");
}

void drawMagnified(benchmark::State& state) {
  drawAnchors(state, 4, bestTileKernel(),
              "201,600 boxes with alpha at 1920x1080, 4x magnified, 2 threads: frames/s against 60");
}

/// What a view does for a step of the mouse while it is dragged: 3 pixels across, 2 down.
void panFitted(benchmark::State& state) {
  const auto frame = testing::makeDenseSyntheticEvidence();
  Scene scene(1);
  StripPool pool(kThreads);
  CanvasRenderer renderer(pool);
  CanvasPicture picture;
  renderer.setEvidence(frame);
  Layer image, anchors = channelLayer(frame->channel("iou")->spec);
  image.id = "image";
  anchors.visible = true;
  anchors.fade = false;
  anchors.opacity = 0.4f;
  renderer.prepare({image, anchors}, -1);
  OverlayContext context;
  context.targetFromImage = scene.canvasFromImage;
  context.clip = QRectF(0, 0, kWidth, kHeight);
  const auto draw = [&] { picture.draw(renderer, context, QSize(kWidth, kHeight), 1, Qt::black); };
  const double whole = seconds(draw);
  const double ours = medianSeconds(state, [&] {
    context.targetFromImage.offsetX += 3;
    context.targetFromImage.offsetY += 2;
    draw();
  });
  state.counters["fps"] = 1 / ours;
  state.counters["whole_ms"] = whole * 1000;
  state.counters["ratio"] = 1 / ours / 60;
  state.counters["aim"] = 1;
  state.SetLabel("the same, image below, dragged by 3 and 2 pixels: frames/s against 60");
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
  const auto frame = testing::makeDenseSyntheticEvidence();
  Layer layer = channelLayer(frame->channel("iou")->spec);
  layer.fade = false;
  medianSeconds(state, [&] { benchmark::DoNotOptimize(denseBoxes(layer, *frame)); });
}

/// The dense scene with a bag as MuSu has it at paper scale before anything is learned: thousands of members,
/// ranked differently by the two heads, each rank weighing a little less.
std::shared_ptr<const StageEvidence> frameWithLargeBag() {
  constexpr int kMembers = 3751;
  auto frame = std::make_shared<StageEvidence>(*testing::makeDenseSyntheticEvidence());
  PairTable& table = frame->pairTables.front();
  table.candidate.clear();
  table.object.assign(kMembers, 0);
  for (std::vector<float>& column : table.columns)
    column.assign(kMembers, 0.f);
  const auto column = [&](const char* name) -> std::vector<float>& {
    return table.columns[static_cast<std::size_t>(table.columnIndex(name))];
  };
  // Anchors that touch the object: of those with some overlap the first so many.
  const Channel& overlap = *frame->channel("iou");
  for (std::size_t anchor = 0; anchor < overlap.values.size() && table.candidate.size() < kMembers; ++anchor)
    if (overlap.values[anchor] > 0.2f) table.candidate.push_back(static_cast<std::int32_t>(anchor));
  table.object.resize(table.candidate.size());
  for (std::vector<float>& values : table.columns)
    values.resize(table.candidate.size());
  for (std::size_t row = 0; row < table.candidate.size(); ++row) {
    const auto rank = static_cast<float>(row),
               other = static_cast<float>((row * 389) % table.candidate.size());
    column("in_bag")[row] = 1;
    column("p")[row] = column("q")[row] = 0.1f;
    column("w_cls")[row] = std::exp(-rank / 3);
    column("w_reg")[row] = std::exp(-other / 3);
  }
  return frame;
}

/// A stroke for each head of every member, however little it weighs.
void drawBagStrokes(QImage& canvas, const AxisTransform& canvasFromImage, const StageEvidence& frame) {
  QPainter painter(&canvas);
  painter.setRenderHint(QPainter::Antialiasing);
  const Bag bag = bagOf(frame, 0);
  const auto stroke = [&](const QRectF& rect, QColor color, float share) {
    color.setAlphaF(0.25f + 0.75f * share);
    painter.setPen(QPen(color, 0.6 + 2.4 * double(share), Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    painter.drawRect(rect);
  };
  for (const BagMember& member : bag.members) {
    const Box box = canvasFromImage.map(anchorBoxInImage(frame, member.anchor, BoxKind::kAnchor));
    const QRectF rect(double(box.x1), double(box.y1), double(box.width()), double(box.height()));
    stroke(rect.adjusted(2, 2, -2, -2), QColor::fromRgb(kRegressionArgb),
           member.regressionWeight / bag.largestRegression);
    stroke(rect, QColor::fromRgb(kClassificationArgb),
           member.classificationWeight / bag.largestClassification);
  }
}

void panOverABag(benchmark::State& state) {
  const auto frame = frameWithLargeBag();
  StripPool pool(kThreads);
  CanvasRenderer renderer(pool);
  renderer.setEvidence(frame);
  Layer image, bag;
  image.id = "image";
  bag.id = "bag";
  bag.kind = LayerKind::kBag;
  renderer.prepare({image, bag}, 0);
  Scene scene(1);
  OverlayContext context;
  context.targetFromImage = scene.canvasFromImage;
  context.clip = QRectF(0, 0, kWidth, kHeight);
  context.selectedObject = 0;
  const double strokes = seconds([&] { drawBagStrokes(scene.canvas, scene.canvasFromImage, *frame); });
  const double ours = medianSeconds(state, [&] { renderer.render(scene.canvas, context); });
  state.counters["members"] = static_cast<double>(frame->pairTables.front().rowCount());
  state.counters["fps"] = 1 / ours;
  state.counters["strokes_ms"] = strokes * 1000;
  state.counters["ratio"] = strokes / ours;
  state.SetLabel(
      "a pan over the bag of 3,751 members at 1920x1080: a stroke for every member against by weight");
}

/// The same where every member weighs alike, so that each of them is drawn.
void panOverABagOfEquals(benchmark::State& state) {
  auto frame = std::make_shared<StageEvidence>(*frameWithLargeBag());
  for (const char* name : {"w_cls", "w_reg"})
    for (float& weight : frame->pairTables.front()
                             .columns[static_cast<std::size_t>(frame->pairTables.front().columnIndex(name))])
      weight = 1;
  StripPool pool(kThreads);
  CanvasRenderer renderer(pool);
  renderer.setEvidence(frame);
  Layer bag;
  bag.id = "bag";
  bag.kind = LayerKind::kBag;
  renderer.prepare({bag}, 0);
  Scene scene(1);
  OverlayContext context;
  context.targetFromImage = scene.canvasFromImage;
  context.clip = QRectF(0, 0, kWidth, kHeight);
  context.selectedObject = 0;
  const double ours = medianSeconds(state, [&] { renderer.render(scene.canvas, context); });
  state.counters["fps"] = 1 / ours;
  state.counters["ratio"] = 1 / ours / 60;
  state.counters["aim"] = 1;
  state.SetLabel("the same bag with equal weights, every member drawn: frames/s against 60");
}

BENCHMARK(drawFitted)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(drawFittedAnywhere)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(drawMagnified)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(panFitted)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(drawAgainstPainter)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(20);
BENCHMARK(pickUnderCursor)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(prepareLayer)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(panOverABag)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(panOverABagOfEquals)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace anchorscope
