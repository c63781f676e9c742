// Files of torch.save: the zip format and the older sequence of pickles.
#include "core/base/check.h"
#include "core/model/pickle.h"
#include "core/model/torch_file.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/weights_targets.h"

namespace anchorscope::fuzz {

void touch(const std::vector<NamedTensor>& tensors) {
  constexpr std::int64_t kMany = 1'000'000;
  for (const NamedTensor& named : tensors)
    if (named.tensor.numel() <= kMany) static_cast<void>(named.tensor.to(at::kDouble).sum());
}

namespace {

void read(std::string_view bytes) {
  const auto file = readTorchFile(writeWorkFile("weights.pth", bytes));
  if (file)
    touch(file->tensors);
  else
    ANCHORSCOPE_CHECK(file.error().code != ErrorCode::kInternal, file.error().text());
}

void readPickle(std::string_view bytes) {
  static_cast<void>(PickleDocument::parse(bytes, "fuzz").ok());
}

ANCHORSCOPE_FUZZ_TARGET("torch_file", read, {}, 400, 300);
const RegisterTarget registerPickle(FuzzTarget{"pickle", readPickle, {}, 3000, 300});

}  // namespace
}  // namespace anchorscope::fuzz
