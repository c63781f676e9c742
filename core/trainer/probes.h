#pragma once
// Internal header (ATen). The probe images of a run: found by name, loaded once, kept on the device.

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/data/loader.h"
#include "core/data/object_shape.h"
#include "core/ops/pixels.h"
#include "core/trainer/frame_packer.h"

namespace anchorscope {

/// The first `count` images with objects; without any, the first `count` images.
std::vector<std::string> defaultProbeNames(const Dataset& dataset, std::int64_t count);

/// The probes of a run. Each is seen in its own input size, alone as far as evaluation mode goes, so that
/// what is shown of an image does not depend on the others; those of one size share a batch.
struct ProbeSet {
  struct Group {
    ProbeBatch batch;
    std::vector<std::size_t> places;  ///< Of its images in `images`.
  };
  std::vector<std::shared_ptr<const ProbeImage>> images;  ///< In the order of their names.
  std::vector<Group> groups;
  bool empty() const { return images.empty(); }
};

/// Loads the named images of the first of `datasets` that has them, without augmentation. Classes are the
/// first set's. An unknown name is kNotFound with the nearest ones; a name given twice stands once. No names:
/// an empty set.
Result<ProbeSet> makeProbeSet(const std::vector<std::shared_ptr<const Dataset>>& datasets,
                              const std::vector<std::string>& names, const LoaderOptions& options,
                              const PixelNormalization& normalization, at::Device device);

/// The objects of images as the methods see them: those that are trained on, and the regions to ignore.
/// shapes: of each image those of the objects that are trained on; empty: no masks are drawn.
DenseTargets probeTargets(const std::vector<std::shared_ptr<const ProbeImage>>& images, at::Device device,
                          const std::vector<std::vector<ShapeInInput>>& shapes = {});

/// For each class of `from` its index in `to` by name, -1 where `to` has none.
std::vector<int> classMap(const std::vector<std::string>& from, const std::vector<std::string>& to);

}  // namespace anchorscope
