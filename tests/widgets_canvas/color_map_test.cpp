#include "widgets/overlays/color_map.h"

#include <gtest/gtest.h>

#include <QColor>
#include <cmath>
#include <limits>

#include "widgets/overlays/color_bar.h"

namespace anchorscope {
namespace {

TEST(ColorMapTest, HasThePublishedEnds) {
  EXPECT_EQ(colorAt(ColorMapId::kCividis, 0), 0xFF00204Du);
  EXPECT_EQ(colorAt(ColorMapId::kCividis, 1), 0xFFFFEA46u);
  EXPECT_EQ(colorAt(ColorMapId::kViridis, 0), 0xFF440154u);
  EXPECT_EQ(colorAt(ColorMapId::kViridis, 1), 0xFFFDE725u);
}

TEST(ColorMapTest, ViridisMiddleIsThePublishedOne) {
  // 21918c: the middle of the published 256 entries.
  const QColor middle = QColor::fromRgb(colorAt(ColorMapId::kViridis, 0.5f));
  EXPECT_NEAR(middle.red(), 0x21, 3);
  EXPECT_NEAR(middle.green(), 0x91, 3);
  EXPECT_NEAR(middle.blue(), 0x8c, 3);
}

TEST(ColorMapTest, SequentialMapsOnlyGetLighter) {
  for (const ColorMapId map :
       {ColorMapId::kCividis, ColorMapId::kViridis, ColorMapId::kClassification, ColorMapId::kRegression}) {
    double last = -1;
    for (const Argb color : colorTable(map)) {
      const QColor c = QColor::fromRgb(color);
      const double luma = 0.2126 * c.redF() + 0.7152 * c.greenF() + 0.0722 * c.blueF();
      EXPECT_GE(luma, last - 0.003) << name(map);
      last = luma;
      EXPECT_EQ(color >> 24, 255u);
    }
  }
}

TEST(ColorMapTest, TheDivergingMapIsLightestInTheMiddleAndNeverRedAgainstGreen) {
  const auto lightness = [](float t) {
    return QColor::fromRgb(colorAt(ColorMapId::kDiverging, t)).lightness();
  };
  EXPECT_GT(lightness(0.5f), 230);
  EXPECT_LT(lightness(0.f), 90);
  EXPECT_LT(lightness(1.f), 90);
  EXPECT_GT(QColor::fromRgb(colorAt(ColorMapId::kDiverging, 0.2f)).blue(),
            QColor::fromRgb(colorAt(ColorMapId::kDiverging, 0.2f)).red());
  EXPECT_GT(QColor::fromRgb(colorAt(ColorMapId::kDiverging, 0.8f)).red(),
            QColor::fromRgb(colorAt(ColorMapId::kDiverging, 0.8f)).blue());
}

TEST(ColorMapTest, ValuesBeyondTheEndsAndNaNAreClamped) {
  EXPECT_EQ(colorAt(ColorMapId::kViridis, -5), colorAt(ColorMapId::kViridis, 0));
  EXPECT_EQ(colorAt(ColorMapId::kViridis, 7), colorAt(ColorMapId::kViridis, 1));
  EXPECT_EQ(colorAt(ColorMapId::kViridis, std::numeric_limits<float>::quiet_NaN()),
            colorAt(ColorMapId::kViridis, 0));
}

TEST(ColorMapTest, NamesReadBack) {
  for (const ColorMapId map : kAllColorMaps) {
    ColorMapId read = map == ColorMapId::kViridis ? ColorMapId::kCividis : ColorMapId::kViridis;
    EXPECT_TRUE(colorMapFromName(name(map), read));
    EXPECT_EQ(read, map);
  }
  ColorMapId untouched = ColorMapId::kRegression;
  EXPECT_FALSE(colorMapFromName("jet", untouched));
  EXPECT_EQ(untouched, ColorMapId::kRegression);
}

TEST(ColorBarTest, TicksAreRoundAndInside) {
  EXPECT_EQ(niceTicks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  EXPECT_EQ(niceTicks(-3, 12, 4), (std::vector<double>{0, 5, 10}));
  EXPECT_TRUE(niceTicks(1, 1, 4).empty());
  for (const double tick : niceTicks(0.013, 0.0171, 4)) {
    EXPECT_GE(tick, 0.013);
    EXPECT_LE(tick, 0.0171);
  }
  EXPECT_EQ(tickText(0.25), QStringLiteral("0.25"));
  EXPECT_EQ(tickText(-2), QStringLiteral("−2"));
  EXPECT_EQ(tickText(0), QStringLiteral("0"));
}

TEST(TickTextTest, TheTicksOfAnAxisAreWrittenAlike) {
  const auto texts = [](std::initializer_list<double> ticks, double end) {
    QStringList out;
    for (const double tick : ticks)
      out << tickText(tick, end);
    return out;
  };
  EXPECT_EQ(texts({0, 5e-4, 1e-3, 2.5e-3}, 2.7e-3), (QStringList{"0", "0.0005", "0.001", "0.0025"}));
  EXPECT_EQ(texts({0, 2.5e-4, 5e-4}, 5.5e-4), (QStringList{"0", "2.5e−4", "5.0e−4"}));
  EXPECT_EQ(texts({0, 5e4, 1e5}, 1.2e5), (QStringList{"0", "5.0e4", "1.0e5"}));
  EXPECT_EQ(texts({-5e-4, 1}, 1), (QStringList{"−0.0005", "1"}));
}

}  // namespace
}  // namespace anchorscope
