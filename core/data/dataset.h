#pragma once
// View header. An annotated image set read from VOC, COCO, YOLO, a plain folder or the built-in demo.
//
// Nothing is dropped, turned into background or read with other numbers in silence. What was done about a
// record is in diagnostics(), with its file and record: skipped, clipped, or kept although something had to
// be decided. A rule that was applied to many good records is one entry with its count. None of them ends the
// reading.
//
// Skipped, the same in every format:
// - An image that is missing, no image, of a kind that is not read (GIF, AVIF, floating-point TIFF ...:
// named), or
//   not of the size that its annotations state: with its objects.
// - An image whose annotation file is missing or damaged (bad XML, with line), or of whose objects not one
// can be
//   used, or with more than 20,000: it must not pass for one without objects.
// - An object whose box is missing, not a number, infinite, without area or wholly outside its image; one of
// a
//   class that the set does not declare.
// - A second image of one name or id. The second of two equal objects of an image (VOC, YOLO; COCO keeps it,
// as
//   those who score it do).
// - An annotation file without an image; files whose name begins with a dot.
// Clipped: a box partly outside its image; up to 0.5 px is rounding of the text and is not listed.
// Kept: a file found by another name than it is called by (another case, backslashes, a path of another
// machine, no
//   extension, %C3%A9); the first of several images of one name; the box around a polygon, a mask or a turned
//   box; a YOLO line's confidence, track id and key points, which are not used; classes of one name; images
//   of 16 bits, of several pages, turned upright, or too large to be read at their full size. Where shapes
//   are asked for: an object without a segmentation, or with one that is damaged, for an image of another
//   size, without area or wholly outside its image, with its box and without a shape; one that is partly
//   outside counts as clipped.
// Truncated or damaged pixels are found when the image is loaded (loadPixels): the set is opened without
// decoding, but every image's header is read. An error ends the opening when the set as a whole cannot be
// used: no such file, JSON or YAML that cannot be parsed (with its line), text in no known encoding, no
// class, no usable image, or objects of which not one is usable.
//
// Boxes are taken as they stand as edges in px. VOC's xmin..ymax are read like this too (as torchvision
// does): the devkit's 1-based inclusive corners would differ by up to 1 px, and most tools that write VOC do
// not use them.
// An image is turned upright by its EXIF orientation, as the tools that draw boxes and most that train do,
// unless the option `orientation` says otherwise; boxes lie on the upright image. Where the annotations state
// a size that only the stored picture has, they were made on that: it is read as stored, and listed. Images
// of more than 2^26 pixels are read at a half, quarter or eighth of their size; boxes are then px of that.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/diagnostics.h"
#include "core/base/geometry.h"
#include "core/base/param.h"
#include "core/base/result.h"
#include "core/evidence/frame.h"

