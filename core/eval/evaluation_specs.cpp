#include "core/eval/evaluation_specs.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/eval/coco_ap.h"
#include "core/eval/detection_errors.h"
#include "core/evidence/spec_forms.h"

namespace anchorscope {

std::vector<ScalarSpec> evaluationScalarSpecs(bool masks) {
  std::vector<ScalarSpec> out;
  const auto add = [&](const CocoStat& stat) {
    out.push_back(scalarOf(concat("eval.", stat.name), concat(stat.title, ", validation"), "1",
                           concat("COCO ", stat.title, " on the validation set (", stat.description,
                                  "); -1 where there is nothing to measure."),
                           "ours"));
  };
  std::ranges::for_each(kCocoStats, add);
  if (masks) std::ranges::for_each(kMaskStats, add);
  for (const ErrorKind& kind : kErrorKinds)
    out.push_back(
        scalarOf(concat("eval.", kind.name), concat(kind.title, ", AP50 lost"), "1",
                 concat(kind.description,
                        " What AP50 on the validation set would gain without them; -1 where there is "
                        "nothing to measure."),
                 "Bolya et al. 2020"));
  return out;
}

}  // namespace anchorscope
