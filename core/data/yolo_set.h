#pragma once
// Internal header. What the file that describes a YOLO set says: Ultralytics' data.yaml, Darknet's obj.data,
// or a folder that holds one of them or images/, labels/ and classes.txt.

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

/// Something that was read in another way than it is written, to be told.
struct YoloNote {
  const char* rule = nullptr;
  std::string message;
};

struct YoloSet {
  std::string path;  ///< The file that was read.
  std::string root;  ///< Absolute; what relative entries stand on.
  std::vector<std::string> classNames;
  std::map<std::string, std::vector<std::string>> entries;  ///< train, val, test: folders and lists.
  std::size_t keyPoints = 0, numbersPerKeyPoint = 0;        ///< kpt_shape; 0: none.
  std::vector<YoloNote> notes;
};

/// kBadData (with the line of the YAML), kNotFound, kIo; advice names the file to write where there is none.
Result<YoloSet> readYoloSet(const std::string& path);

}  // namespace anchorscope
