#include "core/store/run_track.h"

#include <utility>

#include "core/base/check.h"

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

}  // namespace anchorscope
