#include "widgets/figure/figure.h"

#include <gtest/gtest.h>

#include <QImage>
#include <QRegularExpression>
#include <QXmlStreamReader>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stop_token>
#include <string>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/synthetic_maps.h"
#include "tests/support/temporary_folder.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {
namespace {

using testing::makeSyntheticEvidence;
using testing::readFile;
using testing::TemporaryFolder;

std::vector<Layer> layersShowing(const StageEvidence& frame, std::initializer_list<const char*> ids) {
  std::vector<Layer> layers = defaultLayers(frame);
  for (Layer& layer : layers) {
    layer.visible = false;
    for (const char* id : ids)
      layer.visible = layer.visible || layer.id == id;
  }
  return layers;
}

FigureSpec onePanel(std::initializer_list<const char*> ids, int selectedObject = -1) {
  FigureSpec spec;
  FigurePanel panel;
  panel.evidence = makeSyntheticEvidence();
  panel.layers = layersShowing(*panel.evidence, ids);
  panel.selectedObject = selectedObject;
  spec.panels.push_back(panel);
  return spec;
}

FigureCurves someCurves() {
  FigureCurves curves;
  FigureSeries raw{"cls", kClassificationArgb, {}, {}, false},
      smooth{"cls, smoothed", kClassificationArgb, {}, {}, true},
      reg{"loc, smoothed", kRegressionArgb, {}, {}, true};
  for (int i = 0; i < 400; ++i) {
    const double trend = 0.3 + std::exp(-i / 90.0);
    raw.x.push_back(i * 10);
    raw.y.push_back(trend + 0.08 * std::sin(i * 12.9898) * std::cos(i * 78.233));
    smooth.x.push_back(i * 10);
    smooth.y.push_back(trend);
    reg.x.push_back(i * 10);
    reg.y.push_back(0.45 + 0.55 * std::exp(-i / 140.0));
  }
  curves.series = {raw, smooth, reg};
  curves.yTitle = "loss";
  curves.caption = "Losses of both heads, raw and smoothed.";
  return curves;
}

FigureSpec fullPage() {
  FigureSpec spec;
  spec.widthMm = 178;
  for (const auto& [progress, caption] : {std::pair{0.05, "Before training: every anchor scores alike."},
                                          {0.45, "After 400 steps."},
                                          {0.9, "After 4,000 steps, with the bag of the white cell."}}) {
    testing::SyntheticFrameOptions options;
    options.progress = progress;
    FigurePanel panel;
    panel.evidence = makeSyntheticEvidence(options);
    panel.layers = layersShowing(*panel.evidence, {"image", "channel:musu.joint", "objects", "bag"});
    panel.selectedObject = progress > 0.8 ? 0 : -1;
    panel.caption = caption;
    spec.panels.push_back(panel);
  }
  spec.curves.push_back(someCurves());
  return spec;
}

class FigureTest : public ::testing::Test {
 protected:
  std::string path(const char* name) { return (folder / name).string(); }
  FigureReport render(const FigureSpec& spec, const std::string& file) {
    auto report = renderFigure(spec, file, Overwrite::kNo);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().text());
    const QString kept = qEnvironmentVariable("ANCHORSCOPE_SHOTS");
    if (!kept.isEmpty())
      std::filesystem::copy_file(file,
                                 kept.toStdString() + "/figure_" +
                                     ::testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
                                     std::filesystem::path(file).filename().string(),
                                 std::filesystem::copy_options::overwrite_existing);
    return report.ok() ? *report : FigureReport{};
  }
  TemporaryFolder folder;
};

/// Closed four-cornered polygons and rectangles of an SVG that are outlined, not filled.
std::size_t outlinedBoxes(const std::string& svg) {
  QXmlStreamReader xml(QByteArray::fromStdString(svg));
  std::vector<bool> filled;
  std::size_t count = 0;
  while (!xml.atEnd()) {
    const auto token = xml.readNext();
    if (token == QXmlStreamReader::StartElement) {
      const auto attributes = xml.attributes();
      const bool fills = attributes.hasAttribute("fill") ? attributes.value("fill") != QLatin1String("none")
                                                         : !filled.empty() && filled.back();
      if (xml.name() == QLatin1String("rect") && !fills) ++count;
      if (xml.name() == QLatin1String("path") && !fills && attributes.value("d").count(QLatin1Char('L')) == 4)
        ++count;
      filled.push_back(fills);
    } else if (token == QXmlStreamReader::EndElement) {
      filled.pop_back();
    }
  }
  EXPECT_FALSE(xml.hasError()) << xml.errorString().toStdString();
  return count;
}

