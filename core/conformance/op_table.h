#pragma once
// Internal header (ATen). How reference files reach the product's code: one table from op names to runners.
//
// To add ops: write a file core/conformance/<family>_ops.cpp with a function that returns its entries,
// declare the function below, and name it in the list in op_table.cpp. A runner receives the case and the
// device, calls the product's own code, and returns what it gave under the names of the case's expected keys.
// It may leave out keys that the program does not expose; they are reported as not compared. It may return
// more than is expected. It throws MalformedCase when the file lacks what the op needs and UnsupportedCase
// when the program cannot do what it asks for.

#include <functional>
#include <string>
#include <vector>

#include "core/conformance/reference_case.h"

namespace anchorscope::conformance {

struct OpEntry {
  std::string op;  ///< "boxes.iou"
  std::function<Outputs(const ReferenceCase&, at::Device)> run;
};

std::vector<OpEntry> boxOps();
std::vector<OpEntry> anchorOps();
std::vector<OpEntry> lossOps();
std::vector<OpEntry> batchLossOps();
std::vector<OpEntry> samplerOps();
std::vector<OpEntry> assignerOps();
std::vector<OpEntry> denseHeadOps();
std::vector<OpEntry> modelOps();
std::vector<OpEntry> fcosModelOps();
std::vector<OpEntry> evaluationOps();
std::vector<OpEntry> harmonicOps();
std::vector<OpEntry> samplingFreeOps();
std::vector<OpEntry> lipOps();
std::vector<OpEntry> simOtaOps();
std::vector<OpEntry> lipModelOps();
std::vector<OpEntry> alignedOps();
std::vector<OpEntry> dynamicKOps();
std::vector<OpEntry> bagOps();
std::vector<OpEntry> yoloOps();
std::vector<OpEntry> roiOps();
std::vector<OpEntry> maskOps();
std::vector<OpEntry> cocoOps();
std::vector<OpEntry> ssdModelOps();
std::vector<OpEntry> twoStageModelOps();

/// Every entry, sorted by op.
const std::vector<OpEntry>& opTable();

}  // namespace anchorscope::conformance
