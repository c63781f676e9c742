#pragma once
// Which kind of data set a path is, told from what lies there.

#include <QString>

namespace anchorscope {

/// What a dropped or chosen path is as a data spec ("voc:DIR", "coco:JSON,IMAGES", "yolo:YAML",
/// "folder:DIR"); empty when it looks like none.
QString guessDataSpec(const QString& path);

}  // namespace anchorscope
