#pragma once
// How numbers are written throughout the window: short, with tabular digits, NaN as a dash.

#include <QLocale>
#include <QString>
#include <cmath>

namespace anchorscope {

/// Three decimals below 10 and as many more as a number below 0.01 needs for three digits; an exponent below
/// 0.001 and from 10,000 on; "–" for NaN.
inline QString numberText(double value) {
  if (std::isnan(value)) return QStringLiteral("–");
  if (std::isinf(value)) return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
  const double size = std::abs(value);
  if (size == 0) return QStringLiteral("0");
  if (size >= 1e4 || size < 1e-3) return QString::number(value, 'e', 2);
  if (size >= 100) return QString::number(value, 'f', 1);
  return QString::number(value, 'f', size >= 10 ? 2 : size < 0.01 ? 5 : 3);
}

/// As numberText in six characters and a sign (seven from a million on), for cells of a table, which have
/// room for no more: a number that is cut off reads as another. The cell's tooltip has every digit.
inline QString cellText(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value) || size == 0 || (size >= 0.01 && size < 1000)) return numberText(value);
  if (size < 1e-3) return QString::number(value, 'e', 0);
  if (size < 0.01) return QString::number(value, 'f', 4);
  return size < 999'999.5 ? QString::number(value, 'f', 0) : QString::number(value, 'e', 1);
}

/// As numberText, but whole numbers without decimals: for read-outs that are no column of a table.
inline QString shortText(double value) {
  return std::abs(value) < 1e6 && value == std::round(value) ? QString::number(value, 'f', 0)
                                                             : numberText(value);
}

/// A whole number with thousands separators: 201,600.
inline QString countText(qint64 value) {
  return QLocale(QLocale::English).toString(value);
}

/// The same with its noun: "1 object", "2,000 objects"; `plural` where it is more than an s.
inline QString countText(qint64 value, const QString& singular, const QString& plural = {}) {
  const QString many = plural.isEmpty() ? singular + QLatin1Char('s') : plural;
  return countText(value) + QLatin1Char(' ') + (value == 1 ? singular : many);
}

/// Every digit a float32 has, for exact read-outs.
inline QString exactText(float value) {
  return std::isnan(value) ? QStringLiteral("–") : QString::number(static_cast<double>(value), 'g', 9);
}

}  // namespace anchorscope
