// YOLO: one label file.
#include "tests/fuzz/dataset_targets.h"
#include "tests/fuzz/fuzz_target.h"

namespace anchorscope::fuzz {
namespace {

void read(std::string_view bytes) {
  writeWorkFile("yolo/images/a.ppm", smallImage());
  writeWorkFile("yolo/labels/a.txt", bytes);
  readDataset("yolo:" + writeWorkFile("yolo/data.yaml", "train: images\nnames: [cat, dog]\n"));
}

ANCHORSCOPE_FUZZ_TARGET("yolo", read, {}, 300);

}  // namespace
}  // namespace anchorscope::fuzz
