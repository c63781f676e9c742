#include "core/watch/watchpoint.h"

namespace anchorscope {

ParamSpec watchedImages() {
  return choiceParam("of", "probes", {"probes", "batch"},
                     "probes: looks at the probes whenever their evidence is captured, which costs nothing. "
                     "batch: at the images of every training step, whose evidence is then measured.",
                     "ours");
}

WatchSource watchedSource(const ParamSet& params) {
  return params.getText("of") == "batch" ? WatchSource::kBatch : WatchSource::kProbes;
}

}  // namespace anchorscope
