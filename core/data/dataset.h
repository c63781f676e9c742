#pragma once
// View header. An annotated image set read from VOC, COCO, YOLO, a plain folder or the built-in demo.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/diagnostics.h"
#include "core/base/geometry.h"
#include "core/base/result.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// One annotated object.
struct Annotation {
  Box boxInImage;        ///< px, clipped to the image.
  int classIndex = 0;    ///< 0-based, into Dataset::classNames().
  bool crowd = false;    ///< COCO iscrowd.
  bool difficult = false;///< VOC difficult.
  double areaPx = 0;     ///< COCO's area where given, else the box's.
};

/// One image with its objects. Pixels are read on demand.
struct ImageRecord {
  std::string name;        ///< Unique in the set (file name without folder when unique, else the relative path).
  std::string path;        ///< File; empty for generated images.
  SizePx size;             ///< px
  std::int64_t sourceId = 0;  ///< COCO image id, or the record's position.
  std::vector<Annotation> annotations;
};

/// An opened data set. Immutable after opening; loadPixels may be called from any thread.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const std::string& spec() const = 0;  ///< As given: "voc:DIR#train".
  virtual const std::vector<std::string>& classNames() const = 0;
  virtual const std::vector<ImageRecord>& images() const = 0;
  virtual const Diagnostics& diagnostics() const = 0;  ///< Bad records found while opening.
  /// Decodes one image to 8-bit RGB; kBadData for a damaged file (a truncated JPEG counts as damaged).
  virtual Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const = 0;
  /// Index of an image by name (also without extension), or -1.
  std::int64_t find(const std::string& name) const;
};

/// Opens voc:DIR[#split] | voc:ANNOTATIONS,IMAGES | coco:JSON,IMAGES | yolo:YAML[#split] | folder:DIR | demo[:SEED][#split].
/// Where the set has no split of its own, #train and #val are 80/20 by `splitSeed`. `progress` (may be empty) gets
/// a fraction in [0,1] and returns false to cancel.
Result<std::shared_ptr<const Dataset>> openDataset(const std::string& spec, std::uint64_t splitSeed = 0,
                                                   const std::function<bool(double)>& progress = {});

/// The validation companion of a spec: "#train" -> "#val" when that split exists, "demo" -> "demo#val"; empty if none.
std::string validationSpec(const std::string& spec);

}  // namespace anchorscope
