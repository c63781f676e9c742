// Runs a target by libFuzzer: inputs that reach code no input reached before are kept and changed further.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "tests/fuzz/driver.h"
#include "tests/support/shared_data.h"

// Of libFuzzer's library without a main().
extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv,
                                   int (*oneInput)(const std::uint8_t*, std::size_t));

namespace anchorscope::fuzz {
namespace {
namespace fs = std::filesystem;

const FuzzTarget* target = nullptr;  // libFuzzer's callback carries nothing of its caller's
Limits limits;

/// libFuzzer keeps the input of a process that aborts.
[[noreturn]] void giveUp(const std::string& problem) {
  std::fprintf(stderr, "FAILED: %s: %s\n", target->name.c_str(), problem.c_str());
  std::abort();
}

int readOne(const std::uint8_t* bytes, std::size_t size) {
  double seconds = 0;
  try {
    seconds = secondsToRead(*target, {reinterpret_cast<const char*>(bytes), size}, limits);
  } catch (const std::exception& problem) {
    giveUp(concat("it threw: ", problem.what()));
  }
  if (seconds > limits.secondsPerInput) giveUp(concat("it took ", seconds, " s"));
  return 0;
}

}  // namespace

int driveByLibFuzzer(const FuzzTarget& which, std::uint64_t seed, double seconds, const Limits& within) {
  target = &which;
  limits = within;
  const fs::path folder = testing::programFolder().parent_path() / "fuzz";
  const fs::path learnt = folder / "corpus" / which.name, valid = folder / "valid" / which.name;
  for (const fs::path& each : {learnt, valid})
    fs::create_directories(each);
  if (which.seeds) {
    int number = 0;
    for (const std::string& input : which.seeds())
      std::ofstream(valid / std::to_string(number++), std::ios::binary) << input;
  }
  constexpr unsigned kMiB = 20, kHangSeconds = 60, kProgramMiB = 2048;
  const std::size_t mebibytes = (within.memoryPerInput >> kMiB) + which.budgetMiB;
  std::vector<std::string> arguments{
      "tests_fuzz",
      concat("-max_total_time=", static_cast<std::int64_t>(seconds)),
      concat("-seed=", seed % (std::uint64_t{1} << 32U)),
      concat("-max_len=", 1U << kMiB),
      concat("-timeout=", kHangSeconds),
      concat("-malloc_limit_mb=", mebibytes),
      concat("-rss_limit_mb=", kProgramMiB + mebibytes),
      concat("-artifact_prefix=", (folder / which.name).string(), "-"),
      "-print_final_stats=1",
      learnt.string(),
      valid.string(),
  };
  if (const fs::path committed = testing::sourceFolder() / "tests/fuzz/corpus" / which.name;
      fs::exists(committed))
    arguments.push_back(committed.string());
  std::vector<char*> pointers;
  for (std::string& argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  int count = static_cast<int>(arguments.size());
  char** values = pointers.data();
  return LLVMFuzzerRunDriver(&count, &values, readOne);
}

}  // namespace anchorscope::fuzz
