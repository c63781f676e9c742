#pragma once
// Rows of classification losses in float32, vectorised for the processor the program runs on. No ATen.

#include <cstdint>

#include "core/ops/cls_loss_math.h"

namespace anchorscope {

/// One row's targets: soft ones, or a label (the class, or negative for none).
struct ClsRowTargets {
  const float* soft = nullptr;  ///< [classes]; null: label.
  std::int64_t label = -1;
};

/// Whether clsRowSum and clsRowSlopes know these options; otherwise use clsmath::elementLoss.
bool hasVectorForm(const ClsLossOptions& options);

/// Sum of a row's element losses, in double and in an order that does not depend on the processor.
double clsRowSum(const float* logits, const ClsRowTargets& targets, std::int64_t classes,
                 const ClsLossOptions& options);

/// gradient[c] = upstream * derivative of element c by its logit.
void clsRowSlopes(const float* logits, const ClsRowTargets& targets, float upstream, std::int64_t classes,
                  const ClsLossOptions& options, float* gradient);

}  // namespace anchorscope
