#pragma once
// Internal header. The rows that the store's thread writes: steps, events and the journal.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/base/result.h"
#include "core/store/frame_writer.h"
#include "core/store/run_types.h"
#include "core/store/run_writer.h"
#include "core/store/sqlite.h"

namespace anchorscope {

/// Into a trace that is open for writing, within whatever transaction there is. Lives on the store thread.
class TraceWriter {
 public:
  static Result<std::unique_ptr<TraceWriter>> create(Database& database);

  Status write(const StepRecord& record);
  Status write(const RunEvent& event);
  Status write(const ParameterChange& change);
  std::int64_t frameBytesWritten() const { return frames_->bytesWritten(); }

 private:
  Result<std::int64_t> nameId(const std::string& name);

  std::unique_ptr<FrameWriter> frames_;
  Statement addStep_, addName_, findName_, addScalar_, addEvent_, addChange_;
  std::int64_t nextName_ = 0, nextEvent_ = 0, nextChange_ = 0;  ///< Free ids.
  std::unordered_map<std::string, std::int64_t> names_;
};

}  // namespace anchorscope
