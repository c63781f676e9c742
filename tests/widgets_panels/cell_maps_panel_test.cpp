#include "widgets/panels/cell_maps_panel.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QTest>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/synthetic_maps.h"
#include "widgets/overlays/heat.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

class CellMapsPanelTest : public ::testing::Test {
 protected:
  CellMapsPanelTest() : panel(state) {
    panel.resize(360, 500);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
    state.showProbes({ProbeFrame::of(*testing::withLipMaps(testing::makeSyntheticEvidence()))});
  }
  std::vector<std::string> shown() const {
    std::vector<std::string> out;
    for (const CellName& name : cellNames(*state.evidence()))
      if (!panel.maps().tileOf(name.channel()).isNull()) out.push_back(name.channel());
    return out;
  }

  ViewLink link;
  CanvasModel state{link};
  mutable CellMapsPanel panel;
};

TEST_F(CellMapsPanelTest, ShowsAMeasureAtEveryPlaceSideBySide) {
  auto* measure = panel.findChild<QComboBox*>(QStringLiteral("cellMeasure"));
  for (int i = 0; i < measure->count(); ++i) {
    measure->setCurrentIndex(i);
    const std::vector<std::string> channels = shown();
    ASSERT_FALSE(channels.empty());
    for (const std::string& channel : channels) {
      EXPECT_TRUE(
          QString::fromStdString(channel).endsWith(measure->currentData().toString().section('.', -1)));
      const QRectF tile = panel.maps().tileOf(channel);
      EXPECT_TRUE(QRectF(panel.maps().rect()).contains(tile));
      for (const std::string& other : channels)
        EXPECT_TRUE(other == channel || !tile.intersects(panel.maps().tileOf(other)));
    }
  }
  EXPECT_GT(shown().size(), 1u);
}

TEST_F(CellMapsPanelTest, AClickShowsTheMapOnTheCanvas) {
  const std::string channel = shown().back();
  QTest::mouseClick(&panel.maps(), Qt::LeftButton, {}, panel.maps().tileOf(channel).center().toPoint());
  const Layer* layer = state.layers().find("channel:" + channel);
  ASSERT_TRUE(layer);
  EXPECT_TRUE(layer->visible);
  EXPECT_EQ(state.layers().active(), layer);
}

TEST_F(CellMapsPanelTest, OneScaleMakesMapsComparable) {
  const QImage own = panel.maps().grab().toImage();
  auto* common = panel.findChild<QCheckBox*>(QStringLiteral("commonScale"));
  QTest::mouseClick(common, Qt::LeftButton, {}, {8, common->height() / 2});
  EXPECT_NE(panel.maps().grab().toImage(), own);
  if (qEnvironmentVariableIsSet("ANCHORSCOPE_SHOTS"))
    panel.grab().save(qEnvironmentVariable("ANCHORSCOPE_SHOTS") + "/maps.png");
}

TEST_F(CellMapsPanelTest, SaysSoWhereADetectorHasNone) {
  state.showProbes({testing::makeSyntheticFrame()});
  EXPECT_TRUE(shown().empty());
  EXPECT_FALSE(panel.findChild<QComboBox*>(QStringLiteral("cellMeasure"))->isEnabled());
  panel.grab();
}

}  // namespace
}  // namespace anchorscope
