// A recorded run's scalars, read bit by bit while the run goes on.
#include "widgets/source/recorded_scalars.h"

#include <gtest/gtest.h>

#include <map>

namespace anchorscope {
namespace {

/// Scalars in memory that grow as a live run's do.
class GrowingRun final : public RunReader {
 public:
  std::map<std::string, ScalarSeries> scalars;
  std::string damaged;  ///< The scalar that cannot be read.

  void measure(std::int64_t step) {
    for (auto& [name, series] : scalars) {
      series.steps.push_back(step);
      series.values.push_back(static_cast<double>(step) / 2);
    }
    last_ = step;
  }

  const RunHeader& header() const override { return header_; }
  const std::string& folder() const override { return folder_; }
  std::int64_t lastStep() const override { return last_; }
  std::vector<std::string> probeNames() const override { return {}; }
  std::vector<std::int64_t> recordedSteps(const std::string&) const override { return {}; }
  RecordedSteps recordedSteps() const override { return std::make_shared<const std::vector<std::int64_t>>(); }
  std::vector<std::string> probesAt(std::int64_t) const override { return {}; }
  std::int64_t frameCount() const override { return 0; }
  Result<ScalarSeries> scalar(const std::string& name) const override { return scalars.at(name); }
  Result<ScalarSeries> scalarFrom(const std::string& name, std::int64_t step,
                                  std::size_t atMost) const override {
    if (name == damaged) return makeError(ErrorCode::kBadData, "damaged");
    ScalarSeries out;
    const ScalarSeries& all = scalars.at(name);
    for (std::size_t i = 0; i < all.steps.size() && out.steps.size() < atMost; ++i)
      if (all.steps[i] >= step) {
        out.steps.push_back(all.steps[i]);
        out.values.push_back(all.values[i]);
      }
    return out;
  }
  Result<ScalarSeries> newest(const std::string&) const override { return ScalarSeries{}; }
  std::vector<std::string> scalarNames() const override {
    std::vector<std::string> out;
    for (const auto& [name, series] : scalars)
      out.push_back(name);
    return out;
  }
  Result<std::vector<RunEvent>> events() const override { return std::vector<RunEvent>(); }
  Result<std::vector<ParameterChange>> changes() const override { return std::vector<ParameterChange>(); }
  Result<std::shared_ptr<const ProbeFrame>> frame(const std::string&, std::int64_t,
                                                  const std::string&) const override {
    return makeError(ErrorCode::kNotFound, "no evidence");
  }
  Result<std::vector<Variant>> variants(const std::string&, std::int64_t) const override {
    return std::vector<Variant>{};
  }
  Result<std::shared_ptr<const ProbeFrame>> summary(const std::string&, std::int64_t) const override {
    return makeError(ErrorCode::kNotFound, "no evidence");
  }
  std::vector<std::string> checkpoints() const override { return {}; }
  Status refresh() override { return {}; }
  bool lookForLostRows() override { return false; }
  std::vector<std::string> takeProblems() override { return {}; }

 private:
  RunHeader header_;
  std::string folder_;
  std::int64_t last_ = -1;
};

using Values = std::map<std::string, ScalarSeries>;

/// What is told, put together.
void add(Values& values, const ScalarParts& parts) {
  for (const auto& [name, part] : parts) {
    ScalarSeries& own = values[name];
    own.steps.insert(own.steps.end(), part.steps.begin(), part.steps.end());
    own.values.insert(own.values.end(), part.values.begin(), part.values.end());
  }
}

std::vector<std::int64_t> upTo(std::int64_t last) {
  std::vector<std::int64_t> out;
  for (std::int64_t step = 0; step <= last; ++step)
    out.push_back(step);
  return out;
}

struct RecordedScalarsTest : ::testing::Test {
  std::shared_ptr<GrowingRun> run = std::make_shared<GrowingRun>();
  std::vector<Error> errors;

  RecordedScalarsTest() {
    run->scalars = {{"a", {}}, {"eval.ap", {}}, {"z", {}}};
    for (std::int64_t step = 0; step < 10; ++step)
      run->measure(step);
  }
};

TEST_F(RecordedScalarsTest, AreReadWholeWhateverIsReadAtOnce) {
  for (std::size_t values = 1; values <= 31; ++values) {
    Values own;
    RecordedScalars scalars(*run, "eval.");
    bool more = true;
    for (int rounds = 0; more; ++rounds) {
      ASSERT_LT(rounds, 40);
      ScalarParts parts;
      more = scalars.read(values, parts, errors);
      std::size_t count = 0;
      for (const auto& [name, part] : parts)
        count += part.steps.size();
      EXPECT_LE(count, values);
      add(own, parts);
    }
    for (const std::string& name : run->scalarNames()) {
      EXPECT_EQ(own[name].steps, upTo(9)) << name << ", " << values << " at once";
      EXPECT_EQ(own[name].values, run->scalars[name].values);
    }
  }
  EXPECT_TRUE(errors.empty());
}

TEST_F(RecordedScalarsTest, BeginWithTheNamedOnes) {
  RecordedScalars scalars(*run, "eval.");
  ScalarParts parts;
  EXPECT_TRUE(scalars.read(12, parts, errors));
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].first, "eval.ap");
  EXPECT_EQ(parts[0].second.steps, upTo(9));
  EXPECT_EQ(parts[1].first, "a");
  EXPECT_EQ(parts[1].second.steps, upTo(1));
}

TEST_F(RecordedScalarsTest, WhatIsRecordedMeanwhileIsNotAmongThem) {
  for (std::size_t values = 1; values <= 40; ++values) {
    auto growing = std::make_shared<GrowingRun>(*run);
    Values own;
    RecordedScalars scalars(*growing, "eval.");
    EXPECT_EQ(scalars.lastStep(), 9);
    bool more = true;
    for (std::int64_t step = 10; more; ++step) {
      growing->measure(step);
      ScalarParts parts;
      more = scalars.read(values, parts, errors);
      add(own, parts);
    }
    for (const std::string& name : run->scalarNames())
      EXPECT_EQ(own[name].steps, upTo(9)) << name << ", " << values << " at once";
  }
  EXPECT_TRUE(errors.empty());
}

TEST_F(RecordedScalarsTest, GoOnAfterAScalarThatCannotBeRead) {
  run->damaged = "a";
  RecordedScalars scalars(*run, "eval.");
  ScalarParts parts;
  EXPECT_FALSE(scalars.read(100, parts, errors));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].message, "damaged");
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[1].first, "z");
  EXPECT_EQ(parts[1].second.steps, upTo(9));
}

}  // namespace
}  // namespace anchorscope
