#pragma once
// Internal header (ATen). Keeps what a method publishes, by name.

#include <map>
#include <string>

#include "core/ops/evidence_sink.h"

namespace anchorscope::conformance {

class CaptureSink final : public EvidenceSink {
 public:
  void channel(const ChannelSpec& spec, const at::Tensor& values, int) override {
    channels[spec.name] = values;
  }
  void pairs(const PairTableSpec& spec, const PairRows& rows) override {
    PairColumns& table = tables[spec.name];
    table.image = rows.image;
    table.anchor = rows.anchor;
    table.object = rows.object;
    for (std::size_t k = 0; k < spec.columns.size(); ++k)
      table.columns[spec.columns[k].name] = rows.columns[k];
  }
  void objects(const ObjectColumnSpec& spec, const at::Tensor& values) override {
    objectColumns[spec.name] = values;
  }

  struct PairColumns {
    at::Tensor image, anchor, object;
    std::map<std::string, at::Tensor> columns;
  };
  std::map<std::string, at::Tensor> channels, objectColumns;
  std::map<std::string, PairColumns> tables;
};

}  // namespace anchorscope::conformance
