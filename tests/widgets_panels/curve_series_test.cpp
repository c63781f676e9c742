// A scalar's values in bounded memory, against all of them.
#include "widgets/plot/curve_series.h"

#include <gtest/gtest.h>

#include <QTest>
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/random.h"
#include "tests/support/qt_application.h"
#include "tests/support/temporary_folder.h"
#include "widgets/plot/curve_csv.h"
#include "widgets/plot/curve_legend.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Noise with spikes, equal neighbours, and values that are not finite, one by one and all over.
std::vector<CurvePoint> awkwardValues(std::int64_t count, std::uint64_t seed) {
  Random random = Random::of(seed, RandomPurpose::kTest);
  std::vector<CurvePoint> out;
  std::int64_t step = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    step += 1 + static_cast<std::int64_t>(random.below(3));
    double value = static_cast<double>(random.below(1000)) / 100;
    if (random.below(50) == 0) value = kNan;
    if (random.below(80) == 0) value = -std::numeric_limits<double>::infinity();
    if (random.below(200) == 0) value *= 1e6;
    if (i >= count / 4 && i < count / 3) value = kNan;
    out.push_back({step, value});
  }
  return out;
}

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

/// What a block must say of these values, by looking at every one of them.
void expectBlock(const CurveBlock& block, const CurvePoint* values, std::size_t count) {
  ASSERT_EQ(block.count, static_cast<std::int64_t>(count));
  EXPECT_EQ(block.first, values[0].step);
  EXPECT_EQ(block.last, values[count - 1].step);
  const CurvePoint *lowest = nullptr, *highest = nullptr, *notFinite = nullptr;
  std::int64_t finite = 0;
  double sum = 0;
  for (const CurvePoint* at = values; at != values + count; ++at) {
    if (!std::isfinite(at->value)) {
      if (!notFinite) notFinite = at;
      continue;
    }
    if (!lowest || at->value < lowest->value) lowest = at;
    if (!highest || at->value > highest->value) highest = at;
    ++finite;
    sum += at->value;
  }
  ASSERT_EQ(block.finite, finite);
  if (finite > 0) {
    EXPECT_EQ(block.lowest, *lowest);
    EXPECT_EQ(block.highest, *highest);
    EXPECT_NEAR(block.mean, sum / static_cast<double>(finite), 1e-9 * std::abs(sum) + 1e-12);
  }
  if (notFinite) {
    EXPECT_EQ(block.notFinite.step, notFinite->step);
    EXPECT_TRUE(same(block.notFinite.value, notFinite->value));
  }
}

TEST(CurveSeriesTest, EveryBlockHoldsTheExtremesOfItsValuesAndTheNewestAreExact) {
  for (const std::int64_t count : {1, 50, 64, 65, 66, 100, 127, 128, 129, 1000, 1063, 1064, 1065, 20'000}) {
    SCOPED_TRACE(count);
    const std::vector<CurvePoint> values = awkwardValues(count, 7);
    CurveSeries series({64, 8});
    for (const CurvePoint& point : values)
      series.append(point.step, point.value);
    const std::size_t exact = std::min<std::size_t>(values.size(), 64), thinned = values.size() - exact;
    ASSERT_EQ(series.points().size(), exact);
    for (std::size_t i = 0; i < exact; ++i)
      EXPECT_TRUE(series.points()[i].step == values[thinned + i].step &&
                  same(series.points()[i].value, values[thinned + i].value));
    EXPECT_LE(series.blocks().size(), 8u);
    std::size_t at = 0;
    for (const CurveBlock& block : series.blocks()) {
      const std::size_t its = std::min(static_cast<std::size_t>(series.blockSize()), thinned - at);
      expectBlock(block, &values[at], its);
      at += its;
    }
    EXPECT_EQ(at, thinned);
  }
}

TEST(CurveSeriesTest, ADrawnPointIsOneThatWasMeasuredAndTheyStandForAllFiniteOnes) {
  const std::vector<CurvePoint> values = awkwardValues(5000, 3);
  CurveSeries series({64, 16});
  double finite = 0;
  for (const CurvePoint& point : values) {
    series.append(point.step, point.value);
    finite += std::isfinite(point.value) ? 1 : 0;
  }
  const std::vector<DrawnPoint> drawn = series.drawn();
  double weight = 0;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (i > 0) {
      EXPECT_GT(drawn[i].step, drawn[i - 1].step);
    }
    EXPECT_TRUE(std::any_of(values.begin(), values.end(), [&](const CurvePoint& point) {
      return point.step == drawn[i].step && same(point.value, drawn[i].value);
    }));
    if (std::isfinite(drawn[i].value)) weight += drawn[i].weight;
  }
  EXPECT_EQ(weight, finite);
}

