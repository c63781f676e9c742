#include "widgets/panels/distribution_panel.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QMenu>
#include <QTest>
#include <QToolButton>
#include <cmath>
#include <numeric>

#include "core/statistics/group_text.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"
#include "widgets/models/groups_model.h"
#include "widgets/panels/jump_table.h"
#include "widgets/plot/channel_histogram.h"
#include "widgets/plot/channel_scatter.h"

namespace anchorscope {
namespace {

class DistributionPanelTest : public ::testing::Test {
 protected:
  DistributionPanelTest() : panel(state) {
    panel.resize(360, 760);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
    state.showProbes({testing::makeSyntheticFrame()});
    QApplication::processEvents();
  }

  void drag(QWidget& widget, QPoint from, QPoint to, Qt::KeyboardModifiers modifiers = {}) {
    QTest::mousePress(&widget, Qt::LeftButton, modifiers, from);
    QTest::mouseMove(&widget, (from + to) / 2);
    QTest::mouseMove(&widget, to);
    QTest::mouseRelease(&widget, Qt::LeftButton, modifiers, to);
    QApplication::processEvents();
  }
  void clickRow(int row) {
    const QModelIndex index = panel.table().model()->index(row, 0);
    QTest::mouseClick(panel.table().viewport(), Qt::LeftButton, {}, panel.table().visualRect(index).center());
    QApplication::processEvents();
  }
  const StageEvidence& evidence() const { return *state.evidence(); }
  QString label() const { return panel.findChild<QLabel*>(QStringLiteral("brushLabel"))->text(); }

