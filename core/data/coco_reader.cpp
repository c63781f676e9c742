#include "core/data/readers.h"
namespace anchorscope {
Result<std::shared_ptr<const Dataset>> readCoco(const ReaderRequest&) {
  return makeError(ErrorCode::kUnsupported, "coco");
}
}  // namespace anchorscope
