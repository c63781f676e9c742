#include "widgets/panels/value_slider.h"

#include <QSignalBlocker>
#include <algorithm>
#include <cmath>

namespace anchorscope {
namespace {

constexpr int kPlaces = 200;          // of a range that is not of few whole numbers
constexpr double kFactorsFrom = 1e3;  // ranges that span more go by factors

/// To the power of ten below a thousandth of the range.
double rounded(double value, double span) {
  const double grain = std::pow(10, std::floor(std::log10(span / kPlaces)));
  return std::round(value / grain) * grain;
}

}  // namespace

bool ValueSlider::fits(const ParamSpec& spec) {
  const bool number = spec.type == ParamType::kInt || spec.type == ParamType::kFloat;
  return number && !(spec.min && spec.max && *spec.min >= *spec.max);
}

ValueSlider::ValueSlider(const ParamSpec& spec, double value, QWidget* parent)
    : QSlider(Qt::Horizontal, parent), whole_(spec.type == ParamType::kInt) {
  constexpr double kReach = 4;
  const double reach = std::max({kReach * std::abs(value), whole_ ? kReach : 1.0});
  least_ = spec.min.value_or(value < 0 ? -reach : 0);
  most_ = spec.max.value_or(std::max(least_ + (whole_ ? 1 : 0), reach));
  // A bound that is far out is there to keep nonsense away, not to be dragged to.
  constexpr double kFar = 1e4;
  if (most_ > kFar * reach) most_ = std::max(reach, least_ + 1);
  if (most_ <= least_) most_ = least_ + 1;
  byFactors_ = !whole_ && least_ > 0 && most_ / least_ > kFactorsFrom;
  const double span = most_ - least_;
  setRange(0, whole_ && span <= kPlaces ? static_cast<int>(span) : kPlaces);
  setPageStep(std::max(1, maximum() / 10));
  showValue(value);
  connect(this, &QSlider::valueChanged, this, [this](int place) {
    const double at = valueAt(place);
    emit moved(whole_ ? QString::number(static_cast<qint64>(at)) : QString::number(at, 'g', 6));
  });
}

double ValueSlider::valueAt(int place) const {
  const double share = static_cast<double>(place) / maximum();
  if (place == 0) return least_;
  if (place == maximum()) return most_;
  if (byFactors_) {
    const double value = least_ * std::pow(most_ / least_, share);
    return rounded(value, value);
  }
  const double value = least_ + share * (most_ - least_);
  return whole_ ? std::round(value) : std::clamp(rounded(value, most_ - least_), least_, most_);
}

int ValueSlider::placeOf(double value) const {
  const double at = std::clamp(value, least_, most_);
  const double share =
      byFactors_ ? std::log(at / least_) / std::log(most_ / least_) : (at - least_) / (most_ - least_);
  return static_cast<int>(std::lround(share * maximum()));
}

void ValueSlider::showValue(double value) {
  const QSignalBlocker blocker(this);
  setValue(placeOf(value));
}

}  // namespace anchorscope
