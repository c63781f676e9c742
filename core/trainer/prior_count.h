#pragma once
// Internal header (ATen). The optimal prior of Sampling-Free (Chen et al., TIP 2021, equation 18): before the
// first step, count which anchors of the training set learn an object and which learn that there is none.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/data/loader.h"
#include "core/methods/method.h"

namespace anchorscope {

/// Anchors of a whole training set.
struct PriorCount {
  std::int64_t positives = 0, background = 0, ignored = 0;  ///< Ignored ones do not enter the prior.
  std::int64_t images = 0;
  int classCount = 1;
  bool fromCache = false;
  std::string cacheProblem;  ///< Why the counts could not be kept on disk; empty: they could.

  /// Whether a prior in (0,1) follows; not without positives or without background.
  bool usable() const { return positives > 0 && background > 0; }
  double prior() const { return countedPrior(positives, background, classCount); }
  std::string summary() const;  ///< One line: prior, bias and counts, or why there is no prior.
};

struct PriorCountOptions {
  /// Of which shape, the fit and which images are trained on count: each once and without augmentation, in an
  /// input of its own.
  LoaderOptions loader;
  std::string cacheFolder;     ///< Counts are kept here; empty: nowhere.
  bool classAgnostic = false;  ///< The scores tell something from nothing (region proposals), not classes.
  std::function<bool(double fraction)> progress;  ///< May be empty; false cancels (kCancelled).
};

/// $XDG_CACHE_HOME/anchorscope/anchor-counts, or below ~/.cache; empty when neither is known.
std::string priorCacheFolder();

/// Counts over every image that is trained on with the method's own assigner: boxes only, no pixel is
/// decoded. On the anchors' device, in batches. `anchorsOf` gives the anchors of an input size. A cached
/// result is used if it was counted from the same boxes, anchors, input sizes and assigner; one that cannot
/// be read is counted anew and replaced.
Result<PriorCount> countPrior(const Dataset& dataset, Method& method,
                              const std::function<AnchorSet(SizePx inputSize)>& anchorsOf,
                              const PriorCountOptions& options);

}  // namespace anchorscope
