#pragma once
// Internal header (ATen). The safetensors format: 8 bytes of header length, a JSON header, then the tensors'
// bytes.

#include <map>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/result.h"
#include "core/model/detector.h"

namespace anchorscope {

/// Every tensor of a .safetensors file, in the order of its bytes. As the format demands, the tensors fill
/// the data without gap or overlap; anything else is kBadData with the place. kUnsupported for dtypes such as
/// F8_E4M3. The header may have 100 MB and what JsonLimits allows; memory is bounded by that and the file's
/// size.
Result<std::vector<NamedTensor>> readSafetensors(const std::string& path);

/// The texts in the header's "__metadata__", without reading the tensors.
Result<std::map<std::string, std::string>> readSafetensorsMetadata(const std::string& path);

/// Writes tensors (any device and layout) and text metadata atomically. Two tensors of one name are a bug.
Status writeSafetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                        const std::map<std::string, std::string>& metadata, Overwrite overwrite);

}  // namespace anchorscope
