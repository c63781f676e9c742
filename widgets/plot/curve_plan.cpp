#include "widgets/plot/curve_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anchorscope {

namespace {

constexpr double kAlike = 20, kBulk = 0.98, kRoom = 0.08;

/// The rest of Okabe and Ito's set, the yellow darkened so that it is seen on white.
constexpr Argb kOtherColors[] = {0xFF009E73, 0xFFCC79A7, 0xFFD55E00, 0xFF0072B2, 0xFFB8AD28, 0xFF999999};

/// The head a scalar belongs to, as declared or as its name says.
ColorScale headOf(const EvidenceDeclaration& declaration, const std::string& name) {
  const ScalarSpec* spec = declaration.scalar(name);
  if (spec && (spec->scale == ColorScale::kClassification || spec->scale == ColorScale::kRegression))
    return spec->scale;
  if (name.ends_with(".cls")) return ColorScale::kClassification;
  return name.ends_with(".loc") ? ColorScale::kRegression : ColorScale::kSequential;
}

class Palette {
 public:
  Argb take(ColorScale head) {
    bool& taken = head == ColorScale::kClassification ? classification_ : regression_;
    if (head != ColorScale::kSequential && !taken) {
      taken = true;
      return head == ColorScale::kClassification ? kClassificationArgb : kRegressionArgb;
    }
    return kOtherColors[next_++ % std::size(kOtherColors)];
  }

 private:
  bool classification_ = false, regression_ = false;
  std::size_t next_ = 0;
};

/// The finite values' 98th percentile, by absolute value; 0 without any.
double sizeOf(const ScalarSeries* series) {
  std::vector<double> sizes;
  if (series)
    for (const double value : series->values)
      if (std::isfinite(value)) sizes.push_back(std::abs(value));
  if (sizes.empty()) return 0;
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(kBulk * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), at, sizes.end());
  return *at;
}

struct Axis {
  std::string unit;
  double smallest = 0, largest = 0;  ///< Sizes of its curves that are not 0.
  std::size_t curves = 0;

  bool takes(const std::string& other, double size) const {
    if (unit != other) return false;
    if (!unit.empty() || size == 0 || largest == 0) return true;
    return std::max(size, largest) <= kAlike * std::min(size, smallest);
  }
  void add(double size) {
    ++curves;
    if (size == 0) return;
    smallest = largest == 0 ? size : std::min(smallest, size);
    largest = std::max(largest, size);
  }
};

/// Positions of the series' points between the steps.
std::pair<std::size_t, std::size_t> pointsIn(const ScalarSeries& series, const StepRange& steps) {
  const auto begin = series.steps.begin(), end = series.steps.end();
  const auto first = std::lower_bound(begin, end, static_cast<std::int64_t>(std::ceil(steps.from)));
  const auto last = std::upper_bound(first, end, static_cast<std::int64_t>(std::floor(steps.to)));
  return {static_cast<std::size_t>(first - begin), static_cast<std::size_t>(last - begin)};
}

}  // namespace

std::string curveTitle(const EvidenceDeclaration& declaration, const std::string& name) {
  const ScalarSpec* spec = declaration.scalar(name);
  return spec && !spec->title.empty() ? spec->title : name;
}

std::string curveUnit(const EvidenceDeclaration& declaration, const std::string& name) {
  const ScalarSpec* spec = declaration.scalar(name);
  // A loss in nats is a pure number beside one without a unit: "1", where both are drawn together.
  return !spec || spec->unit == "1" || spec->unit == "nat" ? std::string() : spec->unit;
}

