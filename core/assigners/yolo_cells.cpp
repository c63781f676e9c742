#include "core/assigners/yolo_cells.h"

#include "core/base/check.h"

namespace anchorscope {
namespace {

constexpr std::int64_t kCells = 5;
constexpr const char* kSource = "YOLOv5; mmyolo 0.6.0 YOLOv5Head";

/// One level's; [B,G,A,5].
YoloCells cellsOf(const LevelLayout& level, const at::Tensor& anchors, const at::Tensor& boxes,
                  const at::Tensor& valid, const YoloCellOptions& options) {
  const std::int64_t perCell = level.anchorsPerCell;
  const at::Tensor base =
      anchors.slice(0, level.firstAnchor, level.firstAnchor + perCell);  // the first cell's
  const auto side = [](const at::Tensor& of, int axis) {
    return of.select(-1, axis + 2) - of.select(-1, axis);
  };
  const auto centre = [&](int axis) {
    return (boxes.select(2, axis) + boxes.select(2, axis + 2)) * (0.5 / level.stride);  // [B,G] cells
  };
  const at::Tensor x = centre(0), y = centre(1);
  const auto factor = [&](int axis) {
    const at::Tensor f = side(boxes, axis).unsqueeze(2) / side(base, axis);  // [B,G,A]
    return at::maximum(f, 1 / f);
  };
  const at::Tensor ratio = at::maximum(factor(0), factor(1)).unsqueeze(3);
  const auto fraction = [](const at::Tensor& v) { return v - v.floor(); };
  const at::Tensor fromRight = level.columns - x, fromBelow = level.rows - y;
  const auto nearSide = [&](const at::Tensor& v) { return (fraction(v) < options.neighbour) & (v > 1); };
  const at::Tensor near =
      at::stack({at::ones_like(valid), nearSide(x), nearSide(y), nearSide(fromRight), nearSide(fromBelow)},
                2) &
      valid.unsqueeze(2);  // [B,G,5]
  const double step = options.neighbour;
  const auto place = [](const at::Tensor& v, std::int64_t count) {
    return v.floor().clamp(0, static_cast<double>(count - 1)).nan_to_num(0).to(at::kLong);
  };
  const at::Tensor column = at::stack(
                       {place(x, level.columns), place(x - step, level.columns), place(x, level.columns),
                        place(x + step, level.columns), place(x, level.columns)},
                       2),
                   row = at::stack({place(y, level.rows), place(y, level.rows), place(y - step, level.rows),
                                    place(y, level.rows), place(y + step, level.rows)},
                                   2);
  const at::Tensor cell = (row * level.columns + column).unsqueeze(2) * perCell;  // [B,G,1,5]
  const at::Tensor within = at::arange(perCell, cell.options()).view({1, 1, perCell, 1});
  YoloCells out;
  out.anchor = cell + within + level.firstAnchor;
  const auto whole = [&](const at::Tensor& v) { return v.expand(out.anchor.sizes()); };
  out.ratio = whole(ratio);
  out.cell = whole(at::arange(kCells, cell.options()).view({1, 1, 1, kCells}));
  out.near = whole(near.unsqueeze(2));
  out.valid = out.near & (out.ratio < options.ratio);
  return out;
}

}  // namespace

YoloCells yoloCells(const AnchorSet& anchors, const at::Tensor& boxes, const at::Tensor& valid,
                    const YoloCellOptions& options) {
  ANCHORSCOPE_CHECK(anchors.shared(), "cells of candidates without a grid");
  const std::int64_t batch = boxes.size(0), objects = boxes.size(1);
  std::vector<at::Tensor> anchor, ratio, cell, near, good;
  for (const LevelLayout& level : anchors.levels) {
    if (level.anchorCount() == 0) continue;
    const YoloCells own = cellsOf(level, anchors.boxes.to(boxes.scalar_type()), boxes, valid, options);
    const auto flat = [&](const at::Tensor& values) { return values.reshape({batch, objects, -1}); };
    anchor.push_back(flat(own.anchor));
    ratio.push_back(flat(own.ratio));
    cell.push_back(flat(own.cell));
    near.push_back(flat(own.near));
    good.push_back(flat(own.valid));
  }
  if (anchor.empty()) {
    const at::Tensor none = at::zeros({batch, objects, 0}, valid.options());
    return {none.to(at::kLong), none.to(boxes.scalar_type()), none.to(at::kLong), none, none};
  }
  return {at::cat(anchor, 2), at::cat(ratio, 2), at::cat(cell, 2), at::cat(near, 2), at::cat(good, 2)};
}

std::vector<ParamSpec> yoloCellParams() {
  return {floatParam("ratio_thr", 4, 1, 1e3, "1",
                     "By less than this factor an object's width and height may differ from a base anchor's.",
                     kSource),
          floatParam("neighbour_thr", 0.5, 0, 1, "cells",
                     "How near to a border of its cell an object's centre must lie for the neighbour there "
                     "to learn it, too; "
                     "1: all four.",
                     kSource)};
}

YoloCellOptions yoloCellOptions(const ParamSet& params) {
  return {params.getFloat("ratio_thr"), params.getFloat("neighbour_thr")};
}

std::vector<OptionConflict> yoloCellConflicts(const std::string& title, const HeadTraits& heads) {
  if (!heads.points) return {};
  return {{"assigner", title + " compares objects with anchor boxes, and the model has points without boxes",
           "Choose another assigner, or a model with anchor boxes"}};
}

}  // namespace anchorscope
