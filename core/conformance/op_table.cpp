#include "core/conformance/op_table.h"

#include <algorithm>

namespace anchorscope::conformance {

const std::vector<OpEntry>& opTable() {
  static const std::vector<OpEntry> table = [] {
    std::vector<OpEntry> all;
    for (const auto& family :
         {boxOps,       anchorOps,   lossOps,      batchLossOps,  samplerOps,  assignerOps,
          denseHeadOps, modelOps,    fcosModelOps, evaluationOps, harmonicOps, samplingFreeOps,
          lipOps,       lipModelOps, simOtaOps,    alignedOps,    dynamicKOps, bagOps,
          yoloOps,      roiOps,      maskOps,      cocoOps,       ssdModelOps, twoStageModelOps}) {
      for (OpEntry& entry : family())
        all.push_back(std::move(entry));
    }
    std::sort(all.begin(), all.end(), [](const OpEntry& a, const OpEntry& b) { return a.op < b.op; });
    return all;
  }();
  return table;
}

}  // namespace anchorscope::conformance
