#pragma once
// View header. An annotated image set read from VOC, COCO, YOLO, a plain folder or the built-in demo.
//
// What happens to a bad record, the same in every format. Each is listed in diagnostics() with its file and
// record, and never ends the reading:
// - Missing or unreadable image, image without a size: the image is skipped with its objects.
// - Damaged or missing annotation file (bad XML, with line): the image is skipped; it must not pass for one
//   without objects.
// - One box missing, not a number, NaN or infinite: the object is skipped.
// - A box of zero or negative width or height: the object is skipped.
// - A box wholly outside its image: the object is skipped.
// - A box partly outside its image: clipped to the image; up to 0.5 px is rounding of the text and is clipped
//   without being listed.
// - A class that the set does not declare: the object is skipped.
// - A second image of one name or id: the image is skipped.
// - Truncated or damaged pixels, pixels of another size than the annotations say: found when the image is
//   loaded (loadPixels); the set is opened without decoding.
// An error ends the opening when the set as a whole cannot be used: no such file, JSON or YAML that cannot be
// parsed (with its line), no class, no usable image, or objects of which not one is usable.
//
// Boxes are taken as they stand as edges in px. VOC's xmin..ymax are read like this too (as torchvision
// does): the devkit's 1-based inclusive corners would differ by up to 1 px, and most tools that write VOC do
// not use them. An EXIF orientation is ignored: pixels and boxes are in the order of the file (as torchvision
// and pycocotools do).

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
  Box boxInImage;          ///< px, clipped to the image.
  int classIndex = 0;      ///< 0-based, into Dataset::classNames().
  bool crowd = false;      ///< COCO iscrowd.
  bool difficult = false;  ///< VOC difficult.
  double areaPx = 0;       ///< COCO's area where given, else the box's.
};

/// One image with its objects. Pixels are read on demand.
struct ImageRecord {
  std::string name;  ///< Unique in the set (file name without folder when unique, else the relative path).
  std::string path;  ///< File; empty for generated images.
  SizePx size;       ///< px
  std::int64_t sourceId = 0;  ///< COCO image id, or the record's position.
  std::vector<Annotation> annotations;
};

/// An opened data set. Immutable after opening; loadPixels may be called from any thread.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const std::string& spec() const = 0;  ///< As given: "voc:DIR#train".
  /// VOC: the lines of classes.txt beside the annotations where it exists, else every name that occurs in any
  /// annotation file of the set (all splits), in alphabetical order. COCO: categories by id. YOLO: as in the
  /// YAML file. folder: none.
  virtual const std::vector<std::string>& classNames() const = 0;
  virtual const std::vector<ImageRecord>& images() const = 0;
  virtual const Diagnostics& diagnostics() const = 0;  ///< Bad records found while opening.
  /// Decodes one image to 8-bit RGB; kBadData for a damaged file (a truncated JPEG counts as damaged) or one
  /// whose size is not images()[imageIndex].size, kUnsupported for a format that this build cannot read.
  virtual Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const = 0;
  /// Index of an image by name (also without extension) or path, or -1. An exact name comes first, then the
  /// first match.
  std::int64_t find(const std::string& name) const;
};

/// Opens a data set:
///   voc:DIR[#split]              DIR/Annotations, DIR/JPEGImages, splits from DIR/ImageSets/Main/SPLIT.txt
///   voc:ANNOTATIONS,IMAGES[#split]
///   coco:JSON,IMAGES[#split]
///   yolo:YAML[#split]            split train (when none is given), val or test of the YAML file
///   folder:DIR[#split]           every image below DIR, no objects
///   demo[:SEED][#split]          synthetic shapes, 160x160; split train (when none is given) or val
/// Where the set has no splits of its own, #train and #val are 80/20 by `splitSeed`: an image's part depends
/// on the seed and its name, not on the order in the file; no split means all images. Paths may contain '#'
/// and ',': the reading for which the files exist is taken, and two such readings are an error. `progress`
/// (may be empty) gets a fraction in [0,1] and returns false to cancel (kCancelled). Errors: kUsage (spec,
/// unknown split), kNotFound, kBadData, kIo, kUnsupported. Any thread.
Result<std::shared_ptr<const Dataset>> openDataset(const std::string& spec, std::uint64_t splitSeed = 0,
                                                   const std::function<bool(double)>& progress = {});

/// The validation companion of a spec: "#train" -> "#val" when that split exists ("#trainval" -> "#test"),
/// "demo" -> "demo#val", "yolo:YAML" -> "yolo:YAML#val"; empty if there is none.
std::string validationSpec(const std::string& spec);

}  // namespace anchorscope
