#pragma once
// A slider over the values that a number among the options may have.

#include <QSlider>

#include "core/base/param.h"

namespace anchorscope {

/// From the option's least to its largest value; where it has none, as far as a few times the value it begins
/// with. Evenly spaced, or by factors where the range spans several powers of ten. What it gives are values
/// of two or three digits: 0.25, not 0.2487. GUI thread only.
class ValueSlider : public QSlider {
  Q_OBJECT

 public:
  /// `spec`: of a number (kInt, kFloat).
  ValueSlider(const ParamSpec& spec, double value, QWidget* parent = nullptr);

  /// Whether an option can have one: a number, whose range is more than a point.
  static bool fits(const ParamSpec& spec);
  /// Stands at the place nearest to it, without telling.
  void showValue(double value);

 signals:
  /// Somebody moves it: as the option's text.
  void moved(const QString& text);

 private:
  double valueAt(int place) const;
  int placeOf(double value) const;

  bool whole_, byFactors_ = false;
  double least_ = 0, most_ = 1;
};

}  // namespace anchorscope
