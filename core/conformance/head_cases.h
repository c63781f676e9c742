#pragma once
// Internal header (ATen). What the reference files of dense heads (head.*) share: one image's candidates and
// outputs as leaves, a method's losses on them and their gradients.

#include <ATen/ATen.h>

#include <map>
#include <string>

#include "core/conformance/capture_sink.h"
#include "core/conformance/method_cases.h"
#include "core/methods/method.h"

namespace anchorscope::conformance {

/// The input "anchors" [N,4] with the levels and strides of the file.
AnchorSet anchorBoxes(const ReferenceCase& reference, at::Device device);

/// Points at (k + offset) strides of the parameter feature_sizes, rows, then columns: [N,2].
at::Tensor pointsOfFeatures(const ReferenceCase& reference, const at::TensorOptions& options,
                            double offset = 0.5);

/// The options of a registered assigner; a name that there is not is an UnsupportedCase.
ParamSet assignerParams(const std::string& name);

/// What a method gives on one image.
struct HeadRun {
  Outputs outputs;  ///< labels, assigned_gt, loss_cls, loss_bbox (times its weight), loss_centerness.
  std::map<std::string, at::Tensor> scalars;
  PaddedObjects objects;
  CaptureSink sink;
};
/// The losses, and their gradients in the leaves that the heads are made of.
HeadRun runHead(const ReferenceCase& reference, Method& method, const AnchorSet& anchors,
                const HeadOutputs& heads);
HeadRun runHead(const ReferenceCase& reference, const std::string& method, const ParamSet& params,
                const AnchorSet& anchors, const HeadOutputs& heads);

/// Of the only image: a column of the rows as [N,G] float64; 0 where there is none.
at::Tensor pairMatrix(const CaptureSink::PairColumns& rows, const std::string& column, std::int64_t anchors,
                      std::int64_t objects);

}  // namespace anchorscope::conformance
