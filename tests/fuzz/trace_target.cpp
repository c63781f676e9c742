// The trace of a recorded run: reading all of it, and going on with it.
#include <filesystem>
#include <limits>

#include "core/base/check.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/store/run_testing.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::fuzz {
namespace {

std::vector<std::string> seeds() {
  const testing::TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  auto writer = createRun(run, testing::makeHeader(), Overwrite::kNo);
  ANCHORSCOPE_CHECK(writer.ok(), writer.error().text());
  for (std::int64_t step = 0; step < 3; ++step)
    (*writer)->record({step, {{"loss", 0.5}, {"lr", 0.1}}, {testing::makeAwkwardFrame("a", step)}});
  (*writer)->recordEvent({2, "note", "end"});
  writer->reset();
  return {testing::readFile(tracePath(run))};
}

void readAll(const std::string& folder) {
  const auto opened = openRun(folder);
  if (!opened) {
    ANCHORSCOPE_CHECK(opened.error().code != ErrorCode::kInternal, opened.error().text());
    return;
  }
  RunReader& run = **opened;
  for (const std::string& name : run.scalarNames()) {
    const auto series = run.scalar(name);
    ANCHORSCOPE_CHECK(!series || series->steps.size() == series->values.size(), "a series with a gap");
  }
  static_cast<void>(run.events().ok());
  for (const std::string& probe : run.probeNames())
    for (const std::int64_t step : run.recordedSteps(probe)) {
      const auto frame = run.frame(probe, step);
      if (!frame) continue;
      for (const Channel& channel : (*frame)->channels)
        ANCHORSCOPE_CHECK(channel.values.empty() || channel.values.size() == (*frame)->anchors->count() ||
                              channel.spec.domain == ChannelDomain::kCell,
                          "a channel of another length");
    }
  static_cast<void>(run.takeProblems());
}

void read(std::string_view bytes) {
  const std::string folder = workFolder() + "/run", path = writeWorkFile("run/trace.sqlite", bytes);
  for (const char* suffix : {"-wal", "-shm", "-journal"})
    std::filesystem::remove(path + suffix);
  readAll(folder);
  auto writer = continueRun(folder, 1);
  if (!writer) return;
  (*writer)->record({2, {{"loss", 0.25}}, {testing::makeAwkwardFrame("a", 2)}});
  writer->reset();
  readAll(folder);
}

ANCHORSCOPE_FUZZ_TARGET("trace", read, seeds, 60);

}  // namespace
}  // namespace anchorscope::fuzz
