#pragma once
// View header. The tests of a decision, read from the columns they name; those are found once for all rows.

#include <cstdint>
#include <string>
#include <vector>

#include "core/evidence/decision.h"

namespace anchorscope {

/// What one test says of a pair or candidate; the fields of a DecisionRow that are no text.
struct TestAnswer {
  float value = 0, bound = 0, margin = 0;
  TestVerdict verdict = TestVerdict::kNotReached;
  bool noted = false;
};

/// How far a value is on the right side of its bound: "value >= bound" 0.5 against 0.2 has 0.3, "value <=
/// bound" -0.3; an "=" has minus the distance. NaN without a value, bound or known relation.
float marginOf(const std::string& relation, float value, float bound);

constexpr int kShortDigits = 3;
/// "0.209", "1.2e-05", with three digits whole numbers up to a million.
std::string shortNumberText(float value, int digits = kShortDigits);
/// Value and bound as text with the relation that holds, in as many digits as tell them apart: "0.209 <
/// 0.237".
std::string comparisonText(const DecisionRow& row);

/// Of one decision. Evidence and spec must outlive it.
class DecisionReader {
 public:
  DecisionReader(const StageEvidence& evidence, const DecisionSpec& spec);

  /// Whose rows are read; null where the decision is about candidates, or its table is not there.
  const PairTable* table() const { return table_; }
  /// One answer per test. at: row of the table, or the candidate where there is none.
  void read(std::int64_t at, std::vector<TestAnswer>& answers) const;
  /// Whether the answers let an object take the pair's candidate for a head: no test of the head that is
  /// TestRole::kRequired failed, ...
  bool reaches(const std::vector<TestAnswer>& answers, const std::string& head) const;
  /// ... for any of the heads.
  bool reaches(const std::vector<TestAnswer>& answers) const;
  /// ... nor one that is kConflict.
  bool wins(const std::vector<TestAnswer>& answers, const std::string& head) const;
  DecisionRow told(std::size_t test, const TestAnswer& answer) const;
  std::vector<DecisionRow> tell(std::int64_t at) const;

  using Values = std::vector<float>;
  /// Values of a column (or channel) by name; null for an unknown or empty name.
  const Values* column(const std::string& name) const;
  /// NaN without values, or where `at` is not among them.
  static float at(const Values* values, std::int64_t at);

 private:
  /// Whether a test of the head with this role failed.
  bool fails(const std::vector<TestAnswer>& answers, const std::string& head, TestRole role) const;

  struct Test {
    const Values *value, *bound, *passed, *note;
    std::string unit;
  };
  const StageEvidence& evidence_;
  const DecisionSpec& spec_;
  const PairTable* table_;
  std::vector<Test> tests_;
};

}  // namespace anchorscope
