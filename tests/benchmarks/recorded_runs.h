#pragma once
// Runs to look at, recorded when they are first asked for: a long one, and one of large probes.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::benchmarks {

inline constexpr std::int64_t kLongSteps = 1'000'000, kMoments = 6;
inline constexpr int kProbes = 4;

template <typename Value>
Value take(Result<Value> result) {
  if (!result) std::abort();
  return *std::move(result);
}

inline void must(const Status& status) {
  if (!status) std::abort();
}

std::string probeName(int probe);

/// A run of a million steps with small evidence of four probes at every twentieth. It is still being
/// recorded.
class LongRun {
 public:
  static LongRun& shared();
  std::string folder() const { return (home_ / "long").string(); }
  /// One more step with evidence, committed.
  void grow();

 private:
  LongRun();
  void record(std::int64_t step);

  testing::TemporaryFolder home_;
  std::vector<std::shared_ptr<const ProbeFrame>> frames_;
  std::unique_ptr<RunWriter> writer_;
  std::int64_t next_ = 0;
};

/// A few moments of four probes of 201,600 anchors each.
class DenseRun {
 public:
  static DenseRun& shared();
  std::string folder() const { return (home_ / "dense").string(); }
  const RunReader& reader() const { return *reader_; }
  std::int64_t nextStep() { return at_ = (at_ + 1) % kMoments; }

 private:
  DenseRun();

  testing::TemporaryFolder home_;
  std::shared_ptr<RunReader> reader_;
  std::int64_t at_ = 0;
};

}  // namespace anchorscope::benchmarks
