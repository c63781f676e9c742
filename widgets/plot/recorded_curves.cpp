#include "widgets/plot/recorded_curves.h"

#include <algorithm>
#include <iterator>

namespace anchorscope {

namespace {

constexpr std::int64_t kFirstStep = 0;

}  // namespace

RecordedCurves::RecordedCurves(std::shared_ptr<const RunReader> reader, CurveHistory& history,
                               const std::string& first)
    : reader_(std::move(reader)),
      history_(history),
      names_(reader_->scalarNames()),
      lastStep_(reader_->lastStep()),
      step_(kFirstStep) {
  std::stable_partition(names_.begin(), names_.end(),
                        [&](const std::string& name) { return name.starts_with(first); });
}

bool RecordedCurves::read(std::size_t values, std::vector<Error>& errors) {
  while (at_ < names_.size() && values > 0) {
    Result<ScalarSeries> part = reader_->scalarFrom(names_[at_], step_, values);
    if (!part) errors.push_back(part.error());
    const std::size_t count = part ? part->steps.size() : 0;
    const bool more = count == values && part->steps.back() < lastStep_;
    if (part) {
      const auto end = std::upper_bound(part->steps.begin(), part->steps.end(), lastStep_);
      part->steps.erase(end, part->steps.end());
      part->values.resize(part->steps.size());
      history_.append(names_[at_], *part);
    }
    if (more) {
      step_ = part->steps.back() + 1;
    } else {
      ++at_;
      step_ = kFirstStep;
    }
    values -= count;
  }
  if (at_ < names_.size()) return true;
  for (const auto& [step, scalars] : appended_)
    history_.append(step, scalars);
  appended_.clear();
  return false;
}

void RecordedCurves::append(Steps steps) {
  std::move(steps.begin(), steps.end(), std::back_inserter(appended_));
}

}  // namespace anchorscope
