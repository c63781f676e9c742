// MuSu on RetinaNet with one or several anchors per location: training steps, and evidence that tells them
// apart.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/evidence/decision.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

void expectSoundReports(const std::vector<StepReport>& reports) {
  ASSERT_THAT(reports, ::testing::SizeIs(3));
  for (const StepReport& report : reports) {
    EXPECT_TRUE(report.updated);
    EXPECT_TRUE(std::isfinite(valueOf(report.scalars, "loss.total")));
    EXPECT_GE(valueOf(report.scalars, "musu.mean_bag_size"), 1);
    const double correlation = valueOf(report.scalars, "musu.spearman_pq");
    if (valueOf(report.scalars, "musu.max_bag_size") >= 3) {
      EXPECT_LE(std::abs(correlation), 1);
    } else {
      EXPECT_TRUE(std::isnan(correlation)) << "no bag of three";
    }
  }
}

class MusuHeads : public ::testing::TestWithParam<const char*> {};

TEST_P(MusuHeads, Train) {
  RunConfig config = smallConfig("musu", GetParam());
  set(config, "train.statistics_every", "1");
  set(config, "model.centerness", "false");  // MuSu has no target for it
  for (const char* eligibility : {"overlap", "center_radius"}) {
    set(config, "method.eligibility", eligibility);
    const auto trainer = prepareOrFail(config);
    ASSERT_TRUE(trainer);
    expectSoundReports(train(*trainer, 3));
    const auto frames = trainer->capture().take();
    ASSERT_FALSE(frames.empty());
    const PairTable* table = frames[0]->stages.front()->pairTable("musu.pairs");
    ASSERT_NE(table, nullptr);
    EXPECT_FALSE(table->candidate.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(, MusuHeads, ::testing::Values("fcos-small", "atss-small"),
                         [](const auto& tested) { return std::string(tested.param).substr(0, 4); });

struct Tiling {
  const char *scales, *ratios;
  int anchorsPerCell;
};

class MusuAnchors : public ::testing::TestWithParam<Tiling> {};

TEST_P(MusuAnchors, TrainAndAreToldApartInTheEvidence) {
  const auto [scales, ratios, anchorsPerCell] = GetParam();
  RunConfig config = smallConfig("musu");
  set(config, "train.statistics_every", "1");
  set(config, "model.scales_per_octave", scales);
  set(config, "model.ratios", ratios);
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  expectSoundReports(train(*trainer, 3));

  const auto frames = trainer->capture().take();
  ASSERT_FALSE(frames.empty());
  for (const auto& frame : frames) {
    const CandidateSet& anchors = *frame->stages.front()->candidates;
    std::int64_t cells = 0;
    for (const LevelLayout& level : anchors.levels) {
      EXPECT_EQ(level.anchorsPerCell, anchorsPerCell);
      cells += std::int64_t{1} * level.rows * level.columns;
    }
    ASSERT_EQ(anchors.count(), static_cast<std::size_t>(cells * anchorsPerCell));

    const PairTable* table = frame->stages.front()->pairTable("musu.pairs");
    ASSERT_NE(table, nullptr);
    const auto inBag = static_cast<std::size_t>(table->columnIndex("in_bag"));
    std::set<int> slots;  // of bag members
    for (std::size_t row = 0; row < table->candidate.size(); ++row) {
      const auto anchor = static_cast<std::size_t>(table->candidate[row]);
      ASSERT_LT(anchor, anchors.count());
      const GridAddress address = anchors.address(anchor);
      EXPECT_EQ(anchors.index(address), table->candidate[row]);
      const std::string slot = " a" + std::to_string(address.slot);
      EXPECT_EQ(anchors.label(anchor).ends_with(slot), anchorsPerCell > 1) << anchors.label(anchor);
      if (table->columns[inBag][row] > 0) slots.insert(address.slot);
    }
    EXPECT_FALSE(slots.empty());
    EXPECT_LE(slots.size(), static_cast<std::size_t>(anchorsPerCell));
    EXPECT_GT(slots.size(), anchorsPerCell > 1 ? 1U : 0U) << "bags hold more than one anchor of a location";

    // Every slot of a location has its own answer to "why?".
    const GridAddress where = anchors.address(static_cast<std::size_t>(table->candidate.front()));
    for (int slot = 0; slot < anchorsPerCell; ++slot) {
      const std::int64_t anchor = anchors.index({where.level, where.row, where.column, slot});
      const Decision decision =
          explain(*frame->stages.front(), static_cast<std::int32_t>(anchor), table->object.front());
      EXPECT_FALSE(decision.rows.empty()) << slot;
      EXPECT_EQ(decision.considered,
                table->row(static_cast<std::int32_t>(anchor), table->object.front()) >= 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(PerLocation, MusuAnchors,
                         ::testing::Values(Tiling{"1", "1", 1}, Tiling{"3", "1", 3},
                                           Tiling{"3", "0.5,1,2", 9}, Tiling{"2", "0.3,1,1.5,4", 8}),
                         [](const auto& tested) { return std::to_string(tested.param.anchorsPerCell); });

}  // namespace
}  // namespace anchorscope::testing
