#pragma once
// Internal header (ATen). Tensors of a file written by torch.save, read without executing anything in it.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/detector.h"

namespace anchorscope {

/// The state_dict of a .pth file, in file order: the dictionary itself, or the one nested under "model",
/// "state_dict" or "model_state_dict" in a checkpoint. Entries that are no tensors are left out. Tensors keep
/// dtype and strides; those that shared storage in the file still do. Both of torch's formats: zip, and the
/// older sequence of pickles. kBadData with the place for damage; kUnsupported for tensors of another kind
/// (quantized, sparse, float8).
Result<std::vector<NamedTensor>> readTorchFile(const std::string& path);

}  // namespace anchorscope
