#pragma once
// Internal header. YOLO's label files: what a line means, and which file belongs to which image.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/data/dataset_builder.h"

namespace anchorscope {

/// One line; coordinates in shares of the image's sides.
struct YoloLine {
  enum class Form { kEmpty, kBox, kConfidence, kTrack, kKeyPoints, kPolygon, kWrong };
  Form form = Form::kEmpty;
  double classNumber = 0;
  RawBox box;         ///< Of shares. A polygon with a NaN has a NaN in it.
  std::string wrong;  ///< kWrong: what it is.
};

/// A file's lines. What numbers stand for:
///   5: class, centre, size; 6: and a confidence; 5 + key points x their numbers, where the set states them;
///   7: class, box, confidence and track id, where every such line of the file ends with a whole number and
///   none is longer (a triangle ends with a share); 7, 9, 11 ...: class and the corners of a polygon.
std::vector<YoloLine> readYoloLines(std::string_view text, std::size_t keyPointNumbers);

/// The label files of a set's images.
class YoloLabels {
 public:
  struct Found {
    std::string path;
    const char* how = nullptr;  ///< Null: as usual; else what is to be told.
    bool shared = false;        ///< Another image has it already.
  };

  /// The label file of an image by Ultralytics' rule (the last folder `images` becomes `labels`, the
  /// extension .txt), else beside the image; case and %C3%A9 aside.
  std::optional<Found> of(const std::string& imagePath);
  /// Where Ultralytics' rule looks for it.
  static std::string usualPath(const std::string& imagePath);
  /// Label files, in folders where some belong to images, without an image of their name.
  std::vector<std::string> unused();

 private:
  struct Folder {
    FileIndex index;
    std::unordered_map<std::string, std::string> decoded;  ///< Decoded stem -> file, for names with %XX.
    std::unordered_set<std::string> used, imageFolders;
  };
  Folder& folder(const std::string& path);
  std::optional<std::string> fileIn(Folder& folder, const std::string& imageName, const char*& how);

  std::unordered_map<std::string, Folder> folders_;
};

}  // namespace anchorscope