TEST_F(FigureTest, SvgHoldsEveryDrawnBoxAsAVector) {
  FigureSpec spec = onePanel({"image", "channel:musu.w_cls"});
  const DenseBoxes expected =
      denseBoxes(*std::find_if(spec.panels[0].layers.begin(), spec.panels[0].layers.end(),
                               [](const Layer& layer) { return layer.id == "channel:musu.w_cls"; }),
                 *spec.panels[0].evidence);
  ASSERT_GT(expected.anchors.size(), 50u);
  std::size_t inside = 0;
  for (const Box& box : expected.boxesInImage)
    inside += box.x2 >= 0 && box.y2 >= 0 && box.x1 <= 640 && box.y1 <= 480 ? 1 : 0;
  const FigureReport report = render(spec, path("boxes.svg"));
  EXPECT_EQ(report.vectorBoxes, inside);
  EXPECT_EQ(report.rasterBoxes, 0u);
  const std::string svg = readFile(path("boxes.svg"));
  EXPECT_EQ(outlinedBoxes(svg), inside);
  EXPECT_EQ(svg.find("<text"), std::string::npos);  // outlines: no font needed
  EXPECT_NE(svg.find("data:image/png;base64"), std::string::npos);
  EXPECT_NE(svg.find("width=\"84mm\""), std::string::npos) << svg.substr(0, 300);
}

TEST_F(FigureTest, PdfHasTheExactPageEmbeddedTrueTypeAndLosslessImages) {
  const FigureReport report =
      render(onePanel({"image", "objects", "channel:musu.joint", "bag"}, 0), path("panel.pdf"));
  const std::string pdf = readFile(path("panel.pdf"));
  const QRegularExpression box(R"(/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\s*\])");
  const auto match = box.match(QString::fromLatin1(QByteArray::fromStdString(pdf)));
  ASSERT_TRUE(match.hasMatch());
  EXPECT_NEAR(match.captured(1).toDouble(), 84 * 72 / 25.4, 1e-5);
  EXPECT_NEAR(match.captured(2).toDouble(), report.heightMm * 72 / 25.4, 1e-5);
  EXPECT_NE(pdf.find("/FontFile2"), std::string::npos);
  EXPECT_EQ(pdf.find("/Type3"), std::string::npos);
  EXPECT_EQ(pdf.find("/DCTDecode"), std::string::npos);  // JPEG
  EXPECT_NE(pdf.find("/Width 640\n/Height 480"), std::string::npos);
  EXPECT_GT(report.vectorBoxes, 100u);
  // In place: the cross-reference table still points at its objects.
  const std::size_t start = std::stoul(pdf.substr(pdf.rfind("startxref") + 10));
  EXPECT_EQ(pdf.substr(start, 4), "xref");
}

TEST_F(FigureTest, PanelsOfTheSameImageShareItsPixels) {
  FigureSpec spec = onePanel({"image"});
  spec.panels.resize(8, spec.panels[0]);
  spec.columns = 4;
  spec.widthMm = 178;
  render(spec, path("eight.pdf"));
  const std::string pdf = readFile(path("eight.pdf"));
  std::size_t images = 0;
  for (std::size_t at = pdf.find("/Width 640\n"); at != std::string::npos;
       at = pdf.find("/Width 640\n", at + 1))
    ++images;
  EXPECT_EQ(images, 1u);
  EXPECT_LT(pdf.size(), 3u << 20);
}

TEST_F(FigureTest, PngHasTheSizeAndColoursAskedFor) {
  FigureSpec spec = onePanel({"image"});
  spec.widthMm = 101.6 + 2;  // 4 inches of panel beside the margins of 1 mm
  spec.dpi = 254;            // 10 dots per mm
  spec.colorBar = false;
  const FigureReport report = render(spec, path("image.png"));
  const QImage png(QString::fromStdString(path("image.png")));
  ASSERT_EQ(png.width(), 1036);
  EXPECT_EQ(png.height(), static_cast<int>(std::lround(report.heightMm * 10)));
  EXPECT_EQ(png.pixel(2, 2), qRgb(255, 255, 255));
  // 1016 dots for 640 pixels: the dot in the middle of a pixel shows that pixel.
  const std::vector<std::uint8_t>& rgb = spec.panels[0].evidence->image->pixels->rgb;
  for (const auto& [x, y] : {std::pair{100, 50}, {400, 300}, {639, 479}}) {
    const auto at = static_cast<std::size_t>((y * 640 + x) * 3);
    const QPoint dot(10 + static_cast<int>((x + 0.5) * 1016 / 640),
                     10 + static_cast<int>((y + 0.5) * 1016 / 640));
    EXPECT_EQ(png.pixel(dot), qRgb(rgb[at], rgb[at + 1], rgb[at + 2])) << x << ", " << y;
  }
}

