#include "widgets/plot/curve_plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/evidence/setting.h"
#include "widgets/overlays/declared_text.h"

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

struct Weighted {
  double value = 0, weight = 1;
};

/// Leaves those among which the value lies before which `sought` of the weight is; what of it lies before
/// them is taken from `sought`. Many values are parted in one go, which takes far less than sorting them by
/// halves.
void narrow(std::vector<Weighted>& values, double& sought) {
  constexpr std::size_t kMany = 1024, kParts = 512;
  if (values.size() < kMany) return;
  const auto [low, high] = std::minmax_element(
      values.begin(), values.end(), [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  const double from = low->value, scale = kParts / (high->value - from);
  if (!std::isfinite(scale)) return;  // all are equal, or lie farther apart than a number can say
  const auto partOf = [&](double value) {
    return std::min(static_cast<std::size_t>((value - from) * scale), kParts - 1);
  };
  std::array<double, kParts> weights{};
  for (const Weighted& entry : values)
    weights[partOf(entry.value)] += entry.weight;
  std::size_t part = 0;
  while (part + 1 < kParts && weights[part] <= sought)
    sought -= weights[part++];
  std::erase_if(values, [&](const Weighted& entry) { return partOf(entry.value) != part; });
}

/// The smallest value that more than kBulk of the weight but one lies at or below. Takes one at least.
double bulkOf(std::vector<Weighted>& values) {
  double sought = -1;
  for (const Weighted& entry : values)
    sought += entry.weight;
  sought *= kBulk;
  narrow(values, sought);
  auto first = values.begin(), last = values.end();
  while (last - first > 1) {
    const auto middle = first + (last - first) / 2;
    std::nth_element(first, middle, last,
                     [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
    double below = 0;
    for (auto entry = first; entry != middle; ++entry)
      below += entry->weight;
    if (below > sought) {
      last = middle;
    } else {
      sought -= below;
      first = middle;
    }
  }
  return first->value;
}

/// The finite values' 98th percentile, by absolute value; 0 without any.
double sizeOf(const std::vector<DrawnPoint>& points) {
  std::vector<Weighted> sizes;
  for (const DrawnPoint& point : points)
    if (std::isfinite(point.value)) sizes.push_back({std::abs(point.value), point.weight});
  return sizes.empty() ? 0 : bulkOf(sizes);
}

/// How many steps a block of a series that has blocks takes on the average.
double stepsOfBlock(const CurveSeries& series) {
  const auto blocks = static_cast<double>(series.blocks().size());
  return static_cast<double>(series.thinnedUntil() - series.blocks().front().first + 1) / blocks;
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

/// Positions of the points between the steps.
std::pair<std::size_t, std::size_t> pointsIn(const std::vector<DrawnPoint>& points, const StepRange& steps) {
  const auto begin = points.begin(), end = points.end();
  const auto first =
      std::lower_bound(begin, end, static_cast<std::int64_t>(std::ceil(steps.from)),
                       [](const DrawnPoint& point, std::int64_t step) { return point.step < step; });
  const auto last =
      std::upper_bound(first, end, static_cast<std::int64_t>(std::floor(steps.to)),
                       [](std::int64_t step, const DrawnPoint& point) { return step < point.step; });
  return {static_cast<std::size_t>(first - begin), static_cast<std::size_t>(last - begin)};
}

}  // namespace

std::string curveTitle(const EvidenceDeclaration& declaration, const std::string& name) {
  const ScalarSpec* spec = declaration.scalar(name);
  return spec ? declaredTitle(*spec).toStdString() : name;
}

std::string curveUnit(const EvidenceDeclaration& declaration, const std::string& name) {
  const ScalarSpec* spec = declaration.scalar(name);
  // A loss in nats is a pure number beside one without a unit: "1", where both are drawn together.
  return !spec || spec->unit == "1" || spec->unit == "nat" ? std::string() : spec->unit;
}

namespace {

/// Its points, raw and smoothed.
void fill(PlannedCurve& curve, const ScalarStore& history, const EvidenceDeclaration& declaration,
          double smoothing, double viewFrom, double apart) {
  const CurveSeries* series = history.find(curve.name);
  const bool blocksInView = series && viewFrom <= static_cast<double>(series->thinnedUntil());
  const bool dense = blocksInView && stepsOfBlock(*series) <= apart;
  if (series) curve.points = series->drawn(dense ? series->blockSize() : 1);
  const ScalarSpec* spec = declaration.scalar(curve.name);
  if (smoothing > 0 && !(spec && isSetting(*spec)))
    curve.bold = smoothed(curve.points, smoothing, blocksInView ? series->blockSize() : 1);
}

}  // namespace

CurvePlan planCurves(const ScalarStore& history, const EvidenceDeclaration& declaration,
                     const std::vector<std::string>& names, double smoothing, double viewFrom, double apart) {
  CurvePlan plan;
  Palette colors;
  std::vector<Axis> axes;
  for (const std::string& name : names) {
    PlannedCurve curve;
    curve.name = name;
    curve.title = curveTitle(declaration, name);
    curve.unit = curveUnit(declaration, name);
    curve.color = colors.take(headOf(declaration, name));
    fill(curve, history, declaration, smoothing, viewFrom, apart);
    const double size = sizeOf(curve.points);
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

void planBeside(CurvePlan& plan, const ScalarStore& history, const EvidenceDeclaration& declaration,
                const std::string& run, std::size_t dash, double smoothing, double viewFrom, double apart) {
  const std::size_t first = plan.curves.size();
  for (std::size_t i = 0; i < first; ++i) {
    if (!plan.curves[i].run.empty()) continue;
    PlannedCurve curve;
    curve.name = plan.curves[i].name;
    curve.title = concat(plan.curves[i].title, " · ", run);
    curve.unit = plan.curves[i].unit;
    curve.color = plan.curves[i].color;
    curve.axis = plan.curves[i].axis;
    curve.run = run;
    curve.dash = dash;
    fill(curve, history, declaration, smoothing, viewFrom, apart);
    if (!curve.points.empty()) plan.curves.push_back(std::move(curve));
  }
}

std::optional<ValueSpan> axisSpan(const CurvePlan& plan, std::size_t axis, const StepRange& steps) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::vector<Weighted> finite;
  for (const PlannedCurve& curve : plan.curves) {
    if (curve.axis != axis) continue;
    const auto [first, last] = pointsIn(curve.points, steps);
    finite.clear();
    for (std::size_t i = first; i < last; ++i) {
      const DrawnPoint& point = curve.points[i];
      if (!std::isfinite(point.value)) continue;
      finite.push_back({point.value, point.weight});
      low = std::min(low, point.value);
    }
    if (finite.empty()) continue;
    high = std::max(high, bulkOf(finite));
    for (std::size_t i = first; i < last && !curve.bold.empty(); ++i)
      if (std::isfinite(curve.bold[i])) high = std::max(high, curve.bold[i]);
  }
  if (!(high >= low)) return std::nullopt;
  if (low > 0 && low < 0.5 * high) low = 0;
  const double room = high > low ? (high - low) * kRoom : std::max(std::abs(high) * kRoom, 1e-9);
  return ValueSpan{low == 0 ? 0 : low - room / 2, high + room};
}

std::string thinnedText(const ScalarStore& history, const std::vector<std::string>& names) {
  std::int64_t until = -1, values = 1;
  for (const std::string& name : names)
    if (const CurveSeries* series = history.find(name)) {
      until = std::max(until, series->thinnedUntil());
      values = std::max(values, series->blockSize());
    }
  return until < 0 ? std::string()
                   : concat("Until step ", until, ": lowest and highest of every ", values, " values");
}

std::vector<FigureCurves> figureCurves(const CurvePlan& plan, const StepRange& steps) {
  std::vector<FigureCurves> plots(plan.axisTitles.size());
  for (std::size_t axis = 0; axis < plots.size(); ++axis)
    plots[axis].yTitle = plan.axisTitles[axis];
  for (const PlannedCurve& curve : plan.curves) {
    if (curve.points.empty()) continue;
    const auto [first, last] = pointsIn(curve.points, steps);
    const auto offset = [](std::size_t index) { return static_cast<std::ptrdiff_t>(index); };
    FigureSeries line;
    line.title = curve.title;
    line.color = curve.color;
    line.dashed = curve.dash > 0;
    for (std::size_t i = first; i < last; ++i) {
      line.x.push_back(static_cast<double>(curve.points[i].step));
      line.y.push_back(curve.points[i].value);
    }
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
