#pragma once
// View header. Which part of the detector's input an image fills, and how large the input of a batch is.

#include <string>
#include <vector>

#include "core/base/geometry.h"
#include "core/base/result.h"

namespace anchorscope {

/// Either one size for every image, or a rectangle of the image's own aspect. Any thread.
class InputShape {
 public:
  /// Every input has this size, and every image all of it (how it fills it: Fit). Sides of at least 1 px.
  static InputShape fixed(SizePx input);
  /// Images are scaled until the shorter side is `shorter` px, or the longer one `longest` px where that
  /// comes first; each side is rounded to whole px, half up, as mmdet 3.3 does (torchvision 0.26 cuts off). A
  /// batch's input is the smallest that holds its images, each side rounded up to a multiple of `divisor`, as
  /// in both.
  static InputShape rectangle(int shorter, int longest, int divisor);

  bool keepsAspect() const { return keepsAspect_; }
  /// The px of the input, from its top left corner, that an image of this size is fitted into.
  SizePx window(SizePx image) const;
  /// Input of a batch with these windows, of which there is at least one.
  SizePx input(const std::vector<SizePx>& windows) const;
  /// Input of a batch with this image alone.
  SizePx inputOf(SizePx image) const { return input({window(image)}); }

  bool operator==(const InputShape&) const = default;

 private:
  bool keepsAspect_ = false;
  SizePx input_;                                 ///< Fixed.
  int shorter_ = 0, longest_ = 0, divisor_ = 1;  ///< Rectangle, px.
};

/// Images of one bucket share batches: how many of the limits 2^(i / perOctave), i = -perOctave .. perOctave,
/// width / height reaches (torchvision 0.26's --aspect-ratio-group-factor). perOctave 0: all are in bucket 0.
int aspectBucket(SizePx image, int perOctave);

/// Sizes that batches of training are drawn from, such as "640,672,704" or "640..800/32" (640, 672 ... 800)
/// or both: ascending, each once. Empty text: none. kUsage for anything else, and for sizes outside
/// [kSmallestInput, kLargestInput] px.
inline constexpr int kSmallestInput = 32, kLargestInput = 4096;
Result<std::vector<int>> parseSizes(const std::string& text);

}  // namespace anchorscope
