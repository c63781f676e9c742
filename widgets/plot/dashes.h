#pragma once
// How curves of runs beside the first are dashed. Internal to widgets/plot.

#include <QColor>
#include <QPen>
#include <QVector>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>

namespace anchorscope {

constexpr double kGapPx = 6;  ///< Of a dashed line that is drawn as gaps.

/// Undefined along every second stretch of so many steps; 0: as they are.
inline QVector<double> withGaps(const QVector<double>& steps, QVector<double> values, double stretch) {
  if (stretch > 0)
    for (qsizetype i = 0; i < values.size(); ++i)
      if (std::llround(std::floor(steps[i] / stretch)) % 2 != 0)
        values[i] = std::numeric_limits<double>::quiet_NaN();
  return values;
}

/// Solid, or as the so-many-eth run beside the first is dashed.
inline QPen penOf(const QColor& color, double width, std::size_t dash) {
  constexpr Qt::PenStyle kStyles[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
  return {color, width, kStyles[dash % std::size(kStyles)]};
}

}  // namespace anchorscope
