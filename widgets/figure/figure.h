#pragma once
// Figures for papers: image, layers, colour bar and curves to PDF, SVG or PNG. Vector boxes, embedded
// TrueType fonts, lossless images, an exact page, and the same bytes for the same spec. Needs a
// QGuiApplication (any platform, also offscreen); no widgets.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/layer.h"
#include "widgets/overlays/trail.h"

namespace anchorscope {

class CanvasModel;

/// One image with its layers.
struct FigurePanel {
  std::shared_ptr<const StageEvidence> evidence;
  std::vector<Layer> layers;         ///< Bottom to top; visibility and solo count as in the window.
  int selectedObject = -1;           ///< Whose bag the bag layer shows.
  std::int64_t selectedAnchor = -1;  ///< Drawn highlighted.
  std::vector<TrailBox> trail;       ///< Drawn below the selection.
  Box cropInImage;                   ///< Degenerate: the whole image.
  Highlight highlight;               ///< What is brushed.
  std::string caption;               ///< Under the panel, after its letter.
};

struct FigureSeries {
  std::string title;
  Argb color = 0xFF000000;
  std::vector<double> x, y;  ///< Equal lengths; NaN breaks the line.
  bool emphasized = true;    ///< False: thin and pale (raw values behind their smoothed line).
  bool dashed = false;
};

/// Curves with axes.
struct FigureCurves {
  std::vector<FigureSeries> series;
  std::string xTitle = "step", yTitle;
  std::string caption;
};

enum class FigureTheme { kLight, kDark };  ///< Independent of the window's.

struct FigureSpec {
  std::vector<FigurePanel> panels;
  std::vector<FigureCurves> curves;  ///< After the panels, each the width of the figure.
  int columns = 0;                   ///< 0: as many as panels, at most 4.
  double widthMm = 84;               ///< A single column; the height follows from the content.
  double dpi = 300;                  ///< PNG, and of rasterised layers.
  double fontPt = 7;
  double lineWidthPt = 0.5;  ///< What a layer's lineWidthPx of 1 becomes.
  bool colorBar = true;      ///< One per panel, of its topmost channel layer.
  bool letters = true;       ///< (a) (b) (c) when there is more than one panel
  bool scores = true;        ///< Labels of objects and predictions.
  FigureTheme theme = FigureTheme::kLight;
  /// PDF and SVG: layers with more boxes than this become one lossless raster each. 0: never.
  std::size_t rasterAbove = 0;
};

struct FigureReport {
  double widthMm = 0, heightMm = 0;
  std::size_t vectorBoxes = 0, rasterBoxes = 0;
  std::vector<std::string> notes;  ///< What the user should know: rasterised layers, layers without data.
};

/// A figure that is drawn on a thread of its own: what is told and asked there between its layers and plots,
/// and every few thousand boxes.
struct FigureProgress {
  std::function<void(double)> done = {};  ///< The share of the work, in [0, 1]; never falls.
  std::stop_token stop = {};              ///< The file is not wanted any more.

  /// kCancelled when it is not.
  Status wanted(const std::string& path) const;
};

/// Writes the file whole or not at all. The kind follows from the extension: .pdf, .svg or .png; anything
/// else is kUsage.
Result<FigureReport> renderFigure(const FigureSpec& spec, const std::string& path, Overwrite overwrite,
                                  const FigureProgress& progress = {});

/// What a canvas of the window shows: its frame, layers and selection, cropped to what is visible; without a
/// frame a panel that cannot be drawn.
FigurePanel panelFromView(const CanvasModel& canvas, const Box& visibleInImage);

}  // namespace anchorscope