TEST_F(FigureTest, TheSameSpecGivesTheSameBytes) {
  for (const char* extension : {"pdf", "svg", "png"}) {
    const std::string first = path("first.") + extension, second = path("second.") + extension;
    render(fullPage(), first);
    render(fullPage(), second);
    EXPECT_EQ(readFile(first), readFile(second)) << extension;
  }
}

TEST_F(FigureTest, PanelsCurvesAndCaptionsFillAPage) {
  for (const char* name : {"page.pdf", "page.svg", "page.png"}) {
    const FigureReport report = render(fullPage(), path(name));
    for (const std::string& note : report.notes)
      EXPECT_NE(note.find("labels"), std::string::npos) << note;
    EXPECT_GT(report.heightMm, 80);
    EXPECT_LT(report.heightMm, 200);
  }
  EXPECT_LT(std::filesystem::file_size(path("page.pdf")), 6u << 20);
}

TEST_F(FigureTest, ACurveOfAMillionStepsIsASmallFileThatPaintsEveryOne) {
  FigureSeries line;
  line.title = "loss";
  line.color = 0xFF0072B2;
  for (int step = 0; step < 1'000'000; ++step) {
    line.x.push_back(step);
    line.y.push_back(step == 345'678 ? 4 : 1 + (step * 7919LL % 1000) / 1000.0);
  }
  FigureSpec spec;
  spec.dpi = 254;  // 10 dots a millimetre
  spec.curves = {{{line}, "step", "", ""}};
  render(spec, path("long.pdf"));
  render(spec, path("long.svg"));
  EXPECT_LT(std::filesystem::file_size(path("long.pdf")), 1u << 20);
  EXPECT_LT(std::filesystem::file_size(path("long.svg")), 1u << 20);
  render(spec, path("long.png"));
  const QImage png(QString::fromStdString(path("long.png")));
  const auto blue = [&](int x, int y) {
    return png.pixelColor(x, y).blue() > png.pixelColor(x, y).red() + 90;
  };
  // Columns of the plot: how far up and down each is painted.
  int spikes = 0, columns = 0, lowest = 0, top = png.height();
  for (int x = 0; x < png.width(); ++x) {
    int first = -1, last = -1;
    for (int y = 40; y < png.height(); ++y)  // below the legend
      if (blue(x, y)) {
        if (first < 0) first = y;
        last = y;
      }
    if (first < 0 || last - first < 40) continue;
    ++columns;
    lowest = std::max(lowest, last);
    top = std::min(top, first);
  }
  for (int x = 0; x < png.width(); ++x)
    spikes += blue(x, top + 4) ? 1 : 0;
  EXPECT_GT(columns, 600) << "the band of values between 1 and 2 is painted all along";
  EXPECT_GE(spikes, 1);
  EXPECT_LE(spikes, 6) << "one step stands out";
}

TEST_F(FigureTest, ACropShowsOnlyThatPartAndKeepsItsShape) {
  FigureSpec spec = onePanel({"image", "objects"});
  spec.panels[0].cropInImage = {100, 50, 300, 150};
  spec.colorBar = false;
  spec.dpi = 254;
  const FigureReport report = render(spec, path("crop.png"));
  EXPECT_NEAR(report.heightMm, 2 + 82 * 0.5, 25.4 / 72);  // 2 : 1, and up to one point of rounding
  const QImage png(QString::fromStdString(path("crop.png")));
  const std::vector<std::uint8_t>& rgb = spec.panels[0].evidence->image->pixels->rgb;
  const double dots = 820 / 200.0;
  const auto at = static_cast<std::size_t>((145 * 640 + 290) * 3);
  EXPECT_EQ(png.pixel(10 + static_cast<int>(190.5 * dots), 10 + static_cast<int>(95.5 * dots)),
            qRgb(rgb[at], rgb[at + 1], rgb[at + 2]));
}

TEST_F(FigureTest, DenseLayersBecomeRastersOnlyWhenAskedAndTheReportSaysSo) {
  FigureSpec spec = onePanel({"image", "channel:iou"});
  const FigureReport vector = render(spec, path("vector.pdf"));
  EXPECT_EQ(vector.rasterBoxes, 0u);
  EXPECT_TRUE(vector.notes.empty());
  spec.rasterAbove = 1000;
  const FigureReport hybrid = render(spec, path("hybrid.pdf"));
  EXPECT_EQ(hybrid.vectorBoxes, 0u);
  EXPECT_GT(hybrid.rasterBoxes, 1000u);
  ASSERT_EQ(hybrid.notes.size(), 1u);
  EXPECT_NE(hybrid.notes[0].find("raster"), std::string::npos);
}

TEST_F(FigureTest, TheDarkThemeIsChosenBySpecNotByTheWindow) {
  FigureSpec spec = onePanel({"image"});
  spec.theme = FigureTheme::kDark;
  render(spec, path("dark.png"));
  EXPECT_EQ(QImage(QString::fromStdString(path("dark.png"))).pixel(1, 1), qRgb(0x14, 0x16, 0x1A));
}

TEST_F(FigureTest, ErrorsNameWhatIsWrongAndLeaveNoFile) {
  const auto code = [&](const FigureSpec& spec, const std::string& file) {
    const auto report = renderFigure(spec, file, Overwrite::kNo);
    EXPECT_FALSE(report.ok());
    if (report.ok()) return ErrorCode::kInternal;
    EXPECT_FALSE(report.error().action.empty());
    return report.error().code;
  };
  EXPECT_EQ(code(onePanel({"image"}), path("figure.jpg")), ErrorCode::kUsage);
  EXPECT_EQ(code(onePanel({"image"}), path("figure")), ErrorCode::kUsage);
  EXPECT_EQ(code(FigureSpec{}, path("figure.pdf")), ErrorCode::kUsage);
  FigureSpec wide = onePanel({"image"});
  wide.widthMm = std::nan("");
  EXPECT_EQ(code(wide, path("figure.pdf")), ErrorCode::kUsage);
  FigureSpec huge = onePanel({"image"});
  huge.widthMm = 2000;
  huge.dpi = 2400;
  EXPECT_EQ(code(huge, path("figure.png")), ErrorCode::kUsage);
  FigureSpec without = onePanel({"image"});
  without.panels[0].evidence = nullptr;
  EXPECT_EQ(code(without, path("figure.svg")), ErrorCode::kUsage);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));

  folder.write("there.svg", "mine");
  const auto kept = renderFigure(onePanel({"image"}), path("there.svg"), Overwrite::kNo);
  ASSERT_FALSE(kept.ok());
  EXPECT_EQ(kept.error().code, ErrorCode::kExists);
  EXPECT_EQ(readFile(path("there.svg")), "mine");
  EXPECT_TRUE(renderFigure(onePanel({"image"}), path("there.svg"), Overwrite::kYes).ok());
}

