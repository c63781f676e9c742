#include "widgets/source/recorded_scalars.h"

#include <algorithm>

namespace anchorscope {

namespace {

constexpr std::int64_t kFirstStep = 0;

}  // namespace

RecordedScalars::RecordedScalars(const RunReader& reader, const std::string& first)
    : reader_(reader), names_(reader.scalarNames()), lastStep_(reader.lastStep()), step_(kFirstStep) {
  std::stable_partition(names_.begin(), names_.end(),
                        [&](const std::string& name) { return name.starts_with(first); });
}

bool RecordedScalars::read(std::size_t values, ScalarParts& parts, std::vector<Error>& errors) {
  while (at_ < names_.size() && values > 0) {
    Result<ScalarSeries> part = reader_.scalarFrom(names_[at_], step_, values);
    if (!part) errors.push_back(part.error());
    const std::size_t count = part ? part->steps.size() : 0;
    const bool more = count == values && part->steps.back() < lastStep_;
    const std::int64_t next = more ? part->steps.back() + 1 : kFirstStep;
    if (part) {
      const auto end = std::upper_bound(part->steps.begin(), part->steps.end(), lastStep_);
      part->steps.erase(end, part->steps.end());
      part->values.resize(part->steps.size());
      if (!part->steps.empty()) parts.emplace_back(names_[at_], *std::move(part));
    }
    step_ = next;
    if (!more) ++at_;
    values -= count;
  }
  return at_ < names_.size();
}

}  // namespace anchorscope
