#include "core/ops/roi_align.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "core/ops/dispatch.h"
#include "core/ops/packed.h"
#include "core/ops/roi_backends.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool isEmpty(at::TensorList maps, const RoiPlan& plan) {
  return plan.regions == 0 ||
         std::any_of(maps.begin(), maps.end(), [](const at::Tensor& map) { return map.numel() == 0; });
}

at::Tensor forwardPass(at::TensorList maps, const at::Tensor& regions, const RoiPlan& plan) {
  const at::Tensor& first = maps[0];
  if (isEmpty(maps, plan))
    return at::zeros({plan.regions, first.size(1), plan.cells.rows, plan.cells.columns}, first.options());
  const c10::DeviceGuard guard(first.device());
  return (usesKernels(first) ? roiForwardOnCuda : roiForwardOnCpu)(maps.vec(), regions, plan);
}

class RoiAlign : public torch::autograd::Function<RoiAlign> {
 public:
  static at::Tensor forward(AutogradContext* context, at::TensorList maps, const at::Tensor& regions,
                            const RoiPlan& plan) {
    context->save_for_backward({regions});
    context->saved_data["plan"] = packed(plan);
    std::vector<std::int64_t> sizes;
    for (const at::Tensor& map : maps)
      sizes.insert(sizes.end(), map.sizes().begin(), map.sizes().end());
    context->saved_data["sizes"] = sizes;
    return forwardPass(maps, regions, plan);
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const auto plan = unpacked<RoiPlan>(context->saved_data["plan"].toTensor());
    const std::vector<std::int64_t> sizes = context->saved_data["sizes"].toIntVector();
    variable_list gradients;
    for (std::size_t i = 0; i < sizes.size(); i += 4)
      gradients.push_back(
          at::zeros(at::IntArrayRef(sizes).slice(i, 4), upstreams[0].options()).contiguous(plan.format));
    if (!isEmpty(gradients, plan)) {
      const c10::DeviceGuard guard(upstreams[0].device());
      (usesKernels(upstreams[0]) ? roiBackwardOnCuda : roiBackwardOnCpu)(
          upstreams[0].contiguous(plan.format), context->get_saved_variables()[0], plan, gradients);
    }
    gradients.resize(gradients.size() + 2);  // the regions and the plan
    return gradients;
  }
};

void check(const RoiMaps& maps, const at::Tensor& boxes, const at::Tensor& image, const at::Tensor& level,
           const RoiCells& cells) {
  ANCHORSCOPE_CHECK(!maps.maps.empty() && maps.maps.size() <= RoiMaps::kMost, maps.maps.size(), " maps");
  ANCHORSCOPE_CHECK(maps.scales.size() == maps.maps.size(), maps.scales.size(), " scales of ",
                    maps.maps.size(), " maps");
  const at::Tensor& first = maps.maps.front();
  for (const at::Tensor& map : maps.maps) {
    ANCHORSCOPE_CHECK(map.dim() == 4 && isFloating(map), "a map ", map.sizes(), " of dtype ",
                      toString(map.scalar_type()));
    ANCHORSCOPE_CHECK(map.size(0) == first.size(0) && map.size(1) == first.size(1) &&
                          map.scalar_type() == first.scalar_type() && map.device() == first.device(),
                      "maps ", first.sizes(), " and ", map.sizes());
  }
  ANCHORSCOPE_CHECK(boxes.dim() == 2 && boxes.size(1) == 4 && boxes.is_floating_point(), "boxes are ",
                    boxes.sizes());
  for (const at::Tensor& index : {image, level})
    ANCHORSCOPE_CHECK(index.dim() == 1 && index.size(0) == boxes.size(0) && index.scalar_type() == at::kLong,
                      "images or levels are ", index.sizes());
  for (const at::Tensor& tensor : {boxes, image, level})
    ANCHORSCOPE_CHECK(tensor.device() == first.device(), "regions and maps are on different devices");
  ANCHORSCOPE_CHECK(cells.rows >= 1 && cells.columns >= 1, cells.rows, " x ", cells.columns, " cells");
  ANCHORSCOPE_CHECK(cells.samplingRatio >= 0 && cells.samplingRatio <= 1024, "sampling ratio ",
                    cells.samplingRatio);
}

}  // namespace

at::Tensor roiAlign(const RoiMaps& maps, const at::Tensor& boxes, const at::Tensor& image,
                    const at::Tensor& level, const RoiCells& cells) {
  check(maps, boxes, image, level, cells);
  const RoiPlan plan{cells, boxes.size(0), maps.maps.front().suggest_memory_format()};
  RoiMaps same{{}, maps.scales};
  bool learns = false;
  for (const at::Tensor& map : maps.maps) {
    same.maps.push_back(map.contiguous(plan.format));
    learns = learns || map.requires_grad();
  }
  at::Tensor regions;
  if (!isEmpty(same.maps, plan)) {
    const c10::DeviceGuard guard(boxes.device());
    const at::Tensor corners = boxes.detach().to(same.maps.front().scalar_type()).contiguous();
    regions = (usesKernels(corners) ? roiRegionsOnCuda : roiRegionsOnCpu)(same, corners, image.contiguous(),
                                                                          level.contiguous(), cells);
  } else {
    regions = at::empty({0}, boxes.options().dtype(at::kByte));
  }
  const at::TensorList list(same.maps);
  if (at::GradMode::is_enabled() && learns) return RoiAlign::apply(list, regions, plan);
  return forwardPass(list, regions, plan);
}

at::Tensor roiAlign(const at::Tensor& map, double scale, const at::Tensor& boxes, const at::Tensor& image,
                    const RoiCells& cells) {
  return roiAlign({{map}, {scale}}, boxes, image, at::zeros_like(image), cells);
}

at::Tensor roiLevels(const at::Tensor& boxes, const RoiLevelRule& rule) {
  ANCHORSCOPE_CHECK(boxes.dim() == 2 && boxes.size(1) == 4 && isFloating(boxes), "boxes are ", boxes.sizes());
  const at::Tensor side =
      ((boxes.select(1, 2) - boxes.select(1, 0)) * (boxes.select(1, 3) - boxes.select(1, 1))).sqrt();
  const at::Tensor level = at::floor(rule.canonicalLevel + at::log2(side / rule.canonicalSide) + 1e-6);
  return (at::nan_to_num(level, rule.first).clamp(rule.first, rule.last) - rule.first).to(at::kLong);
}

}  // namespace anchorscope