TEST_F(FigureTest, TellsHowFarItIsAndLeavesNothingWhenItIsGivenUp) {
  FigureSpec spec = onePanel({"image", "channel:musu.joint", "objects"});
  spec.curves.push_back(someCurves());
  for (const char* name : {"whole.pdf", "whole.svg", "whole.png"}) {
    SCOPED_TRACE(name);
    std::vector<double> told;
    FigureProgress all;
    all.done = [&](double share) { told.push_back(share); };
    ASSERT_TRUE(renderFigure(spec, path(name), Overwrite::kNo, all));
    EXPECT_GE(told.size(), 6u) << "three layers, boxes of one of them, the plot, the end";
    EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
    EXPECT_EQ(told.front(), 0);
    EXPECT_EQ(told.back(), 1);
    const std::string before = readFile(path(name));
    // Given up at any moment the file that was there stays as it was, and no other is left.
    for (std::size_t at = 0; at + 1 < told.size(); ++at) {
      std::stop_source source;
      FigureProgress some;
      some.stop = source.get_token();
      some.done = [&, calls = std::size_t{0}](double) mutable {
        if (calls++ == at) source.request_stop();
      };
      const auto report = renderFigure(spec, path(name), Overwrite::kYes, some);
      ASSERT_FALSE(report) << at;
      EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
      EXPECT_NE(report.error().text().find(name), std::string::npos);
    }
    EXPECT_EQ(readFile(path(name)), before);
    ASSERT_TRUE(std::filesystem::remove(path(name)));
    EXPECT_TRUE(std::filesystem::is_empty(std::filesystem::path(path(name)).parent_path()));
  }
}

