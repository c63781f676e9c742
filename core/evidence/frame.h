#pragma once
// The evidence of one probe image at one step: plain, immutable once published, shared by every view and by
// the store.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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

/// Where an anchor sits.
struct AnchorAddress {
  int level = 0;  ///< Index into levels (0 = finest); shown as P3.. by stride.
  int row = 0, column = 0, slot = 0;
};

/// Anchor boxes of one input size; shared by all frames of a run.
struct AnchorGeometry {
  std::vector<LevelLayout> levels;
  std::vector<Box>
      boxesInInput;  ///< N, in anchor order; for point detectors a stride-sized box around the point.

  std::size_t count() const { return boxesInInput.size(); }
  AnchorAddress address(std::size_t anchor) const;
  /// Index of an address, or -1 when it lies outside.
  std::int64_t index(const AnchorAddress& address) const;
  /// "P4 (21, 14) a1": level by log2(stride), row, column, anchor-in-cell.
  std::string label(std::size_t anchor) const;
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
  std::int64_t anchor = -1;
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
  CellGrid grid;              ///< kCell: the feature map; empty for kAnchor.
  std::vector<float> values;  ///< kAnchor: N; kCell: rows * columns. NaN = not defined here.
};

/// Rows of one pair table, column by column.
struct PairTable {
  PairTableSpec spec;
  std::vector<std::int32_t> anchor;         ///< Per row.
  std::vector<std::int32_t> object;         ///< Per row: index into ProbeFrame::objects.
  std::vector<std::vector<float>> columns;  ///< [spec.columns.size()][rows]; rows sorted by (object, anchor).
  /// Of each object only the members (spec.memberColumn) and so many other pairs, the best by
  /// spec.sortColumn, are here; -1: every pair the method considered.
  std::int32_t missesPerObject = -1;
  std::vector<std::int32_t> omitted;  ///< Per object: pairs left out by that bound; empty without a bound.

  /// Pairs of this object that were left out.
  std::int32_t omittedOf(std::int32_t objectIndex) const {
    const auto index = static_cast<std::size_t>(objectIndex);
    return objectIndex >= 0 && index < omitted.size() ? omitted[index] : 0;
  }
  std::size_t rowCount() const { return anchor.size(); }
  /// Column index by name, or -1.
  int columnIndex(std::string_view name) const;
  /// Row of a pair, or -1. Binary search.
  std::int64_t row(std::int32_t anchorIndex, std::int32_t objectIndex) const;
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

/// A probe image's evidence at one step. Immutable once published.
struct ProbeFrame {
  std::int64_t step = 0;  ///< Number of optimizer steps done when this was measured; 0 = before training.
  std::shared_ptr<const ProbeImage> image;
  std::shared_ptr<const AnchorGeometry> anchors;
  std::shared_ptr<const std::vector<std::string>> classNames;
  std::vector<Channel> channels;
  std::vector<Box> predictedBoxesInInput;  ///< N decoded boxes; empty when not captured.
  std::vector<PairTable> pairTables;
  std::vector<ObjectColumn> objectColumns;
  std::vector<DecisionSpec> decisions;
  std::vector<PredictionRecord> predictions;  ///< After NMS, best first.

  const Channel* channel(std::string_view name) const;
  const PairTable* pairTable(std::string_view name) const;
  const ObjectColumn* objectColumn(std::string_view name) const;
};

}  // namespace anchorscope
