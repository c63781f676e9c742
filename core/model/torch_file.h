#pragma once
// Internal header (ATen). Tensors of a file written by torch.save, read without executing anything in it.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/detector.h"

namespace anchorscope {

struct TorchFile {
  std::vector<NamedTensor> tensors;
  std::string choice;  ///< Which dictionary of a checkpoint was taken ("its 'model', not 'ema'"); else empty.
};

/// The state_dict of a .pth file, in file order: the dictionary itself, or the one nested in a checkpoint
/// under one of the usual names ("model", "state_dict", ... "ema", "teacher"; of several the first in this
/// order), or under any name if there is only one. Entries that are no tensors are left out. Tensors keep
/// dtype and strides; those that shared storage in the file still do. Both of torch's formats: zip, and the
/// older sequence of pickles. Memory is bounded by the file's size (see ZipFile) and by kMostPickleOpcodes.
/// kBadData with the place for damage; kUnsupported for tensors of another kind (quantized, sparse, float8).
Result<TorchFile> readTorchFile(const std::string& path);

}  // namespace anchorscope
