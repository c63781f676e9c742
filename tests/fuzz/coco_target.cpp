// COCO: the JSON of a set.
#include "tests/fuzz/dataset_targets.h"
#include "tests/fuzz/fuzz_target.h"

namespace anchorscope::fuzz {
namespace {

void read(std::string_view bytes) {
  writeWorkFile("coco/images/a.ppm", smallImage());
  readDataset("coco:" + writeWorkFile("coco/instances.json", bytes) + "," + workFolder() + "/coco/images");
}

ANCHORSCOPE_FUZZ_TARGET("coco", read, {}, 600);

}  // namespace
}  // namespace anchorscope::fuzz