TEST_F(FigureTest, AViewBecomesAFigureWithItsLayersSelectionAndCrop) {
  ViewLink link;
  CanvasModel view(link);
  EXPECT_FALSE(panelFromView(view, {}).evidence);
  view.showProbes({ProbeFrame::of(*makeSyntheticEvidence())});
  view.layers().setVisible("predictions", true);
  view.selectPair(2, 100);
  FigureSpec spec;
  spec.panels = {panelFromView(view, {10, 20, 110, 70})};
  EXPECT_EQ(spec.panels[0].layers, view.layers().layers());
  EXPECT_EQ(spec.panels[0].selectedObject, 2);
  EXPECT_EQ(spec.panels[0].selectedAnchor, 100);
  EXPECT_EQ(spec.panels[0].cropInImage, (Box{10, 20, 110, 70}));
  render(spec, path("view.pdf"));
}

TEST_F(FigureTest, WhatIsBrushedStandsOutAsOnTheCanvas) {
  ViewLink link;
  CanvasModel view(link);
  view.showProbes({ProbeFrame::of(*makeSyntheticEvidence())});
  CandidateCondition condition;
  condition.ranges = {{"iou", 0.5f, 1}};
  view.brush(condition);
  const auto brushed = static_cast<std::size_t>(view.subset()->count);
  ASSERT_GT(brushed, 10u);
  FigureSpec spec;
  spec.scores = false;
  // Boxes of their own; in a layer of anchors the others go where they are hidden.
  for (const Layer& layer : std::vector<Layer>(view.layers().layers()))
    view.layers().setVisible(layer.id, layer.id == "image");
  spec.panels = {panelFromView(view, {})};
  EXPECT_EQ(render(spec, path("brushed.pdf")).vectorBoxes, brushed);
  view.layers().showOnly("channel:iou");
  view.setBrushHidesOthers(true);
  spec.panels = {panelFromView(view, {})};
  EXPECT_EQ(render(spec, path("hidden.pdf")).vectorBoxes, 2 * brushed) << "below their colours";
}

TEST_F(FigureTest, ALayerWithoutItsChannelIsSaid) {
  FigureSpec spec = onePanel({"image"});
  Layer gone = channelLayer(spec.panels[0].evidence->channels[0].spec);
  gone.channel = "vanished";
  gone.visible = true;
  spec.panels[0].layers.push_back(gone);
  const FigureReport report = render(spec, path("gone.svg"));
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_NE(report.notes[0].find("vanished"), std::string::npos);
}

TEST(FigureMapTest, MapsOfCellsStandInEveryFormatWithTheirColourBar) {
  const TemporaryFolder folder;
  FigureSpec spec;
  FigurePanel panel;
  panel.evidence = testing::withLipMaps(makeSyntheticEvidence());
  panel.layers = layersShowing(*panel.evidence, {"image", "channel:lip.layer3.conv.importance", "objects"});
  spec.panels.push_back(panel);
  FigureSpec without = spec;
  without.panels[0].layers = layersShowing(*panel.evidence, {"image", "objects"});
  for (const char* suffix : {"pdf", "svg", "png"}) {
    const std::string with = (folder / (std::string("map.") + suffix)).string(),
                      bare = (folder / (std::string("bare.") + suffix)).string();
    ASSERT_TRUE(renderFigure(spec, with, Overwrite::kNo)) << suffix;
    ASSERT_TRUE(renderFigure(without, bare, Overwrite::kNo)) << suffix;
    if (std::string(suffix) != "png") {
      EXPECT_GT(std::filesystem::file_size(with), std::filesystem::file_size(bare)) << suffix;
    }
  }
  const QImage map(QString::fromStdString((folder / "map.png").string()));
  const QImage bare(QString::fromStdString((folder / "bare.png").string()));
  EXPECT_EQ(map.width(), bare.width());
  EXPECT_GT(map.height(), bare.height()) << "room for the colour bar";
  int differing = 0;
  for (int x = 0; x < map.width(); x += 7)
    differing += map.pixel(x, bare.height() / 2) != bare.pixel(x, bare.height() / 2) ? 1 : 0;
  EXPECT_GT(differing, map.width() / 14);
  testing::keepPicture(map, "figure_map");
}

}  // namespace
}  // namespace anchorscope