TEST(CurveSeriesTest, AReadingIsTheValueOrTheBlockThatHoldsIt) {
  CurveSeries series({4, 2});
  for (std::int64_t step = 0; step < 8; ++step)  // blocks [0, 1] and [2, 3], then exactly 4 to 7
    series.append(10 * step, step == 3 ? kNan : static_cast<double>(step));
  EXPECT_EQ(series.at(-1).values, 0);
  EXPECT_EQ(series.at(0).values, 2);
  EXPECT_EQ(series.at(19).low, 0);
  EXPECT_EQ(series.at(19).high, 1);
  EXPECT_EQ(series.at(35).low, 2);
  EXPECT_EQ(series.at(35).high, 2);
  EXPECT_EQ(series.at(35).notFinite, 1);
  EXPECT_EQ(series.at(40).values, 1);
  EXPECT_EQ(series.at(55).high, 5);
  EXPECT_EQ(series.at(1000).high, 7);
}

TEST(CurveSeriesTest, DrawnTogetherEachPointIsTheLowestOrHighestOfItsValues) {
  const std::vector<CurvePoint> values = awkwardValues(40'000, 11);
  for (const CurveLimits& limits : {CurveLimits::none(), CurveLimits{30'000, 64}, CurveLimits{1000, 32}})
    for (const std::int64_t together : {64, 128, 1024, 2048, 16'384, 32'768}) {
      SCOPED_TRACE(::testing::Message() << limits.points << " exact, " << together << " together");
      CurveSeries series(limits);
      for (const CurvePoint& point : values)
        series.append(point.step, point.value);
      std::vector<DrawnPoint> expected;
      double finite = 0;
      for (auto at = static_cast<std::int64_t>(values.size() - series.points().size());
           at < static_cast<std::int64_t>(values.size());) {
        const std::int64_t end =
            std::min((at / together + 1) * together, static_cast<std::int64_t>(values.size()));
        CurveBlock block;
        for (; at < end; ++at)
          block.add(values[static_cast<std::size_t>(at)]);
        if (block.finite > 0) expected.push_back({block.lowest.step, block.lowest.value, 1, 0});
        if (block.finite > 0 && block.highest != block.lowest)
          expected.push_back({block.highest.step, block.highest.value, 1, 0});
        if (block.finite < block.count)
          expected.push_back({block.notFinite.step, block.notFinite.value, 0, 0});
        finite += static_cast<double>(block.finite);
      }
      std::sort(expected.begin(), expected.end(),
                [](const DrawnPoint& a, const DrawnPoint& b) { return a.step < b.step; });
      std::vector<DrawnPoint> drawn = series.drawn(together);
      std::erase_if(drawn, [&](const DrawnPoint& point) { return point.step <= series.thinnedUntil(); });
      ASSERT_EQ(drawn.size(), expected.size());
      for (std::size_t i = 0; i < drawn.size(); ++i) {
        EXPECT_TRUE(drawn[i].step == expected[i].step && same(drawn[i].value, expected[i].value)) << i;
        if (std::isfinite(drawn[i].value)) finite -= drawn[i].weight;
      }
      EXPECT_EQ(finite, 0) << "they stand for all finite values";
    }
}

TEST(CurveSeriesTest, TheExtremesOfAnySpanAreThoseOfAllItsValues) {
  constexpr std::int64_t kCount = 40'000;
  const std::vector<CurvePoint> values = awkwardValues(kCount, 5);
  const std::int64_t lastStep = values.back().step;
  Random random = Random::of(6, RandomPurpose::kTest);
  for (const CurveLimits& limits : {CurveLimits::none(), CurveLimits{}, CurveLimits{20'000, 4096},
                                    CurveLimits{100, 700}, CurveLimits{1, 2}}) {
    SCOPED_TRACE(limits.points);
    CurveSeries series(limits);
    for (const CurvePoint& point : values)
      series.append(point.step, point.value);
    for (int round = 0; round < 300; ++round) {
      // Long ones, and short ones among what is old and what is new.
      const auto below = [&](std::int64_t bound) {
        return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
      };
      std::int64_t from = below(lastStep + 20) - 10, to = from + below(round % 3 == 0 ? lastStep : 300);
      if (round == 0) from = -5, to = lastStep + 5;
      SCOPED_TRACE(::testing::Message() << from << " to " << to);
      const CurveBlock found = series.extremes(from, to);
      // A block that the span cuts counts whole.
      for (const CurveBlock& block : series.blocks())
        if (block.first <= to && block.last >= from) {
          from = std::min(from, block.first);
          to = std::max(to, block.last);
        }
      const auto first =
          std::lower_bound(values.begin(), values.end(), from,
                           [](const CurvePoint& p, std::int64_t step) { return p.step < step; });
      const auto end = std::upper_bound(first, values.end(), to,
                                        [](std::int64_t step, const CurvePoint& p) { return step < p.step; });
      if (first == end)
        EXPECT_EQ(found.count, 0);
      else
        expectBlock(found, &*first, static_cast<std::size_t>(end - first));
    }
    EXPECT_EQ(series.extremes(100, 99).count, 0);
    EXPECT_EQ(series.extremes(lastStep + 1, lastStep + 100).count, 0);
  }
  EXPECT_EQ(CurveSeries().extremes(0, 10).count, 0);
}

TEST(CurveSeriesTest, SmoothedItFollowsTheBlocksMeans) {
  Random random = Random::of(1, RandomPurpose::kTest);
  std::vector<double> values;
  CurveSeries series({1000, 512});  // blocks of 32 values
  for (std::int64_t step = 0; step < 10'000; ++step) {
    values.push_back(3 + std::sin(1e-3 * static_cast<double>(step)) +
                     static_cast<double>(random.below(1000)) / 1000);
    series.append(step, values.back());
  }
  const std::vector<double> all = smoothed(values, 0.99);
  const std::vector<DrawnPoint> drawn = series.drawn();
  const std::vector<double> bold = smoothed(drawn, 0.99);
  ASSERT_EQ(bold.size(), drawn.size());
  for (std::size_t i = 100; i < drawn.size(); ++i)  // the first mean stands for its block
    EXPECT_NEAR(bold[i], all[static_cast<std::size_t>(drawn[i].step)], 0.15) << drawn[i].step;
  EXPECT_NEAR(bold.back(), all.back(), 1e-4) << "the newest is as good as exact";
}

TEST(CurveSeriesTest, WhereBlocksAreInViewTheSmoothedLineIsOfOneKindAllAlong) {
  Random random = Random::of(2, RandomPurpose::kTest);
  ScalarStore history({1024, 16});
  for (std::int64_t step = 0; step < 5000; ++step)
    history.append(step, {{"loss", step == 4500 ? kNan : static_cast<double>(random.below(1000)) / 1000}});
  const CurveSeries& series = *history.find("loss");
  ASSERT_EQ(series.blockSize(), 256);
  const auto spread = [&](double viewFrom) {
    const CurvePlan plan = planCurves(history, {}, {"loss"}, 0.5, viewFrom);
    const PlannedCurve& curve = plan.curves.front();
    double low = 1, high = 0;
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
      if (curve.points[i].step <= series.thinnedUntil()) continue;
      EXPECT_EQ(std::isfinite(curve.bold[i]), std::isfinite(curve.points[i].value));
      if (!std::isfinite(curve.bold[i])) continue;
      low = std::min(low, curve.bold[i]);
      high = std::max(high, curve.bold[i]);
    }
    return high - low;
  };
  EXPECT_LT(spread(0), 0.15) << "as calm as the means of blocks before";
  EXPECT_GT(spread(4200), 0.5) << "every value, where all are exact";
}

/// Steps of several scalars, one of them with a single spike.
constexpr std::int64_t kSteps = 1'000'000, kSpike = 12'345;

class LongRun : public ::testing::Test {
 protected:
  static const ScalarStore& history() {
    static const ScalarStore made = [] {
      ScalarStore history;
      std::vector<ScalarValue> scalars{{"loss.cls", 0}, {"loss.loc", 0}, {"train.lr", 1e-3}};
      for (std::int64_t step = 1; step <= kSteps; ++step) {
        const double wave = static_cast<double>(step * 7919 % 1000) / 1000;
        scalars[0].value = step == kSpike ? 1000 : 1 + wave;
        scalars[1].value = step == 500'000 ? kNan : 0.5 * wave;
        history.append(step, scalars);
      }
      return history;
    }();
    return made;
  }
};

TEST_F(LongRun, AMillionStepsTakeNoMoreThanTheBoundAndKeepASpikeOfOneStep) {
  const CurveLimits limits;
  for (const char* name : {"loss.cls", "loss.loc", "train.lr"}) {
    const CurveSeries* series = history().find(name);
    ASSERT_NE(series, nullptr);
    EXPECT_EQ(series->points().size(), limits.points);
    EXPECT_LE(series->blocks().size(), limits.blocks);
    EXPECT_EQ(series->blockSize(), 256);
    EXPECT_LE(sizeof(CurvePoint) * series->points().size() + sizeof(CurveBlock) * series->blocks().size(),
              std::size_t{3} << 19U);
  }
  const CurveSeries::Reading spike = history().at("loss.cls", kSpike);
  EXPECT_EQ(spike.values, 256);
  EXPECT_EQ(spike.high, 1000);
  EXPECT_EQ(history().at("loss.loc", 500'000).notFinite, 1);
  EXPECT_EQ(history().at("loss.cls", kSteps).values, 1);
  int drawn = 0;
  for (const DrawnPoint& point : history().find("loss.cls")->drawn())
    drawn += point.step == kSpike && point.value == 1000 ? 1 : 0;
  EXPECT_EQ(drawn, 1) << "where it was";
}

TEST_F(LongRun, IsTheSameReadFromAFileAtOnce) {
  ScalarSeries all;
  for (std::int64_t step = 1; step <= kSteps; ++step) {
    all.steps.push_back(step);
    all.values.push_back(step == kSpike ? 1000 : 1 + static_cast<double>(step * 7919 % 1000) / 1000);
  }
  ScalarStore read;
  read.append("loss.cls", all);
  const std::vector<DrawnPoint> a = read.find("loss.cls")->drawn(), b = history().find("loss.cls")->drawn();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_TRUE(a[i].step == b[i].step && a[i].value == b[i].value && a[i].weight == b[i].weight &&
                a[i].mean == b[i].mean);
  ScalarStore exact(CurveLimits::none());
  exact.append("loss.cls", all);
  EXPECT_EQ(exact.find("loss.cls")->points().size(), all.steps.size());
  EXPECT_TRUE(thinnedText(exact, {"loss.cls"}).empty());
}

TEST_F(LongRun, AnAxisSpansTheBulkAsIfNothingWereThinned) {
  const CurvePlan plan = planCurves(history(), {}, {"loss.cls"}, 0);
  const auto span = axisSpan(plan, 0, {0, kSteps});
  ASSERT_TRUE(span);
  EXPECT_GT(span->high, 2);
  EXPECT_LT(span->high, 2.5) << "one spike in a million does not flatten the rest";
  // Where it is a good part of what is in view it shows, as it would exactly.
  const auto near = axisSpan(plan, 0, {kSpike - 600, kSpike + 600});
  ASSERT_TRUE(near);
  EXPECT_GT(near->high, 1000);
}

TEST_F(LongRun, WhatIsThinnedIsSaidAtTheCursorInTheHeadingAndInFiles) {
  const testing::TemporaryFolder folder;
  CurvesView view;
  view.resize(900, 240);
  view.history() = history();
  view.setShown({"loss.cls", "loss.loc"});
  view.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
  auto* plot = view.findChild<QWidget*>("curvePlot");
  view.historyChanged();
  ASSERT_TRUE(QTest::qWaitFor([&] { return view.stepAt(plot->width() - 12) > kSteps * 9 / 10; }));
  int x = 0;
  while (view.stepAt(x) < kSpike)
    ++x;
  // The pixel that shows the spike's block; a wheel over it goes to single steps.
  QTest::mouseMove(plot, {x, plot->height() / 2});
  EXPECT_TRUE(view.legend()->moment().contains("min–max of 256 steps"))
      << view.legend()->moment().toStdString();
  EXPECT_EQ(view.legend()->entries()[0].value.count(QStringLiteral("–")), 1);
  x = plot->width() - 40;
  QTest::mouseMove(plot, {x, plot->height() / 2});
  EXPECT_FALSE(view.legend()->moment().contains("min–max"));
  EXPECT_FALSE(view.legend()->entries()[0].value.contains(QStringLiteral("–")));
  testing::keepPicture(view.grab().toImage(), "curves_thinned");

  const std::string said = "Until step 934464: lowest and highest of every 256 values";
  EXPECT_EQ(view.thinned().toStdString(), said);
  const auto path = [&](const char* name) { return QString::fromStdString((folder / name).string()); };
  ASSERT_TRUE(view.exportTo(path("c.csv"), Overwrite::kNo));
  const std::string csv = testing::readFile(folder / "c.csv");
  EXPECT_TRUE(csv.starts_with("scalar,step,value,kept_as\n"));
  EXPECT_NE(csv.find("\nloss.cls,12345,1000,highest of 256\n"), std::string::npos);
  EXPECT_NE(csv.find("\nloss.loc,500000,nan,first not finite of 256\n"), std::string::npos);
  EXPECT_NE(csv.find("\nloss.cls,1000000,1,\n"), std::string::npos);
  ASSERT_TRUE(view.exportTo(path("c.svg"), Overwrite::kNo, {174, 300, FigureTheme::kLight}));
  const std::string svg = testing::readFile(folder / "c.svg");
  EXPECT_GT(svg.size(), 1000u);
  view.setShown({"none"});
  EXPECT_TRUE(view.thinned().isEmpty());
}

}  // namespace
}  // namespace anchorscope
