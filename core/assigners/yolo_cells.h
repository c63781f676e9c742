#pragma once
// Internal header (ATen). YOLOv5's candidates, which YOLOv7 ranks further: of every level and base anchor the
// cell of an object's centre and its nearest neighbours, where the object's sides are not too unlike the base
// anchor's.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "core/base/combination.h"
#include "core/base/param.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

struct YoloCellOptions {
  double ratio = 4;  ///< Sides may differ by less than this factor.
  double neighbour =
      0.5;  ///< A neighbour counts whose border is nearer than this share of a cell; 1: all four.
};

/// In P places per object: levels, base anchors, and five cells: own, left, up, right, below. [B,G,P]
struct YoloCells {
  at::Tensor anchor;  ///< int64 index of the anchor in that cell.
  at::Tensor ratio;   ///< Largest factor between the sides of object and base anchor.
  at::Tensor cell;    ///< int64 0 own, 1 left, 2 up, 3 right, 4 below.
  at::Tensor near;    ///< bool: the own cell, or a neighbour near enough, of an object.
  at::Tensor valid;   ///< bool: near, and the ratio is below the bound.
};

/// boxes [B,G,4], valid [B,G]. Anchors must lie on a grid, the base anchors of a cell one after the other. A
/// centre on the map's right or lower border is in its last cell (the authors' code; mmyolo ends there).
YoloCells yoloCells(const AnchorSet& anchors, const at::Tensor& boxes, const at::Tensor& valid,
                    const YoloCellOptions& options);

/// Options "ratio_thr" and "neighbour_thr".
std::vector<ParamSpec> yoloCellParams();
YoloCellOptions yoloCellOptions(const ParamSet& params);
/// Heads without anchor boxes have no ratios.
std::vector<OptionConflict> yoloCellConflicts(const std::string& title, const HeadTraits& heads);

}  // namespace anchorscope
