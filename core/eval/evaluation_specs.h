#pragma once
// View header. The scalars that an evaluation gives, declared.

#include <array>
#include <vector>

#include "core/eval/coco_ap.h"
#include "core/evidence/specs.h"

namespace anchorscope {

/// COCO's first numbers of masks in place of boxes, by their names among an evaluation's.
inline constexpr std::array<CocoStat, 3> kMaskStats{
    {{"mask_ap", "Mask AP", "Of masks: mean over IoU thresholds 0.50 to 0.95"},
     {"mask_ap50", "Mask AP50", "Of masks: at IoU 0.50"},
     {"mask_ap75", "Mask AP75", "Of masks: at IoU 0.75"}}};

/// "eval.ap" ... COCO's numbers, "eval.tide.loc" ... what each kind of error costs; masks: "eval.mask_ap" ...
std::vector<ScalarSpec> evaluationScalarSpecs(bool masks = false);

}  // namespace anchorscope
