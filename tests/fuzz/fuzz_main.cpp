// The program of the fuzz targets. Without arguments of its own it is a test program; else
//   tests_fuzz NAME [SECONDS [SEED]]   tries inputs for so long (60 s, seed of the clock)
//   tests_fuzz NAME FILE               reads one input again, plain or as a crash left it
//   tests_fuzz list                    the names
#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>

#include "core/base/check.h"
#include "tests/fuzz/driver.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::fuzz {
namespace {

class Fuzz : public ::testing::TestWithParam<std::string> {};

TEST_P(Fuzz, AnyInputIsReadWithinItsLimits) {
  const FuzzTarget& target = *findTarget(GetParam());
  ASSERT_FALSE(corpusOf(target).empty() && !target.seeds);
  const Outcome outcome = drive(target, /*seed=*/1, target.testInputs, /*seconds=*/0);
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GT(outcome.inputs, target.testInputs);
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const FuzzTarget& target : targets())
    out.push_back(target.name);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, ::testing::ValuesIn(names()),
                         [](const auto& tested) { return tested.param; });

std::optional<std::uint64_t> numberOf(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

int readAgain(const FuzzTarget& target, const std::string& path) {
  std::string input = testing::readFile(path);
  constexpr std::size_t kLeftByACrash = 8U << 20U;
  if (std::uint64_t size = 0; input.size() == kLeftByACrash) {
    std::memcpy(&size, input.data(), sizeof(size));
    input = input.substr(sizeof(size), static_cast<std::size_t>(size));
  }
  target.read(input);
  std::cout << target.name << ": " << input.size() << " bytes were read\n";
  return 0;
}

int fuzz(const std::vector<std::string>& arguments) {
  const FuzzTarget* target = findTarget(arguments[0]);
  if (!target) {
    if (arguments[0] != "list") std::cerr << "There is no target '" << arguments[0] << "'. There are:\n";
    for (const std::string& name : names())
      std::cout << name << '\n';
    return arguments[0] == "list" ? 0 : 2;
  }
  if (arguments.size() > 1 && !numberOf(arguments[1])) return readAgain(*target, arguments[1]);
  const double seconds = arguments.size() > 1 ? static_cast<double>(*numberOf(arguments[1])) : 60;
  const auto clock = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  const std::uint64_t seed = arguments.size() > 2 ? numberOf(arguments[2]).value_or(0) : clock % 1'000'000;
  std::cout << target->name << " for " << seconds << " s with seed " << seed << std::endl;
  Limits limits;
#if defined(__SANITIZE_ADDRESS__) || defined(ANCHORSCOPE_LIBFUZZER)
  limits.secondsPerInput *= 5;  // what instrumented code takes longer
  limits.memoryPerInput *= 4;
#endif
#if defined(ANCHORSCOPE_LIBFUZZER)
  return driveByLibFuzzer(*target, seed, seconds, limits);
#else
  const Outcome outcome = drive(*target, seed, 0, seconds, limits);
  std::cout << outcome.inputs << " inputs, the slowest " << outcome.slowestSeconds << " s\n";
  if (!outcome.failure.empty()) std::cout << "FAILED: " << outcome.failure << '\n';
  return outcome.failure.empty() ? 0 : 1;
#endif
}

}  // namespace
}  // namespace anchorscope::fuzz

int main(int argc, char** argv) {
  // Readers are given files: in memory, where there is such a place, they are read many times faster.
  constexpr const char* kMemory = "/dev/shm";
  if (::access(kMemory, W_OK) == 0) ::setenv("TMPDIR", kMemory, /*overwrite=*/0);
  if (argc > 1 && argv[1][0] != '-') return anchorscope::fuzz::fuzz({argv + 1, argv + argc});
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
