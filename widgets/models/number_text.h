#pragma once
// How numbers are written throughout the window: short, with tabular digits, NaN as a dash.

#include <QCoreApplication>
#include <QLocale>
#include <QString>
#include <algorithm>
#include <cmath>
#include <limits>

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

/// What is counted. `many` is translated with its number, so that a language has as many plurals as it needs.
struct Noun {
  const char *one, *many;
};
namespace noun {
constexpr Noun kFrames{QT_TRANSLATE_NOOP("Count", "%1 frame"), QT_TRANSLATE_N_NOOP("Count", "%1 frames")};
constexpr Noun kImages{QT_TRANSLATE_NOOP("Count", "%1 image"), QT_TRANSLATE_N_NOOP("Count", "%1 images")};
constexpr Noun kLabels{QT_TRANSLATE_NOOP("Count", "%1 label"), QT_TRANSLATE_N_NOOP("Count", "%1 labels")};
constexpr Noun kMisses{QT_TRANSLATE_NOOP("Count", "%1 miss"), QT_TRANSLATE_N_NOOP("Count", "%1 misses")};
constexpr Noun kObjects{QT_TRANSLATE_NOOP("Count", "%1 object"), QT_TRANSLATE_N_NOOP("Count", "%1 objects")};
constexpr Noun kPairs{QT_TRANSLATE_NOOP("Count", "%1 pair"), QT_TRANSLATE_N_NOOP("Count", "%1 pairs")};
constexpr Noun kPredictions{QT_TRANSLATE_NOOP("Count", "%1 prediction"),
                            QT_TRANSLATE_N_NOOP("Count", "%1 predictions")};
constexpr Noun kProblems{QT_TRANSLATE_NOOP("Count", "%1 problem"),
                         QT_TRANSLATE_N_NOOP("Count", "%1 problems")};
constexpr Noun kSteps{QT_TRANSLATE_NOOP("Count", "%1 step"), QT_TRANSLATE_N_NOOP("Count", "%1 steps")};
constexpr Noun kVectorBoxes{QT_TRANSLATE_NOOP("Count", "%1 vector box"),
                            QT_TRANSLATE_N_NOOP("Count", "%1 vector boxes")};
}  // namespace noun

/// The same with its noun: "1 object", "2,000 objects".
inline QString countText(qint64 value, const Noun& noun) {
  const int number = static_cast<int>(std::clamp<qint64>(value, 0, std::numeric_limits<int>::max()));
  const QString many = QCoreApplication::translate("Count", noun.many, nullptr, number);
  // Without a translation Qt gives the text itself, whatever the number.
  const bool untranslated = many == QLatin1String(noun.many);
  return (untranslated && value == 1 ? QString::fromLatin1(noun.one) : many).arg(countText(value));
}

/// Every digit a float32 has, for exact read-outs.
inline QString exactText(float value) {
  return std::isnan(value) ? QStringLiteral("–") : QString::number(static_cast<double>(value), 'g', 9);
}

}  // namespace anchorscope
