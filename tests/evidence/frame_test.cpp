#include "core/evidence/frame.h"

#include <gtest/gtest.h>

#include "core/base/check.h"

namespace anchorscope {
namespace {

CandidateSet twoLevels() {
  CandidateSet geometry;
  geometry.levels = {{8, 4, 6, 3, 0}, {16, 2, 3, 3, 72}, {24, 1, 2, 1, 90}};
  geometry.boxesInInput.resize(92);
  return geometry;
}

TEST(CandidateSet, EveryAnchorHasOneAddress) {
  const CandidateSet geometry = twoLevels();
  for (std::size_t anchor = 0; anchor < geometry.count(); ++anchor)
    EXPECT_EQ(geometry.index(geometry.address(anchor)), static_cast<std::int64_t>(anchor));
}

TEST(CandidateSet, AddressFollowsLevelRowColumnSlot) {
  const CandidateSet geometry = twoLevels();
  const GridAddress first = geometry.address(0);
  EXPECT_EQ(std::tuple(first.level, first.row, first.column, first.slot), std::tuple(0, 0, 0, 0));
  const GridAddress inner = geometry.address(2 * 18 + 5 * 3 + 2);
  EXPECT_EQ(std::tuple(inner.level, inner.row, inner.column, inner.slot), std::tuple(0, 2, 5, 2));
  const GridAddress second = geometry.address(72 + 3 * 3 + 1);
  EXPECT_EQ(std::tuple(second.level, second.row, second.column, second.slot), std::tuple(1, 1, 0, 1));
  const GridAddress last = geometry.address(91);
  EXPECT_EQ(std::tuple(last.level, last.row, last.column, last.slot), std::tuple(2, 0, 1, 0));
}

TEST(CandidateSet, AddressesOutsideHaveNoIndex) {
  const CandidateSet geometry = twoLevels();
  for (const GridAddress outside :
       {GridAddress{-1, 0, 0, 0}, GridAddress{3, 0, 0, 0}, GridAddress{0, 4, 0, 0}, GridAddress{0, 0, 6, 0},
        GridAddress{0, -1, 0, 0}, GridAddress{0, 0, 0, 3}, GridAddress{2, 0, 0, 1}})
    EXPECT_EQ(geometry.index(outside), -1);
}

TEST(CandidateSet, AnchorBeyondTheEndIsABug) {
  EXPECT_THROW(twoLevels().address(92), CheckFailure);
}

TEST(CandidateSet, LabelNamesLevelCellAndSlot) {
  const CandidateSet geometry = twoLevels();
  EXPECT_EQ(geometry.label(2 * 18 + 5 * 3 + 2), "P3 (2, 5) a2");
  EXPECT_EQ(geometry.label(72), "P4 (0, 0) a0");
  EXPECT_EQ(geometry.label(91),
            "stride 24 (0, 1)");  // one anchor per cell: no slot; no power of two: no level name
}

TEST(StageEvidence, NamesItsCandidatesByPlaceOrOrigin) {
  StageEvidence anchors;
  anchors.candidates = std::make_shared<const CandidateSet>(twoLevels());
  EXPECT_EQ(anchors.address(2 * 18 + 5 * 3 + 2), "anchor 53 \u00b7 P3 (2, 5) a2");
  StageEvidence proposals;
  proposals.stage = {"roi", "Regions", "proposal", "anchor"};
  CandidateSet boxes;
  boxes.boxesInInput.resize(3);
  boxes.origins = {53, -1, 0};
  proposals.candidates = std::make_shared<const CandidateSet>(boxes);
  EXPECT_EQ(proposals.address(0), "proposal 0 from anchor 53");
  EXPECT_EQ(proposals.label(0), "from anchor 53");
  EXPECT_EQ(proposals.address(1), "proposal 1") << "an object's own box comes from none";
  EXPECT_EQ(proposals.label(3), "") << "there is none";
  EXPECT_FALSE(boxes.onGrid());
  EXPECT_THROW(boxes.address(0), CheckFailure);
}

TEST(ProbeFrame, OfOneStageIsOfItsMoment) {
  StageEvidence evidence;
  evidence.step = 7;
  evidence.image = std::make_shared<const ProbeImage>();
  evidence.variant = std::make_shared<const Variant>(Variant{"atss", {}});
  const auto frame = ProbeFrame::of(evidence);
  EXPECT_EQ(frame->step, 7);
  EXPECT_EQ(frame->image, evidence.image);
  EXPECT_EQ(frame->variant, evidence.variant);
  ASSERT_EQ(frame->stages.size(), 1u);
  EXPECT_EQ(frame->stages.front()->step, 7);
}

PairTable smallTable() {
  PairTable table;
  table.spec.columns = {{"a", "", "", "", false, {}}, {"b", "", "", "", false, {}}};
  table.object = {0, 0, 0, 2, 2};
  table.candidate = {1, 4, 9, 0, 4};
  table.columns = {{10, 11, 12, 13, 14}, {0, 0, 0, 0, 0}};
  return table;
}

TEST(PairTable, FindsEveryRowAndNoOther) {
  const PairTable table = smallTable();
  for (std::size_t row = 0; row < table.rowCount(); ++row)
    EXPECT_EQ(table.row(table.candidate[row], table.object[row]), static_cast<std::int64_t>(row));
  EXPECT_EQ(table.row(0, 0), -1);
  EXPECT_EQ(table.row(10, 0), -1);
  EXPECT_EQ(table.row(4, 1), -1);
  EXPECT_EQ(table.row(4, 3), -1);
  EXPECT_EQ(table.row(-1, -1), -1);
}

TEST(PairTable, RowsOfAnObjectAreARange) {
  const PairTable table = smallTable();
  EXPECT_EQ(table.rowsOfObject(0), (std::pair<std::size_t, std::size_t>{0, 3}));
  EXPECT_EQ(table.rowsOfObject(1), (std::pair<std::size_t, std::size_t>{3, 3}));
  EXPECT_EQ(table.rowsOfObject(2), (std::pair<std::size_t, std::size_t>{3, 5}));
  EXPECT_EQ(table.rowsOfObject(7), (std::pair<std::size_t, std::size_t>{5, 5}));
}

TEST(PairTable, ColumnsByName) {
  const PairTable table = smallTable();
  EXPECT_EQ(table.columnIndex("b"), 1);
  EXPECT_EQ(table.columnIndex("c"), -1);
  EXPECT_EQ(table.columnIndex(""), -1);
}

TEST(PairTable, AnEmptyTableHasNoRows) {
  const PairTable table;
  EXPECT_EQ(table.row(0, 0), -1);
  EXPECT_EQ(table.rowsOfObject(0), (std::pair<std::size_t, std::size_t>{0, 0}));
}

TEST(StageEvidence, LooksUpByName) {
  StageEvidence frame;
  frame.channels.resize(2);
  frame.channels[1].spec.name = "iou";
  frame.pairTables.resize(1);
  frame.pairTables[0].spec.name = "pairs";
  frame.objectColumns.resize(1);
  frame.objectColumns[0].spec.name = "starved";
  EXPECT_EQ(frame.channel("iou"), &frame.channels[1]);
  EXPECT_EQ(frame.channel("iou "), nullptr);
  EXPECT_EQ(frame.pairTable("pairs"), frame.pairTables.data());
  EXPECT_EQ(frame.pairTable("other"), nullptr);
  EXPECT_EQ(frame.objectColumn("starved"), frame.objectColumns.data());
  EXPECT_EQ(frame.objectColumn("bag"), nullptr);
}

}  // namespace
}  // namespace anchorscope
