#include "core/data/readers.h"
namespace anchorscope {
Result<std::shared_ptr<const Dataset>> readYolo(const ReaderRequest&) {
  return makeError(ErrorCode::kUnsupported, "yolo");
}
bool yoloHasSplit(const DatasetSpec&, const std::string&) {
  return false;
}
}  // namespace anchorscope
