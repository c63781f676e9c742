#include "widgets/plot/recorded_curves.h"

#include <algorithm>
#include <utility>

namespace anchorscope {

namespace {

constexpr std::int64_t kFirstStep = 0;

}  // namespace

RecordedCurves::RecordedCurves(std::shared_ptr<const RunReader> reader, CurveHistory& history,
                               const std::string& first)
    : reader_(std::move(reader)), history_(history), names_(reader_->scalarNames()), step_(kFirstStep) {
  std::stable_partition(names_.begin(), names_.end(),
                        [&](const std::string& name) { return name.starts_with(first); });
}

bool RecordedCurves::read(std::size_t values, std::vector<Error>& errors) {
  while (at_ < names_.size() && values > 0) {
    Result<ScalarSeries> part = reader_->scalarFrom(names_[at_], step_, values);
    if (!part) errors.push_back(part.error());
    const std::size_t count = part ? part->steps.size() : 0;
    if (part) history_.append(names_[at_], *part);
    if (count < values) {
      ++at_;
      step_ = kFirstStep;
    } else {
      step_ = part->steps.back() + 1;
    }
    values -= count;
  }
  return at_ < names_.size();
}

}  // namespace anchorscope
