// PASCAL VOC: one annotation file.
#include "tests/fuzz/dataset_targets.h"
#include "tests/fuzz/fuzz_target.h"

namespace anchorscope::fuzz {
namespace {

void read(std::string_view bytes) {
  writeWorkFile("voc/JPEGImages/a.ppm", smallImage());
  writeWorkFile("voc/Annotations/a.xml", bytes);
  readDataset("voc:" + workFolder() + "/voc");
}

ANCHORSCOPE_FUZZ_TARGET("voc", read, {}, 300);

}  // namespace
}  // namespace anchorscope::fuzz
