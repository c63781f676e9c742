// The configuration as TOML, by itself and in a checkpoint's header.
#include "core/base/check.h"
#include "core/trainer/checkpoint.h"
#include "core/trainer/run_config.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/weights_targets.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::fuzz {
namespace {

std::string defaultToml() {
  const auto config = makeRunConfig("max_iou", "fcos-small");
  ANCHORSCOPE_CHECK(config.ok(), "the default configuration");
  return toToml(*config);
}

void readConfig(const std::string& text) {
  const auto config = fromToml(text, "run.toml");
  if (!config) {
    ANCHORSCOPE_CHECK(config.error().code != ErrorCode::kInternal, config.error().text());
    return;
  }
  const std::string again = toToml(*config);
  const auto reread = fromToml(again, "again.toml");
  ANCHORSCOPE_CHECK(reread.ok() && toToml(*reread) == again,
                    "a configuration that is not read back: ", again);
}

void readToml(std::string_view bytes) {
  readConfig(std::string(bytes));
}

std::vector<std::string> checkpointSeeds() {
  const testing::TemporaryFolder folder;
  const std::string path = (folder / "a.ckpt").string();
  CheckpointFacts facts;
  facts.step = 3;
  facts.loaderPosition = 12;
  facts.configToml = defaultToml();
  facts.classNames = {"cat", "dog"};
  facts.device = "cpu";
  ANCHORSCOPE_CHECK(writeCheckpoint(path, facts, {{"w", at::ones({2})}}, Overwrite::kNo).ok(), path);
  return {testing::readFile(path)};
}

void readCheckpointFile(std::string_view bytes) {
  const std::string path = writeWorkFile("a.ckpt", bytes);
  const auto facts = readCheckpointFacts(path);
  if (facts) {
    ANCHORSCOPE_CHECK(facts->step >= 0 && facts->loaderPosition >= 0 && facts->threads >= 1,
                      "impossible facts");
    readConfig(facts->configToml);
  }
  if (const auto whole = readCheckpoint(path)) touch(whole->tensors);
}

ANCHORSCOPE_FUZZ_TARGET(
    "toml", readToml, [] { return std::vector{defaultToml()}; }, 600, 100);
const RegisterTarget registerCheckpoint(FuzzTarget{"checkpoint", readCheckpointFile, checkpointSeeds, 600,
                                                   200});

}  // namespace
}  // namespace anchorscope::fuzz
