#include "tests/fuzz/driver.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "core/base/check.h"
#include "tests/fuzz/mutator.h"
#include "tests/support/shared_data.h"

namespace anchorscope::fuzz {
namespace {

constexpr std::size_t kLongestInput = 8U << 20U;
constexpr unsigned kHangSeconds = 60;

/// Keeps the present input in a file through shared memory: what is there outlives the process.
class PresentInput {
 public:
  explicit PresentInput(std::string path) : path_(std::move(path)) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file_ < 0 || ::ftruncate(file_, kLongestInput) != 0)
      throw std::runtime_error("cannot write " + path_);
    memory_ =
        static_cast<char*>(::mmap(nullptr, kLongestInput, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0));
    if (memory_ == MAP_FAILED) throw std::runtime_error("cannot map " + path_);
  }
  ~PresentInput() {
    ::munmap(memory_, kLongestInput);
    ::close(file_);
    if (!keep_) ::unlink(path_.c_str());
  }
  PresentInput(const PresentInput&) = delete;
  PresentInput& operator=(const PresentInput&) = delete;

  /// Eight bytes of length, then the input: the file itself has always the same size.
  void set(std::string_view input) {
    const std::uint64_t size = std::min(input.size(), kLongestInput - sizeof(size));
    std::memcpy(memory_, &size, sizeof(size));
    std::memcpy(memory_ + sizeof(size), input.data(), size);
  }
  /// Leaves the plain input in the file.
  std::string keep(std::string_view input) {
    keep_ = true;
    std::ofstream(path_ + ".input", std::ios::binary) << input;
    return path_ + ".input";
  }

 private:
  std::string path_;
  int file_ = -1;
  char* memory_ = nullptr;
  bool keep_ = false;
};

double cpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::size_t highestMemory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) << 10U;
}

/// What was wrong with reading one input; empty: nothing.
std::string readOne(const FuzzTarget& target, std::string_view input, const Limits& limits,
                    Outcome& outcome) {
  double seconds = 0;
  const std::size_t before = highestMemory();
  ::alarm(kHangSeconds);
  try {
    seconds = secondsToRead(target, input, limits);
  } catch (const std::exception& problem) {
    return concat("it threw: ", problem.what());
  }
  ::alarm(0);
  const std::size_t grown = highestMemory() - before;
  outcome.slowestSeconds = std::max(outcome.slowestSeconds, seconds);
  if (seconds > limits.secondsPerInput) return concat("it took ", seconds, " s");
  if (grown > limits.memoryPerInput + (target.budgetMiB << 20U))
    return concat("the process grew by ", grown >> 20U, " MiB");
  return {};
}

}  // namespace

double secondsToRead(const FuzzTarget& target, std::string_view input, const Limits& limits) {
  double least = 0;
  for (int attempt = 0; attempt < 3 && (attempt == 0 || least > limits.secondsPerInput); ++attempt) {
    const double start = cpuSeconds();
    target.read(input);
    const double seconds = cpuSeconds() - start;
    least = attempt == 0 ? seconds : std::min(least, seconds);
  }
  return least;
}

Outcome drive(const FuzzTarget& target, std::uint64_t seed, std::int64_t inputs, double seconds,
              const Limits& limits) {
  using Clock = std::chrono::steady_clock;
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  const std::filesystem::path folder = testing::programFolder().parent_path() / "fuzz";
  std::filesystem::create_directories(folder);
  PresentInput present((folder / concat(target.name, "-seed-", seed, "-", ::getpid())).string());

  std::vector<std::string> all = corpusOf(target);
  if (target.seeds)
    for (std::string& valid : target.seeds())
      all.push_back(std::move(valid));
  Mutator mutator(seed, all);
  Outcome outcome;
  const auto whole = static_cast<std::int64_t>(all.size());
  for (std::int64_t i = 0;; ++i) {
    const bool asItIs = i < whole;
    if (!asItIs && (seconds > 0 ? Clock::now() >= end : i - whole >= inputs)) return outcome;
    const std::string input = asItIs ? all[static_cast<std::size_t>(i)] : mutator.next();
    present.set(input);
    const std::string problem = readOne(target, input, limits, outcome);
    ++outcome.inputs;
    if (problem.empty()) continue;
    outcome.failure = concat(target.name, " with seed ", seed, ", input ", i, " of ", input.size(),
                             " bytes: ", problem, "; it lies in ", present.keep(input));
    return outcome;
  }
}

}  // namespace anchorscope::fuzz
