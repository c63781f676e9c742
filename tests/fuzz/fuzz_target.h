#pragma once
// A fuzz target: the reader of one format, given any bytes. A source declares it by ANCHORSCOPE_FUZZ_TARGET;
// it runs in `./dev test` for a fixed number of inputs, and in `./dev fuzz NAME` for as long as wanted.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace anchorscope::fuzz {

struct FuzzTarget {
  std::string name;  ///< Also the folder of its inputs below tests/fuzz/corpus.
  /// Reads the bytes. Whatever they are, it must return; what it is given back must be usable.
  std::function<void(std::string_view)> read;
  std::function<std::vector<std::string>()>
      seeds;                  ///< Valid inputs made by the program's own writers; or empty.
  int testInputs = 1000;      ///< How many are tried in `./dev test`: about a second.
  std::size_t budgetMiB = 0;  ///< Memory that the reader states it may take.
};

/// All targets by name.
const std::vector<FuzzTarget>& targets();
const FuzzTarget* findTarget(std::string_view name);

/// Adds a target before main().
struct RegisterTarget {
  explicit RegisterTarget(FuzzTarget target);
};

/// The committed inputs of a target, sorted by file name.
std::vector<std::string> corpusOf(const FuzzTarget& target);

/// A folder of this process for the files that readers are given; removed at the end.
const std::string& workFolder();
/// Writes a file below workFolder() in place and gives its path.
std::string writeWorkFile(const std::string& name, std::string_view bytes);

}  // namespace anchorscope::fuzz

#define ANCHORSCOPE_FUZZ_TARGET(...)                               \
  static const ::anchorscope::fuzz::RegisterTarget registerTarget( \
      ::anchorscope::fuzz::FuzzTarget{__VA_ARGS__})
