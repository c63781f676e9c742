#pragma once
// The evidence of one probe image at one step: plain, immutable once published, shared by every view and by
// the store.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/geometry.h"
#include "core/evidence/specs.h"

namespace anchorscope {

/// 8-bit RGB pixels, rows top to bottom, 3 bytes per pixel, no padding.
struct ImagePixels {
  SizePx size;
  std::vector<std::uint8_t> rgb;  ///< size.width * size.height * 3
};

/// One pyramid level's place in the anchor order: level, row, column, anchor-in-cell.
struct LevelLayout {
  int stride = 0;  ///< px of the input frame
  int rows = 0, columns = 0;
  int anchorsPerCell = 1;
  std::int64_t firstAnchor = 0;  ///< Index of the level's first anchor.
  std::int64_t anchorCount() const { return std::int64_t{1} * rows * columns * anchorsPerCell; }
  bool operator==(const LevelLayout&) const = default;
};

/// Where a candidate of a fixed grid sits.
struct GridAddress {
  int level = 0;  ///< Index into levels (0 = finest); shown as P3.. by stride.
  int row = 0, column = 0, slot = 0;
};

/// The boxes that a stage's heads speak of, in a fixed order: anchors, which are the same at every step and
/// shared by all frames of an input size, or boxes of one step, made from an earlier stage's candidates.
struct CandidateSet {
  std::vector<LevelLayout> levels;  ///< Empty: not on a grid.
  std::vector<Box> boxesInInput;  ///< N; for point detectors a stride-sized box around the point. Degenerate:
                                  ///< a place that holds no candidate at this step.
  /// N, or on a grid empty: of each the earlier stage's candidate that it was made from; -1: from none (an
  /// object's own box, added to learn from).
  std::vector<std::int32_t> origins;

  std::size_t count() const { return boxesInInput.size(); }
  bool onGrid() const { return !levels.empty(); }
  /// Only for candidates of a grid.
  GridAddress address(std::size_t candidate) const;
  /// Index of an address, or -1 when it lies outside.
  std::int64_t index(const GridAddress& address) const;
  /// "P4 (21, 14) a1": level by log2(stride), row, column, anchor-in-cell. Empty without a grid.
  std::string label(std::size_t candidate) const;
};

/// One ground-truth object.
struct ObjectRecord {
  Box boxInImage;
  int classIndex = 0;    ///< 0-based
  bool ignored = false;  ///< Crowd or difficult: not trained on.
};

/// One detection after post-processing.
struct PredictionRecord {
  Box boxInImage;
  int classIndex = 0;
  float score = 0;
  std::int64_t candidate = -1;  ///< Of the stage that the prediction belongs to.
};

/// A feature map laid over the input frame, which need not be a pyramid level: cell (row, column) covers the
/// px [column * stride, (column + 1) * stride) x [row * stride, (row + 1) * stride).
struct CellGrid {
  int stride = 0;  ///< px of the input frame; 0: none.
  int rows = 0, columns = 0;
  /// The map of a network whose every halving rounds up.
  static CellGrid of(int stride, SizePx inputSize) {
    return {stride, (inputSize.height + stride - 1) / stride, (inputSize.width + stride - 1) / stride};
  }
  std::int64_t count() const { return std::int64_t{1} * rows * columns; }
  bool operator==(const CellGrid&) const = default;
};

/// Values of one channel.
struct Channel {
  ChannelSpec spec;
  CellGrid grid;              ///< kCell: the feature map; empty for kCandidate.
  std::vector<float> values;  ///< kCandidate: N; kCell: rows * columns. NaN = not defined here.
};

/// Rows of one pair table, column by column.
struct PairTable {
  PairTableSpec spec;
  std::vector<std::int32_t> candidate;      ///< Per row.
  std::vector<std::int32_t> object;         ///< Per row: index into ProbeImage::objects.
  std::vector<std::vector<float>> columns;  ///< [spec.columns.size()][rows]; sorted by (object, candidate).
  /// Of each object only the members (spec.memberColumn) and so many other pairs, the best by
  /// spec.sortColumn, are here; -1: every pair the method considered.
  std::int32_t missesPerObject = -1;
  std::vector<std::int32_t> omitted;  ///< Per object: pairs left out by that bound; empty without a bound.

  /// Pairs of this object that were left out.
  std::int32_t omittedOf(std::int32_t objectIndex) const {
    const auto index = static_cast<std::size_t>(objectIndex);
    return objectIndex >= 0 && index < omitted.size() ? omitted[index] : 0;
  }
  std::size_t rowCount() const { return candidate.size(); }
  /// Column index by name, or -1.
  int columnIndex(std::string_view name) const;
  /// Row of a pair, or -1. Binary search.
  std::int64_t row(std::int32_t candidateIndex, std::int32_t objectIndex) const;
  /// Half-open row range of an object.
  std::pair<std::size_t, std::size_t> rowsOfObject(std::int32_t objectIndex) const;
};

/// Values of one object column.
struct ObjectColumn {
  ObjectColumnSpec spec;
  std::vector<float> values;  ///< One per object.
};

/// What never changes about a probe during a run.
struct ProbeImage {
  std::string name;                           ///< Unique in its data set; what --image takes.
  std::shared_ptr<const ImagePixels> pixels;  ///< The original image.
  AxisTransform inputFromImage;               ///< How the detector sees it (no augmentation).
  SizePx inputSize;
  std::vector<ObjectRecord> objects;
};

/// What another method, or the same with other options, says of a step's outputs, beside what the run itself
/// did with them.
struct Variant {
  std::string name;  ///< For people, and unique among those of a frame: "atss", "musu, t = 0.2".
  std::vector<std::pair<std::string, std::string>> options;  ///< Those that differ from the run's, as text.
  bool operator==(const Variant&) const = default;
};

/// Which image, when.
struct ProbeMoment {
  std::int64_t step = 0;  ///< Number of optimizer steps done when this was measured; 0 = before training.
  std::shared_ptr<const ProbeImage> image;
  std::shared_ptr<const std::vector<std::string>> classNames;
  std::shared_ptr<const Variant> variant;  ///< Null: the run's own.
};

/// What one stage of the detector did with an image: all that a view needs to draw it.
struct StageEvidence : ProbeMoment {
  StageSpec stage;
  std::shared_ptr<const CandidateSet> candidates;
  std::vector<Channel> channels;
  /// N decoded boxes, of heads with a box per class the best-scoring class'; empty when not captured.
  std::vector<Box> predictedBoxesInInput;
  std::vector<PairTable> pairTables;
  std::vector<ObjectColumn> objectColumns;
  std::vector<DecisionSpec> decisions;
  std::vector<PredictionRecord>
      predictions;  ///< After NMS, best first; of the last stage for most detectors.

  const Channel* channel(std::string_view name) const;
  const PairTable* pairTable(std::string_view name) const;
  const ObjectColumn* objectColumn(std::string_view name) const;

  /// Where a candidate is or comes from: "P4 (21, 14) a1", "from anchor 266"; empty where neither is known.
  std::string label(std::size_t candidate) const;
  /// What a candidate is called: "anchor 266 \u00b7 P4 (21, 14) a1", "proposal 17 from anchor 266".
  std::string address(std::size_t candidate) const;
};

/// A probe image's evidence at one step: of each stage of the detector, in their order, at least one.
/// Immutable once published.
struct ProbeFrame : ProbeMoment {
  std::vector<std::shared_ptr<const StageEvidence>> stages;

  /// A frame of one stage, of the same moment.
  static std::shared_ptr<const ProbeFrame> of(StageEvidence evidence);
};

}  // namespace anchorscope
