#include "core/base/check.h"
#include "core/model/safetensors.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/weights_targets.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::fuzz {
namespace {

std::vector<std::string> seeds() {
  const testing::TemporaryFolder folder;
  const std::string path = (folder / "a.safetensors").string();
  const std::vector<NamedTensor> tensors = {{"a", at::ones({2, 3})},
                                            {"flags", at::ones({4}, at::kBool)},
                                            {"half", at::zeros({2}, at::kHalf)},
                                            {"empty", at::zeros({0, 3})},
                                            {"count", at::zeros({}, at::kLong)}};
  ANCHORSCOPE_CHECK(writeSafetensors(path, tensors, {{"format", "pt"}}, Overwrite::kNo).ok(), path);
  return {testing::readFile(path)};
}

void read(std::string_view bytes) {
  const std::string path = writeWorkFile("weights.safetensors", bytes);
  static_cast<void>(readSafetensorsMetadata(path).ok());
  const auto tensors = readSafetensors(path);
  if (tensors)
    touch(*tensors);
  else
    ANCHORSCOPE_CHECK(tensors.error().code != ErrorCode::kInternal, tensors.error().text());
}

ANCHORSCOPE_FUZZ_TARGET("safetensors", read, seeds, 500, 200);

}  // namespace
}  // namespace anchorscope::fuzz
