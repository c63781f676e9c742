// YOLO: data.yaml.
#include <cctype>

#include "tests/fuzz/dataset_targets.h"
#include "tests/fuzz/fuzz_target.h"

namespace anchorscope::fuzz {
namespace {

/// Whether a path in the text may lead out of the work folder, into everything that lies on the disk.
bool leadsOut(std::string_view text) {
  if (text.find("..") != std::string_view::npos || text.find_first_of("~\\") != std::string_view::npos)
    return true;
  for (std::size_t at = text.find('/'); at != std::string_view::npos; at = text.find('/', at + 1))
    if (at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0) return true;
  return false;
}

void read(std::string_view bytes) {
  if (leadsOut(bytes)) return;
  writeWorkFile("yaml/images/a.ppm", smallImage());
  writeWorkFile("yaml/labels/a.txt", "0 0.5 0.5 0.25 0.25\n");
  readDataset("yolo:" + writeWorkFile("yaml/data.yaml", bytes));
}

ANCHORSCOPE_FUZZ_TARGET("data_yaml", read, {}, 600);

}  // namespace
}  // namespace anchorscope::fuzz
