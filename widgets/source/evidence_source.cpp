#include "widgets/source/evidence_source.h"

#include <algorithm>

#include "core/evidence/batch_name.h"

namespace anchorscope {
namespace {

bool isOf(const ProbeFrame& frame, const QString& probe) {
  return frame.image && QString::fromStdString(frame.image->name) == probe;
}

}  // namespace

const RunHeader& EvidenceSource::header() const {
  static const RunHeader none;
  return none;
}

std::shared_ptr<const ProbeFrame> frameOf(const Newest& newest, const QString& probe,
                                          const QString& variant) {
  const auto& frames = variant.isEmpty() ? newest.probes : newest.variants;
  const auto found = std::find_if(frames.begin(), frames.end(), [&](const auto& frame) {
    return frame && isOf(*frame, probe) &&
           (variant.isEmpty() || QString::fromStdString(frame->variant->name) == variant);
  });
  if (found != frames.end()) return *found;
  if (!variant.isEmpty()) return nullptr;
  const std::string name = probe.toStdString();
  const std::string_view place = batchPlace(name);
  for (const auto& frame : newest.batch)
    if (!place.empty() && frame->image->name.starts_with(place)) return frame;
  return nullptr;
}

std::vector<Variant> variantsOf(const Newest& newest, const QString& probe) {
  std::vector<Variant> variants;
  for (const auto& frame : newest.variants)
    if (isOf(*frame, probe)) variants.push_back(*frame->variant);
  return variants;
}

}  // namespace anchorscope
