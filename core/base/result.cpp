#include "core/base/result.h"

#include "core/base/text.h"

namespace anchorscope {

const char* toString(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kBadData:
      return "bad data";
    case ErrorCode::kIo:
      return "input/output";
    case ErrorCode::kExists:
      return "already exists";
    case ErrorCode::kDevice:
      return "device";
    case ErrorCode::kMemory:
      return "memory";
    case ErrorCode::kNumeric:
      return "numeric";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

int exitCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return 2;
    case ErrorCode::kNotFound:
      return 3;
    case ErrorCode::kBadData:
      return 4;
    case ErrorCode::kIo:
      return 5;
    case ErrorCode::kExists:
      return 6;
    case ErrorCode::kDevice:
    case ErrorCode::kMemory:
      return 7;
    case ErrorCode::kNumeric:
      return 8;
    case ErrorCode::kUnsupported:
      return 9;
    case ErrorCode::kCancelled:
      return 130;
    case ErrorCode::kInternal:
      return 70;
  }
  return 70;
}

std::string Error::text() const {
  std::string out = message;
  for (const std::string& circumstance : context)
    out += " (while " + circumstance + ")";
  if (!action.empty()) out += ". " + action;
  return printable(out);
}

}  // namespace anchorscope
