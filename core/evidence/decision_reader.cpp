#include "core/evidence/decision_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::string unitOfColumn(const StageEvidence& evidence, const PairTable* table, const std::string& name) {
  if (table) {
    const int column = table->columnIndex(name);
    return column < 0 ? std::string() : table->spec.columns[static_cast<std::size_t>(column)].unit;
  }
  const Channel* channel = evidence.channel(name);
  return channel ? channel->spec.unit : std::string();
}

}  // namespace

float marginOf(const std::string& relation, float value, float bound) {
  if (relation == ">" || relation == ">=" || relation == "\u2265") return value - bound;
  if (relation == "<" || relation == "<=" || relation == "\u2264") return bound - value;
  if (relation == "=") return value == bound ? 0 : -std::abs(value - bound);
  return kNan;
}

std::string shortNumberText(float value, int digits) {
  char buffer[32];
  const bool large = std::abs(value) >= 1000 && std::abs(value) < 1e6F && digits <= kShortDigits;
  if (large)
    std::snprintf(buffer, sizeof buffer, "%.0f", static_cast<double>(value));
  else
    std::snprintf(buffer, sizeof buffer, "%.*g", digits, static_cast<double>(value));
  return buffer;
}

std::string comparisonText(const DecisionRow& row) {
  std::string value = std::isnan(row.value) ? std::string() : shortNumberText(row.value);
  std::string bound = std::isnan(row.bound) ? std::string() : shortNumberText(row.bound);
  constexpr int kAllDigits = 9;
  for (int digits = kShortDigits + 1;
       !value.empty() && value == bound && row.value != row.bound && digits <= kAllDigits; ++digits) {
    value = shortNumberText(row.value, digits);  // until they differ
    bound = shortNumberText(row.bound, digits);
  }
  std::string text = value;
  for (const std::string& part : {heldRelation(row), bound})
    if (!part.empty()) text += (text.empty() ? "" : " ") + part;
  return text;
}

DecisionReader::DecisionReader(const StageEvidence& evidence, const DecisionSpec& spec)
    : evidence_(evidence),
      spec_(spec),
      table_(spec.pairTable.empty() ? nullptr : evidence.pairTable(spec.pairTable)) {
  for (const TestSpec& test : spec.tests)
    tests_.push_back({column(test.valueColumn), column(test.boundColumn), column(test.passedColumn),
                      column(test.noteColumn), unitOfColumn(evidence, table_, test.valueColumn)});
}

const DecisionReader::Values* DecisionReader::column(const std::string& name) const {
  if (name.empty()) return nullptr;
  if (table_) {
    const int index = table_->columnIndex(name);
    return index < 0 ? nullptr : &table_->columns[static_cast<std::size_t>(index)];
  }
  const Channel* channel = spec_.pairTable.empty() ? evidence_.channel(name) : nullptr;
  return channel ? &channel->values : nullptr;
}

float DecisionReader::at(const Values* values, std::int64_t at) {
  return values && at >= 0 && static_cast<std::size_t>(at) < values->size()
             ? (*values)[static_cast<std::size_t>(at)]
             : kNan;
}

void DecisionReader::read(std::int64_t row, std::vector<TestAnswer>& answers) const {
  answers.resize(tests_.size());
  bool reached = true;
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    const TestSpec& spec = spec_.tests[i];
    TestAnswer& answer = answers[i];
    answer.value = at(tests_[i].value, row);
    answer.bound = spec.boundColumn.empty() ? spec.bound.value_or(kNan) : at(tests_[i].bound, row);
    const float passed = at(tests_[i].passed, row), noted = at(tests_[i].note, row);
    answer.noted = !std::isnan(noted) && noted != 0;
    answer.verdict = !reached             ? TestVerdict::kNotReached
                     : std::isnan(passed) ? TestVerdict::kNotApplicable
                     : passed > 0         ? TestVerdict::kPassed
                                          : TestVerdict::kFailed;
    if (answer.verdict == TestVerdict::kFailed && spec.gate) reached = false;
    answer.margin = marginOf(spec.relation, answer.value, answer.bound);
    // It failed for something that the two numbers do not say.
    if (answer.verdict == TestVerdict::kFailed && answer.margin > 0) answer.margin = kNan;
  }
}

bool DecisionReader::reaches(const std::vector<TestAnswer>& answers, const std::string& head) const {
  return !fails(answers, head, TestRole::kRequired);
}

bool DecisionReader::reaches(const std::vector<TestAnswer>& answers) const {
  return std::any_of(spec_.outcomes.begin(), spec_.outcomes.end(),
                     [&](const OutcomeSpec& outcome) { return reaches(answers, outcome.head); });
}

bool DecisionReader::wins(const std::vector<TestAnswer>& answers, const std::string& head) const {
  return reaches(answers, head) && !fails(answers, head, TestRole::kConflict);
}

bool DecisionReader::fails(const std::vector<TestAnswer>& answers, const std::string& head,
                           TestRole role) const {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const TestSpec& spec = spec_.tests[i];
    if (spec.role == role && (spec.head.empty() || spec.head == head) &&
        answers[i].verdict == TestVerdict::kFailed)
      return true;
  }
  return false;
}

DecisionRow DecisionReader::told(std::size_t test, const TestAnswer& answer) const {
  const TestSpec& spec = spec_.tests[test];
  DecisionRow row;
  row.name = spec.name;
  row.description = spec.description;
  row.value = answer.value;
  row.relation = spec.relation;
  row.bound = answer.bound;
  row.margin = answer.margin;
  row.unit = tests_[test].unit;
  row.verdict = answer.verdict;
  row.role = spec.role;
  if (answer.noted) row.note = spec.note;
  return row;
}

std::vector<DecisionRow> DecisionReader::tell(std::int64_t at) const {
  std::vector<TestAnswer> answers;
  read(at, answers);
  std::vector<DecisionRow> rows;
  for (std::size_t i = 0; i < answers.size(); ++i)
    rows.push_back(told(i, answers[i]));
  return rows;
}

}  // namespace anchorscope
