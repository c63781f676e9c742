#pragma once
// Runs a target on many inputs and watches time and memory of each.

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_target.h"

namespace anchorscope::fuzz {

struct Limits {
  double secondsPerInput = 1;  ///< CPU time.
  std::size_t memoryPerInput =
      256 << 20;  ///< Bytes beyond the target's budget, by which the process may grow.
};

struct Outcome {
  std::int64_t inputs = 0;
  double slowestSeconds = 0;
  std::string failure;  ///< What was wrong, and where the input lies; empty: nothing.
};

/// Reads an input and gives the CPU seconds that took; read again when it was too long, since what the
/// machine does beside it is counted too, and the least of three given.
double secondsToRead(const FuzzTarget& target, std::string_view input, const Limits& limits);

/// The corpus and the seeds as they are, then inputs mutated from them: `inputs` of them, or for `seconds`
/// when that is above 0. The input being read lies in a file, which stays when the process dies of it; one
/// that takes too much is kept in the same way.
Outcome drive(const FuzzTarget& target, std::uint64_t seed, std::int64_t inputs, double seconds,
              const Limits& limits = {});

/// The same for `seconds` by libFuzzer, in a build with it (preset fuzz). What it learns is kept in the build
/// folder and is where it starts the next time. Gives the program's exit status, if it returns at all.
int driveByLibFuzzer(const FuzzTarget& target, std::uint64_t seed, double seconds, const Limits& limits);

}  // namespace anchorscope::fuzz
