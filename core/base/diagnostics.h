#pragma once
// Diagnostics: partial failures that do not end the run (3 unreadable images of 5,000), listed and counted.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace anchorscope {

/// What was done about a record that is not as it should be.
enum class RecordAction {
  kSkipped,
  kClipped,
  kKept,
  kLeftOut,  ///< As an option asks: nothing is wrong with it.
};

/// Not used as it stands, and nobody asked for that.
inline bool isBad(RecordAction action) {
  return action == RecordAction::kSkipped || action == RecordAction::kClipped;
}

/// One bad record: where it is, what is wrong with it, what was done.
struct RecordProblem {
  std::string file;     ///< File that holds the record.
  std::string record;   ///< Line, index, id or name inside the file; empty when the whole file is meant.
  std::string kind;     ///< Stable short name for counting: "missing image", "box outside image", ...
  std::string message;  ///< What is wrong, in one sentence.
  RecordAction action = RecordAction::kSkipped;
  std::size_t count = 1;  ///< Records alike that this entry stands for; `file` and `record` name the first.
};

/// A list of problems; every one is kept, though an entry may stand for many that are alike. Not thread-safe:
/// one owner at a time.
class Diagnostics {
 public:
  void add(RecordProblem problem) { problems_.push_back(std::move(problem)); }
  void append(const Diagnostics& other) {
    problems_.insert(problems_.end(), other.problems_.begin(), other.problems_.end());
  }

  const std::vector<RecordProblem>& problems() const { return problems_; }
  bool empty() const { return problems_.empty(); }

  /// Records with a problem, all kinds together.
  std::size_t recordCount() const {
    std::size_t count = 0;
    for (const RecordProblem& problem : problems_)
      count += problem.count;
    return count;
  }

  /// Number of records per kind that are not used as they stand: skipped or clipped.
  std::map<std::string, std::size_t> countsOfBad() const {
    std::map<std::string, std::size_t> counts;
    for (const RecordProblem& problem : problems_)
      if (isBad(problem.action)) counts[problem.kind] += problem.count;
    return counts;
  }

  /// Number of records per kind, in alphabetical order.
  std::map<std::string, std::size_t> countsByKind() const {
    std::map<std::string, std::size_t> counts;
    for (const RecordProblem& problem : problems_)
      counts[problem.kind] += problem.count;
    return counts;
  }

 private:
  std::vector<RecordProblem> problems_;
};

}  // namespace anchorscope
