#pragma once
// Internal header. One VOC annotation file, as the tools that write them do.

#include <string>
#include <vector>

#include "core/base/geometry.h"
#include "core/data/dataset_builder.h"

namespace anchorscope {

/// One box of a file; the class is still a name.
struct VocObject {
  std::string className;
  bool hasBox = false;
  RawBox box;
  std::string boxError;         ///< Why there is none.
  const char* shape = nullptr;  ///< What the box was put around: "a polygon", "a turned box"; null: nothing.
  bool difficult = false;
  std::size_t position = 0;  ///< 1-based <object>.
  std::string record;        ///< "object 2, line 8"
};

struct VocFile {
  std::string path;
  std::string error, errorRecord;  ///< Set when the file could not be understood.
  std::string imageName;           ///< <filename>
  SizePx size;                     ///< 0 where it states none.
  std::vector<VocObject> objects;  ///< One per box: an <object> with three <bndbox> is three.
  std::size_t severalBoxes = 0;    ///< <object>s with more than one.
};

/// Never fails: what is wrong stands in the result. Encodings: as declared, or UTF-8, or UTF-16 and UTF-32.
VocFile readVocFile(const std::string& path);

}  // namespace anchorscope