namespace anchorscope {

struct ObjectShape;  // core/data/object_shape.h

/// One annotated object.
struct Annotation {
  Box boxInImage;          ///< px, clipped to the image.
  int classIndex = 0;      ///< 0-based, into Dataset::classNames().
  bool crowd = false;      ///< COCO iscrowd.
  bool difficult = false;  ///< VOC difficult.
  double areaPx = 0;       ///< COCO's area where given, else the mask's or the box's.
  /// In px of the image, wherever the box is; null where shapes were not asked for and where it has none.
  std::shared_ptr<const ObjectShape> shape;
};

/// Not trained on: COCO's crowds and VOC's difficult objects.
inline bool isIgnored(const Annotation& annotation) {
  return annotation.crowd || annotation.difficult;
}

/// One image with its objects. Pixels are read on demand.
struct ImageRecord {
  std::string name;  ///< Unique in the set (file name without folder when unique, else the relative path),
                     ///< printable UTF-8 whatever the file is called.
  std::string path;  ///< File, as the system knows it (any bytes); empty for generated images.
  SizePx size;       ///< px, upright.
  std::string
      sourceId;  ///< COCO's image id as its JSON writes it (7, "a", 128 bits); else the record's position.
  int orientation = 1;  ///< EXIF's, by which loadPixels turns the stored rows; 1: as stored.
  int reducedBy = 1;    ///< The file's picture has this many times `size`; boxes are px of `size`.
  std::vector<Annotation> annotations;
};

/// An opened data set. Immutable after opening; loadPixels may be called from any thread.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const std::string& spec() const = 0;  ///< As given: "voc:DIR#train".
  /// Unique, printable UTF-8. VOC: the lines of classes.txt beside the annotations where it exists, else
  /// every name that occurs in any annotation file of the set (all splits), in alphabetical order. COCO:
  /// categories by id. YOLO: as in the YAML file. folder: none. Of two classes of one name the second is
  /// called "NAME (2)".
  virtual const std::vector<std::string>& classNames() const = 0;
  /// COCO's category ids as their JSON writes them, one per class; other formats: none.
  virtual const std::vector<std::string>& classIds() const;
  virtual const std::vector<ImageRecord>& images() const = 0;
  virtual const Diagnostics& diagnostics() const = 0;  ///< What was done about records while opening.
  /// Decodes one image to 8-bit RGB, upright; kBadData for a damaged file (a truncated JPEG counts as
  /// damaged) or one whose size is not images()[imageIndex].size, kUnsupported for a format that this build
  /// cannot read.
  virtual Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const = 0;
  /// Index of an image by name (also without extension) or path, or -1. An exact name comes first, then the
  /// first match.
  std::int64_t find(const std::string& name) const;
};

/// How a set is read, beside its spec.
struct DatasetOptions {
  std::uint64_t splitSeed = 0;
  bool upright = true;             ///< False: EXIF orientations are ignored, rows and boxes are the file's.
  bool dropUnusedClasses = false;  ///< Classes without an object in what is opened are left out.
  /// Objects get their shapes: COCO's polygons and masks, the pixels that the demo shows of an object. The
  /// other formats have none.
  bool shapes = false;

  DatasetOptions(std::uint64_t seed = 0) : splitSeed(seed) {}  // NOLINT: a seed is what most callers have
  /// Of a run: `params` holds datasetParams(), among others.
  static DatasetOptions from(const ParamSet& params, std::uint64_t splitSeed);
};

/// Documented options of reading: orientation, unused_classes.
std::vector<ParamSpec> datasetParams();

/// Opens a data set:
///   voc:DIR[#split]              DIR/Annotations, DIR/JPEGImages, splits from DIR/ImageSets/Main/SPLIT.txt
///   voc:ANNOTATIONS,IMAGES[#split]
///   coco:JSON,IMAGES[#split]
///   yolo:YAML[#split]            split train (when none is given), val or test of the YAML file; also
///   Darknet's
///                                obj.data, or the folder that holds either, or images/, labels/ and
///                                classes.txt
///   folder:DIR[#split]           every image below DIR, no objects
///   demo[:SEED][#split]          synthetic shapes, 160x160; split train (when none is given) or val
/// "~" at the beginning of a path is the home folder.
/// Where the set has no splits of its own, #train and #val are 80/20 by the split seed: an image's part
/// depends on the seed and its name, not on the order in the file; no split means all images. Paths may
/// contain '#' and ',': the reading for which the files exist is taken, and two such readings are an error.
/// `progress` (may be empty) gets a fraction in [0,1] and returns false to cancel (kCancelled). Errors:
/// kUsage (spec, unknown split), kNotFound, kBadData, kIo, kUnsupported. Any thread.
Result<std::shared_ptr<const Dataset>> openDataset(const std::string& spec,
                                                   const DatasetOptions& options = {},
                                                   const std::function<bool(double)>& progress = {});

/// The validation companion of a spec: "#train" -> "#val" when that split exists ("#trainval" -> "#test"),
/// "demo" -> "demo#val", "yolo:YAML" -> "yolo:YAML#val"; empty if there is none.
std::string validationSpec(const std::string& spec);

/// The same set named by absolute paths, so that it is found from any folder: what a run records. A spec that
/// names nothing that exists comes back as it is.
std::string absoluteSpec(const std::string& spec);

}  // namespace anchorscope
