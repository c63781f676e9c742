#pragma once
// The text that names a data set ("voc:DIR#train"), taken apart.

#include <string>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

enum class DatasetKind { kVoc, kCoco, kYolo, kFolder, kDemo };

struct DatasetSpec {
  std::string text;  ///< As given.
  DatasetKind kind = DatasetKind::kDemo;
  std::vector<std::string>
      paths;  ///< One or two existing files or folders, "~" resolved; demo: the seed's text or nothing.
  std::string split;  ///< Without '#'; empty when none.

  /// The same set with another split.
  std::string withSplit(const std::string& name) const;
  /// The same set named by absolute paths; the text as it is where that would mean something else.
  std::string absolute() const;
};

/// Takes a spec apart and checks that its files exist. kUsage for what is no spec or can be read in two ways,
/// kNotFound when a file or folder is missing.
Result<DatasetSpec> parseDatasetSpec(const std::string& text);

}  // namespace anchorscope
