#pragma once
// How a test's value, bound and margin are written throughout the window.

#include <QString>
#include <cmath>

#include "core/base/counted.h"
#include "core/evidence/decision.h"
#include "widgets/models/number_text.h"

namespace anchorscope {

/// "+0.028", "−12.3 px"; empty without a margin.
inline QString marginText(const DecisionRow& row) {
  if (std::isnan(row.margin)) return {};
  const auto size = static_cast<double>(std::abs(row.margin));
  const QString sign = row.margin > 0   ? QStringLiteral("+")
                       : row.margin < 0 ? QStringLiteral("−")
                                        : QString();
  const QString number = size == std::round(size) ? shortText(size) : cellText(size);
  return (sign + number + QLatin1Char(' ') + QString::fromStdString(unitOf(size, row.unit))).trimmed();
}

/// As the numbers have it: a failed ">=" reads "7.20e-04 < 0.237".
inline QString comparisonOf(const DecisionRow& row) {
  const QString relation = QString::fromStdString(heldRelation(row))
                               .replace(QLatin1String(">="), QStringLiteral("≥"))
                               .replace(QLatin1String("<="), QStringLiteral("≤"));
  QString value = std::isnan(row.value) ? QString() : numberText(static_cast<double>(row.value));
  QString bound = std::isnan(row.bound) ? QString() : numberText(static_cast<double>(row.bound));
  constexpr int kAllDigits = 9;
  for (int digits = 4; !value.isEmpty() && value == bound && row.value != row.bound && digits <= kAllDigits;
       ++digits) {
    value = QString::number(static_cast<double>(row.value), 'g', digits);  // until they differ
    bound = QString::number(static_cast<double>(row.bound), 'g', digits);
  }
  return QStringLiteral("%1 %2 %3").arg(value, relation, bound).simplified();
}

}  // namespace anchorscope