  ViewLink link;
  CanvasModel state{link};
  DistributionPanel panel;
};

TEST_F(DistributionPanelTest, BrushesWhatADraggedRectangleHolds) {
  ChannelScatter& scatter = panel.scatter();
  const QPoint from(scatter.width() / 2, 20), to(scatter.width() - 20, scatter.height() / 2);
  drag(scatter, from, to);
  const CandidateCondition& condition = state.brushCondition();
  ASSERT_EQ(condition.ranges.size(), 2u);
  EXPECT_EQ(condition.ranges[0].channel, "cls_score");
  EXPECT_EQ(condition.ranges[1].channel, "iou");
  ASSERT_TRUE(state.subset());
  // A candidate is inside as its point is in the rectangle.
  const QRect dragged = QRect(from, to);
  std::int64_t inside = 0, expected = 0;
  for (std::size_t i = 0; i < state.subset()->inside.size(); ++i) {
    const QPointF at = scatter.pointOf(static_cast<std::int64_t>(i));
    constexpr double kRounding = 1;  // of float32 bounds, and of whole pixels
    const QRectF around = QRectF(dragged).adjusted(-kRounding, -kRounding, kRounding, kRounding);
    if (state.subset()->inside[i]) {
      EXPECT_TRUE(around.contains(at));
      ++inside;
    }
    expected += QRectF(dragged).adjusted(kRounding, kRounding, -kRounding, -kRounding).contains(at) ? 1 : 0;
  }
  EXPECT_EQ(inside, state.subset()->count);
  EXPECT_GT(expected, 0);
  EXPECT_GE(inside, expected);
  EXPECT_TRUE(label().startsWith(QStringLiteral("%1 of 19,200").arg(inside))) << label().toStdString();
  EXPECT_FALSE(panel.table().isColumnHidden(GroupsModel::kBrushed));
  EXPECT_EQ(panel.groups().table().all.inSubset, inside);
}

TEST_F(DistributionPanelTest, BrushesWhatAnOutlineHoldsWithShift) {
  ChannelScatter& scatter = panel.scatter();
  QTest::mousePress(&scatter, Qt::LeftButton, Qt::ShiftModifier, {scatter.width() - 20, 15});
  for (const QPoint at :
       {QPoint(scatter.width() / 2, 15), QPoint(scatter.width() - 20, scatter.height() / 2)})
    QTest::mouseMove(&scatter, at);
  QTest::mouseRelease(&scatter, Qt::LeftButton, Qt::ShiftModifier,
                      {scatter.width() - 20, scatter.height() / 2});
  ASSERT_TRUE(state.brushCondition().area);
  EXPECT_GE(state.brushCondition().area->outline.size(), 3u);
  ASSERT_TRUE(state.subset());
  // The half below the diagonal of the same rectangle is not inside.
  CandidateCondition whole;
  const auto& outline = state.brushCondition().area->outline;
  const auto [left, right] = std::minmax_element(outline.begin(), outline.end());
  whole.ranges = {{"cls_score", left->first, right->first}};
  EXPECT_LT(state.subset()->count, subsetOf(evidence(), whole)->count);
}

TEST_F(DistributionPanelTest, BrushesARangeInTheHistogramAndWithinItWithControl) {
  ChannelHistogram& histogram = panel.histogram();
  const QRectF area = histogram.axes().area;
  const QPoint middle = area.center().toPoint();
  drag(histogram, middle, {static_cast<int>(area.right()) - 2, middle.y()});
  ASSERT_EQ(state.brushCondition().ranges.size(), 1u);
  const std::int64_t before = state.subset()->count;
  EXPECT_EQ(std::accumulate(histogram.series()[1].counts.begin(), histogram.series()[1].counts.end(),
                            std::int64_t{0}),
            before);
  panel.setScatterChannels("musu.joint", "iou");
  ChannelScatter& scatter = panel.scatter();
  drag(scatter, {scatter.width() / 2, 15}, {scatter.width() - 15, scatter.height() / 2}, Qt::ControlModifier);
  EXPECT_EQ(state.brushCondition().ranges.size(), 3u);
  EXPECT_LT(state.subset()->count, before);
  EXPECT_GT(state.subset()->count, 0);
}

TEST_F(DistributionPanelTest, ARowBrushesItsGroupAndClearsItAgain) {
  panel.setGroupBy(GroupBy::kLevel);
  clickRow(1);
  EXPECT_EQ(state.brushCondition().level, 1);
  EXPECT_EQ(state.subset()->count, evidence().candidates->levels[1].anchorCount());
  clickRow(1);
  EXPECT_TRUE(state.brushCondition().isEmpty());
  panel.setGroupBy(GroupBy::kObject);
  clickRow(3);
  EXPECT_EQ(state.brushCondition().object, 3);
  EXPECT_EQ(state.selectedObject(), 3);
  EXPECT_EQ(link.brush.brushed().image, state.probeName()) << "objects are of one image";
  clickRow(panel.table().model()->rowCount() - 1);  // all
  EXPECT_FALSE(state.subset());
}

TEST_F(DistributionPanelTest, EscAndAClickBesideClearTheBrush) {
  for (QWidget* plot : {static_cast<QWidget*>(&panel.scatter()), static_cast<QWidget*>(&panel.histogram())}) {
    CandidateCondition condition;
    condition.role = CandidateRole::kPositive;
    state.brush(condition);
    ASSERT_TRUE(state.subset());
    EXPECT_TRUE(panel.findChild<QToolButton*>(QStringLiteral("clearBrush"))->isEnabled());
    plot->setFocus();
    QTest::keyClick(plot, Qt::Key_Escape);
    EXPECT_FALSE(state.subset());
  }
  CandidateCondition condition;
  condition.level = 0;
  state.brush(condition);
  QTest::mouseClick(panel.findChild<QToolButton*>(QStringLiteral("clearBrush")), Qt::LeftButton);
  EXPECT_FALSE(state.subset());
  EXPECT_TRUE(label().startsWith(QStringLiteral("Drag")));
}

TEST_F(DistributionPanelTest, OthersAreHiddenForAllCanvases) {
  auto* hide = panel.findChild<QCheckBox*>(QStringLiteral("hideOthers"));
  QTest::mouseClick(hide, Qt::LeftButton, {}, {8, hide->height() / 2});
  EXPECT_TRUE(link.brush.hidesOthers());
}

TEST_F(DistributionPanelTest, DrawsAFewAsPointsAndManyAsADensity) {
  const std::int64_t positives = groupsOf(evidence(), GroupBy::kRole).all.positives;
  ASSERT_GT(positives, 0);
  EXPECT_EQ(panel.scatter().pointsDrawn(), positives) << "those among 19,200";
  testing::SyntheticFrameOptions small;
  small.imageSize = small.inputSize = {160, 128};
  small.objectCount = 3;
  state.showProbes({testing::makeSyntheticFrame(small)});
  EXPECT_EQ(panel.scatter().pointsDrawn(), static_cast<std::int64_t>(evidence().candidates->count()));
}

TEST_F(DistributionPanelTest, AClickOnAPointSelectsIt) {
  const auto roles = rolesOf(evidence());
  const auto positive = static_cast<std::int64_t>(
      std::find(roles.begin(), roles.end(), CandidateRole::kPositive) - roles.begin());
  QTest::mouseClick(&panel.scatter(), Qt::LeftButton, {}, panel.scatter().pointOf(positive).toPoint());
  const std::int64_t selected = state.selectedAnchor();
  ASSERT_GE(selected, 0);
  const QPointF away = panel.scatter().pointOf(selected) - panel.scatter().pointOf(positive);
  EXPECT_LE(std::hypot(away.x(), away.y()), 2.0) << "it, or one drawn in the same place";
}

TEST_F(DistributionPanelTest, CountsEveryFiniteValueOnceAndItsPartsTogether) {
  ChannelHistogram& histogram = panel.histogram();
  const auto sum = [](const ChannelHistogram::Series& series) {
    return std::accumulate(series.counts.begin(), series.counts.end(), std::int64_t{0});
  };
  const std::vector<float>& values = evidence().channel("cls_score")->values;
  const auto finite = std::count_if(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  for (const HistogramParts parts : {HistogramParts::kRole, HistogramParts::kLevel}) {
    histogram.setParts(parts);
    const auto& series = histogram.series();
    EXPECT_EQ(sum(series[0]), finite);
    std::int64_t together = 0;
    for (std::size_t i = 1; i < series.size(); ++i)
      together += sum(series[i]);
    EXPECT_EQ(together, finite);
    EXPECT_GT(series.size(), 2u);
  }
  histogram.setParts(HistogramParts::kNone);
  EXPECT_EQ(histogram.series().size(), 1u);
}

TEST_F(DistributionPanelTest, FollowsAnotherCanvasAndWaitsWhileItIsNotSeen) {
  ViewLink otherLink;
  CanvasModel other(otherLink);
  testing::SyntheticFrameOptions options;
  options.seed = 11;
  other.showProbes({testing::makeSyntheticFrame(options)});
  panel.hide();
  const auto before = panel.groups().table().all.losses;
  panel.setCanvas(other);
  EXPECT_EQ(panel.groups().table().all.losses, before);
  panel.show();
  EXPECT_TRUE(QTest::qWaitFor([&] { return panel.groups().table().all.losses != before; }));
  EXPECT_EQ(panel.groups().table().all.losses, groupsOf(*other.evidence(), GroupBy::kRole).all.losses);
  panel.setCanvas(state);
}

TEST_F(DistributionPanelTest, TellsImagesApartAndGoesToThem) {
  panel.setGroupBy(GroupBy::kImage);
  EXPECT_EQ(panel.groups().table().groups.size(), 1u);
  EXPECT_EQ(panel.groups().table().groups[0].name, state.probeName().toStdString());
}

TEST_F(DistributionPanelTest, OffersChannelsThatBelongTogetherByWhatTheyAreDeclaredAs) {
  StageEvidence stage = evidence();
  const auto titles = [&] {
    QStringList out;
    for (const ScatterChoice& choice : scatterChoices(stage))
      out << choice.x + '/' + choice.y + '/' + choice.color;
    return out;
  };
  const QStringList before = titles();
  EXPECT_TRUE(before.contains("cls_score/iou/"));
  EXPECT_TRUE(before.contains("musu.w_cls/musu.w_reg/"));
  EXPECT_TRUE(before.contains("loss.cls/loss.loc/"));
  Channel effective = *stage.channel("loss.cls");
  effective.spec.name = "any.effective";
  effective.spec.scale = ColorScale::kDiverging;
  stage.channels.push_back(effective);
  EXPECT_TRUE(titles().contains("loss.cls/loss.loc/any.effective"));
  // From the menu into the plot.
  auto* choices = panel.findChild<QToolButton*>(QStringLiteral("scatterChoices"));
  emit choices->menu()->aboutToShow();
  ASSERT_EQ(choices->menu()->actions().size(), before.size());
  choices->menu()->actions().at(before.indexOf("loss.cls/loss.loc/"))->trigger();
  EXPECT_EQ(panel.findChild<QComboBox*>(QStringLiteral("scatterX"))->currentData().toString(), "loss.cls");
  EXPECT_EQ(panel.findChild<QComboBox*>(QStringLiteral("scatterY"))->currentData().toString(), "loss.loc");
}

TEST_F(DistributionPanelTest, WritesItsTable) {
  const testing::TemporaryFolder folder;
  panel.setGroupBy(GroupBy::kObject);
  for (const char* name : {"g.csv", "g.json"}) {
    const QString path = QString::fromStdString((folder / name).string());
    ASSERT_TRUE(panel.exportGroups(path, Overwrite::kNo));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const std::string text = file.readAll().toStdString();
    EXPECT_EQ(text,
              path.endsWith("json") ? groupsJson(panel.groups().table()) : groupsCsv(panel.groups().table()));
    EXPECT_NE(text.find("object 3"), std::string::npos);
  }
}

TEST_F(DistributionPanelTest, LooksAsItShould) {
  if (!qEnvironmentVariableIsSet("ANCHORSCOPE_SHOTS")) GTEST_SKIP() << "ANCHORSCOPE_SHOTS names no folder";
  const QString folder = qEnvironmentVariable("ANCHORSCOPE_SHOTS");
  panel.grab().save(folder + "/distribution.png");
  CandidateCondition condition;
  condition.ranges = {{"iou", 0.5f, 1}};
  state.brush(condition);
  QApplication::processEvents();
  panel.grab().save(folder + "/distribution-brushed.png");
  panel.resize(1000, 260);
  QApplication::processEvents();
  panel.grab().save(folder + "/distribution-wide.png");
}

}  // namespace
}  // namespace anchorscope
