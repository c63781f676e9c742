// A recorded run's scalars, read bit by bit while the run goes on.
#include "widgets/plot/recorded_curves.h"

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
  Result<std::shared_ptr<const ProbeFrame>> frame(const std::string&, std::int64_t) const override {
    return makeError(ErrorCode::kNotFound, "no evidence");
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

std::vector<std::int64_t> stepsOf(const CurveHistory& history, const std::string& name) {
  std::vector<std::int64_t> out;
  if (const CurveSeries* series = history.find(name))
    for (const CurvePoint& point : series->points())
      out.push_back(point.step);
  return out;
}

std::vector<std::int64_t> upTo(std::int64_t last) {
  std::vector<std::int64_t> out;
  for (std::int64_t step = 0; step <= last; ++step)
    out.push_back(step);
  return out;
}

struct RecordedCurvesTest : ::testing::Test {
  std::shared_ptr<GrowingRun> run = std::make_shared<GrowingRun>();
  CurveHistory history;
  std::vector<Error> errors;

  RecordedCurvesTest() {
    run->scalars = {{"a", {}}, {"eval.ap", {}}, {"z", {}}};
    for (std::int64_t step = 0; step < 10; ++step)
      run->measure(step);
  }
};

TEST_F(RecordedCurvesTest, AreReadWholeWhateverIsReadAtOnce) {
  for (std::size_t values = 1; values <= 31; ++values) {
    CurveHistory own;
    RecordedCurves curves(run, own, "eval.");
    for (int rounds = 0; curves.read(values, errors); ++rounds)
      ASSERT_LT(rounds, 40);
    for (const std::string& name : run->scalarNames())
      EXPECT_EQ(stepsOf(own, name), upTo(9)) << name << ", " << values << " at once";
  }
  EXPECT_TRUE(errors.empty());
}

TEST_F(RecordedCurvesTest, BeginWithTheNamedOnes) {
  RecordedCurves curves(run, history, "eval.");
  EXPECT_TRUE(curves.read(12, errors));
  EXPECT_EQ(stepsOf(history, "eval.ap"), upTo(9));
  EXPECT_EQ(stepsOf(history, "a"), upTo(1));
  EXPECT_TRUE(stepsOf(history, "z").empty());
}

TEST_F(RecordedCurvesTest, WhatIsMeasuredMeanwhileComesAfterThemAndOnce) {
  for (std::size_t values = 1; values <= 40; ++values) {
    auto growing = std::make_shared<GrowingRun>(*run);
    CurveHistory own;
    RecordedCurves curves(growing, own, "eval.");
    std::int64_t step = 10;
    bool more = true;
    for (; more; ++step) {
      growing->measure(step);  // it is recorded and handed over
      curves.append({{step, {{"a", 5}, {"eval.ap", 5}, {"z", 5}, {"new", 5}}}});
      more = curves.read(values, errors);
      EXPECT_EQ(stepsOf(own, "new").empty(), more) << "held back until the recorded ones are there";
    }
    for (const std::string& name : run->scalarNames())
      EXPECT_EQ(stepsOf(own, name), upTo(step - 1)) << name << ", " << values << " at once";
    EXPECT_EQ(stepsOf(own, "new").front(), 10);
    EXPECT_EQ(own.find("a")->exactly(9), 4.5);
    EXPECT_EQ(own.find("a")->exactly(10), 5);
  }
  EXPECT_TRUE(errors.empty());
}

TEST_F(RecordedCurvesTest, GoOnAfterAScalarThatCannotBeRead) {
  run->damaged = "a";
  RecordedCurves curves(run, history, "eval.");
  curves.append({{10, {{"z", 1}}}});
  EXPECT_FALSE(curves.read(100, errors));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].message, "damaged");
  EXPECT_EQ(stepsOf(history, "z"), upTo(10));
}

}  // namespace
}  // namespace anchorscope
