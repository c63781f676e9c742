#pragma once
// What lies over the image, as plain data: one Layer per thing that can be shown. No Qt.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/evidence/frame.h"
#include "widgets/overlays/color_map.h"

namespace anchorscope {

enum class LayerKind {
  kImage,
  kHeat,         ///< A kCell channel as translucent cells.
  kAnchors,      ///< Boxes of all anchors, coloured by a kAnchor channel.
  kPredictions,  ///< Detections after NMS, with score.
  kObjects,      ///< Ground truth: white with a dark halo.
  kBag,          ///< The selected object's bag: classification weights orange, regression weights blue.
  kArrows        ///< Of every object an arrow from the best-scored member of its bag to the best-placed one.
};

enum class RangeMode {
  kDeclared,  ///< The channel's own range (ChannelSpec::min/max); what it leaves open is taken from the
              ///< values.
  kAuto,      ///< Smallest to largest finite value of the shown frame.
  kSticky,    ///< As kAuto, but only ever widens while frames go by.
  kManual     ///< rangeLow .. rangeHigh as set.
};

/// Which box of an anchor is drawn.
enum class BoxKind { kAnchor, kPredicted };

/// Which values matter most: they are drawn last (on top) and, with `fade`, most opaque.
enum class Emphasis { kHigh, kLow };

/// The value of one anchor maps to t = (value - low) / (high - low), clamped to [0, 1].
struct ValueRange {
  float low = 0, high = 1;
  bool operator==(const ValueRange&) const = default;
  float normalized(float value) const;
};

struct Layer {
  std::string id;  ///< Unique in a stack and stable over frames: "image", "objects", "channel:cls_score".
  LayerKind kind = LayerKind::kImage;
  std::string title;    ///< For people.
  std::string channel;  ///< kAnchors and kHeat: ChannelSpec::name.
  /// kAnchors: another one that is shown at once, by mixing: `channel` in the hue of classification, this in
  /// that of regression, both near white. Empty: none.
  std::string second;
  bool visible = true;
  bool solo = false;  ///< While any layer that can be drawn is solo only those (and the image) are.
  float opacity = 1;  ///< [0, 1]

  /// kPredictions: from adaptiveScore() of the frame on, whatever filterMin is.
  bool adaptiveFilter = false;

  // kAnchors and kHeat; the filter also of kPredictions, whose values are scores
  ColorMapId colorMap = ColorMapId::kCividis;
  bool reverseColors = false;  ///< The map's bright end at the low end of the range.
  RangeMode rangeMode = RangeMode::kDeclared;
  float rangeLow = 0, rangeHigh = 1;  ///< kManual: as set. kSticky: the range so far.
  float filterMin =
      -std::numeric_limits<float>::infinity();  ///< Values outside [filterMin, filterMax] are not drawn.
  float filterMax = std::numeric_limits<float>::infinity();
  Emphasis emphasis = Emphasis::kHigh;
  bool fade = true;     ///< Opacity falls to 0 towards the unimportant end of the range.
  bool smooth = false;  ///< kHeat: values are interpolated between cells; otherwise each cell has its colour.

  // kAnchors and kBag
  BoxKind boxes = BoxKind::kAnchor;
  std::uint32_t levels = ~0u;  ///< Bit l: pyramid level l (index into CandidateSet::levels) is drawn.
  float lineWidthPx = 1;       ///< Device-independent pixels (points in a figure).
  float fillOpacity = 0;       ///< Of the inside, relative to the outline's.

  bool operator==(const Layer&) const = default;
  bool showsLevel(int level) const { return level < 0 || level >= 32 || ((levels >> level) & 1u) != 0; }
  bool hasChannel() const { return kind == LayerKind::kAnchors || kind == LayerKind::kHeat; }
};

/// The layers a frame gives rise to, bottom to top: image, one per channel (all but one hidden), predictions,
/// objects, bag.
std::vector<Layer> defaultLayers(const StageEvidence& evidence);

/// A channel's layer with everything from its declaration.
Layer channelLayer(const ChannelSpec& spec);

/// Layers of two channels at once: of the method's weights of both heads, and of score and overlap, as far as
/// the stage has them.
std::vector<Layer> mutualLayers(const StageEvidence& evidence);

/// Which end of a channel matters: low for kLowerIsBetter (ranks, distances), except losses ("loss.…"), where
/// high does.
Emphasis defaultEmphasis(const ChannelSpec& spec);

/// Whether the frame has what the layer shows: false for layers of another method's channels.
bool hasValuesFor(const Layer& layer, const StageEvidence& evidence);

/// What a layer measures an anchor by: its channel's value, of two the larger one that is defined.
float layerValue(const Channel& channel, const Channel* second, std::size_t candidate);

/// Indices of the layers to draw of this frame, bottom to top, after visibility and solo. A solo layer that
/// the frame has no values for hides nothing.
std::vector<std::size_t> drawnLayers(const std::vector<Layer>& layers, const StageEvidence& evidence);

/// The value that is neither much nor little on a diverging scale: the middle of the declared range, 1 for a
/// ratio (declared to start at 0, without an upper end), else 0.
float neutralValue(const ChannelSpec& spec);

/// The range a layer's colours span for this channel. Never empty: a range of no width is widened by 0.5 on
/// both sides. Diverging scales keep their neutral value in the middle; a ratio spans 0 to 2 as declared.
ValueRange resolveRange(const Layer& layer, const Channel& channel);

/// Smallest and largest finite value; false when there is none.
bool finiteRange(const std::vector<float>& values, ValueRange& out);

/// Counts of the finite values in equal bins over the range; values outside are counted in `below` and
/// `above`.
struct Histogram {
  std::vector<std::size_t> counts;
  std::size_t below = 0, above = 0, undefined = 0;  ///< undefined: NaN and infinite values
};
Histogram histogram(const std::vector<float>& values, const ValueRange& range, int bins);

/// "P3" .. by stride, as CandidateSet::label says.
std::string levelName(const CandidateSet& anchors, int level);

}  // namespace anchorscope
