#pragma once
// View header. Which images one epoch of training brings, how often and in which order.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/data/dataset.h"

namespace anchorscope {

/// How an epoch is drawn from the images.
enum class Sampling {
  kShuffled,       ///< Every image once.
  kRepeatFactor,   ///< Images of rare classes more than once (LVIS).
  kClassBalanced,  ///< Class after class, an image of each.
};

struct EpochOptions {
  bool keepEmpty = true;
  double minObjectSide = 0;  ///< px of the image; objects below do not count.
  Sampling sampling = Sampling::kShuffled;
  double repeatThreshold = 1e-3;
  bool shuffle = true;  ///< False: the images as they stand, each once, whatever `sampling` says.

  /// Of a run: `params` holds epochParams(), among others.
  static EpochOptions from(const ParamSet& params);
};

/// Documented options: keep_empty, min_object_side, sampling, repeat_threshold.
std::vector<ParamSpec> epochParams();

/// One place of an epoch.
struct EpochEntry {
  std::uint32_t image = 0;   ///< Into Dataset::images().
  std::uint32_t repeat = 0;  ///< Tells the places of one image in one epoch apart: 0, 1, ...
  bool operator==(const EpochEntry&) const = default;
};

/// The epochs of one data set. Immutable; any thread.
///
/// Whether an image has objects, and of which classes, is decided by those that are trained on (no crowds, no
/// difficult ones) whose sides are both at least minObjectSide.
///
/// kRepeatFactor: Gupta et al., "LVIS" (CVPR 2019). A class that a share f of the images shows has the factor
/// max(1, sqrt(threshold / f)), an image the largest factor r of its classes (1 without objects). It comes
/// floor(r) times an epoch, and once more with the probability r - floor(r): drawn for all images together
/// (systematic sampling in a random order), so that every epoch is of one length.
///
/// kClassBalanced: Shen et al., "Relay Backpropagation" (ECCV 2016, class-aware sampling). As many places as
/// images; a shuffled cycle of the classes that have images, and for each class a shuffled cycle of its
/// images. Images without objects never come.
class EpochList {
 public:
  /// kBadData when no image is left. The data set has at most 2^32 - 1 images.
  static Result<EpochList> make(const Dataset& dataset, const EpochOptions& options, std::uint64_t seed);

  /// Places of an epoch, at least 1; the same for each.
  std::size_t length() const { return length_; }
  /// The images that can come, ascending.
  const std::vector<std::uint32_t>& images() const { return images_; }
  /// `length()` places; depends on (seed, epoch) alone.
  std::vector<EpochEntry> epoch(std::uint64_t epoch) const;
  /// How many images never come, of how many and why, as the options ask; empty: all come.
  const std::string& leftOut() const { return leftOut_; }

 private:
  std::vector<EpochEntry> repeated(std::uint64_t epoch) const;
  std::vector<EpochEntry> balanced(std::uint64_t epoch) const;

  EpochOptions options_;
  std::uint64_t seed_ = 0;
  std::size_t length_ = 0;
  std::vector<std::uint32_t> images_;
  std::vector<double> factors_;                       ///< Of images_; kRepeatFactor alone.
  std::vector<std::vector<std::uint32_t>> imagesOf_;  ///< Per class that has any; kClassBalanced alone.
  std::string leftOut_;
};

}  // namespace anchorscope