CurvePlan planCurves(const CurveHistory& history, const EvidenceDeclaration& declaration,
                     const std::vector<std::string>& names, double smoothing) {
  CurvePlan plan;
  Palette colors;
  std::vector<Axis> axes;
  for (const std::string& name : names) {
    PlannedCurve curve;
    curve.name = name;
    curve.title = curveTitle(declaration, name);
    curve.unit = curveUnit(declaration, name);
    curve.color = colors.take(headOf(declaration, name));
    curve.series = history.find(name);
    if (curve.series && smoothing > 0) curve.bold = smoothed(curve.series->values, smoothing);
    const double size = sizeOf(curve.series);
    const auto axis = std::find_if(axes.begin(), axes.end(),
                                   [&](const Axis& known) { return known.takes(curve.unit, size); });
    curve.axis = static_cast<std::size_t>(axis - axes.begin());
    if (axis == axes.end()) axes.push_back({curve.unit});
    axes[curve.axis].add(size);
    plan.curves.push_back(std::move(curve));
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::string title = axes[i].unit;
    if (title.empty() && axes[i].curves == 1)
      for (const PlannedCurve& curve : plan.curves)
        if (curve.axis == i) title = curve.title;
    plan.axisTitles.push_back(std::move(title));
  }
  return plan;
}

std::optional<ValueSpan> axisSpan(const CurvePlan& plan, std::size_t axis, const StepRange& steps) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::vector<double> finite;
  for (const PlannedCurve& curve : plan.curves) {
    if (curve.axis != axis || !curve.series) continue;
    const auto [first, last] = pointsIn(*curve.series, steps);
    finite.clear();
    for (std::size_t i = first; i < last; ++i)
      if (std::isfinite(curve.series->values[i])) finite.push_back(curve.series->values[i]);
    if (finite.empty()) continue;
    const auto bulk =
        finite.begin() + static_cast<std::ptrdiff_t>(kBulk * static_cast<double>(finite.size() - 1));
    std::nth_element(finite.begin(), bulk, finite.end());
    high = std::max(high, *bulk);
    low = std::min(low, *std::min_element(finite.begin(), finite.end()));
    for (std::size_t i = first; i < last && !curve.bold.empty(); ++i)
      if (std::isfinite(curve.bold[i])) high = std::max(high, curve.bold[i]);
  }
  if (!(high >= low)) return std::nullopt;
  if (low > 0 && low < 0.5 * high) low = 0;
  const double room = high > low ? (high - low) * kRoom : std::max(std::abs(high) * kRoom, 1e-9);
  return ValueSpan{low == 0 ? 0 : low - room / 2, high + room};
}

std::vector<FigureCurves> figureCurves(const CurvePlan& plan, const StepRange& steps) {
  std::vector<FigureCurves> plots(plan.axisTitles.size());
  for (std::size_t axis = 0; axis < plots.size(); ++axis)
    plots[axis].yTitle = plan.axisTitles[axis];
  for (const PlannedCurve& curve : plan.curves) {
    if (!curve.series) continue;
    const auto [first, last] = pointsIn(*curve.series, steps);
    const auto offset = [](std::size_t index) { return static_cast<std::ptrdiff_t>(index); };
    FigureSeries line;
    line.title = curve.title;
    line.color = curve.color;
    line.x.assign(curve.series->steps.begin() + offset(first), curve.series->steps.begin() + offset(last));
    line.y.assign(curve.series->values.begin() + offset(first), curve.series->values.begin() + offset(last));
    std::vector<FigureSeries>& series = plots[curve.axis].series;
    if (!curve.bold.empty()) {
      FigureSeries raw = line;
      raw.title.clear();
      raw.emphasized = false;
      series.push_back(std::move(raw));
      line.y.assign(curve.bold.begin() + offset(first), curve.bold.begin() + offset(last));
    }
    series.push_back(std::move(line));
  }
  // The unit stands over the plot; a title that is the only curve's would stand there twice.
  for (FigureCurves& plot : plots)
    for (const FigureSeries& series : plot.series)
      if (series.title == plot.yTitle) plot.yTitle.clear();
  std::erase_if(plots, [](const FigureCurves& plot) { return plot.series.empty(); });
  return plots;
}

}  // namespace anchorscope
