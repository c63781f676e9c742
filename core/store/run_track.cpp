#include "core/store/run_track.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "core/store/csv.h"

namespace anchorscope {

TrackReader::TrackReader(const RunReader& reader, TrackQuery query)
    : reader_(reader),
      query_(std::move(query)),
      steps_(reader.recordedSteps(query_.probe)),
      tracker_(query_.subject) {}

Result<bool> TrackReader::readNext() {
  if (steps_.empty())
    return makeError(ErrorCode::kNotFound,
                     concat("Nothing is recorded of '", query_.probe, "' in '", reader_.folder(), "'"));
  if (at_ == steps_.size()) return false;
  const std::int64_t step = steps_[at_++];
  auto frame = reader_.frame(query_.probe, step, query_.variant);
  if (!frame) {
    const ErrorCode code = frame.error().code;
    if (code != ErrorCode::kBadData && code != ErrorCode::kNotFound) return std::move(frame).error();
    problems_.push_back(frame.error().text());
    return true;
  }
  if (Status added = tracker_.add(**frame); !added)
    return std::move(added).error().in(concat("following it at step ", step));
  return true;
}

void TrackReader::lookAgain() {
  std::vector<std::int64_t> steps = reader_.recordedSteps(query_.probe);
  const bool goesOn =
      steps.size() >= at_ &&
      std::equal(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(at_), steps.begin());
  steps_ = std::move(steps);
  if (goesOn) return;
  at_ = 0;
  tracker_ = Tracker(query_.subject);
  problems_.clear();
}

std::string trackCsv(const Track& track) {
  std::string out = "step";
  for (const TrackColumn& column : track.columns)
    out += "," + csvField(column.name);
  out += "\r\n";
  for (std::size_t i = 0; i < track.steps.size(); ++i) {
    out += std::to_string(track.steps[i]);
    for (const TrackColumn& column : track.columns)
      out += "," + (std::isnan(column.values[i]) ? std::string() : csvNumber(column.values[i]));
    out += "\r\n";
  }
  return out;
}

}  // namespace anchorscope
