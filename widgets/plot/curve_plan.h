#pragma once
// Which scalars are drawn as curves and how: title, unit, colour and axis of each, the same in the window
// and in figures.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/evidence/specs.h"
#include "widgets/figure/figure.h"
#include "widgets/plot/scalar_store.h"

namespace anchorscope {

struct PlannedCurve {
  std::string name, title;
  std::string unit;  ///< Empty for pure numbers.
  Argb color = 0;
  std::size_t axis = 0;
  std::vector<DrawnPoint> points;  ///< Empty while it has no values.
  std::vector<double> bold;        ///< The points smoothed; empty where nothing is to be, and for a setting.
  std::string run;                 ///< Empty; of a run beside it that one's name.
  std::size_t dash = 0;            ///< 0: solid; each run beside it is dashed in another way.
};

struct CurvePlan {
  std::vector<PlannedCurve> curves;     ///< In the order they were chosen.
  std::vector<std::string> axisTitles;  ///< The unit, or of a single curve of pure numbers its title.
};

/// Curves of one unit share an axis. Pure numbers do so while their sizes are within a factor of 20: a
/// learning rate beside losses would be a line at 0. Heads have their colours (the first curve of each);
/// the others are told apart by Okabe and Ito's set. `smoothing` as smoothed() takes it, 0: raw; where blocks
/// are in view, from step `viewFrom` on, of means of as many values all along. Of exact values that lie
/// closer than `apart` steps (the width of a pixel) the extremes are planned where blocks are in view beside
/// them.
CurvePlan planCurves(const ScalarStore& history, const EvidenceDeclaration& declaration,
                     const std::vector<std::string>& names, double smoothing, double viewFrom = 0,
                     double apart = 0);

/// Adds the same curves of another run, in the same colours and on the same axes, dashed: all that it has
/// values of. `dash` above 0.
void planBeside(CurvePlan& plan, const ScalarStore& history, const EvidenceDeclaration& declaration,
                const std::string& run, std::size_t dash, double smoothing, double viewFrom = 0,
                double apart = 0);

/// A scalar's title for people, its name where it was declared without one; its unit, empty for pure numbers.
std::string curveTitle(const EvidenceDeclaration& declaration, const std::string& name);
std::string curveUnit(const EvidenceDeclaration& declaration, const std::string& name);

/// Steps that are shown, both ends included.
struct StepRange {
  double from = 0, to = 0;
};

/// Values an axis shows.
struct ValueSpan {
  double low = 0, high = 1;
};

/// What an axis spans to show these curves between the steps: all of their bold lines and the bulk of the
/// raw values (98 %), so that a single spike does not flatten the rest; down to 0 where that is near.
/// Nothing when no value is finite there.
std::optional<ValueSpan> axisSpan(const CurvePlan& plan, std::size_t axis, const StepRange& steps);

/// What of these curves is not exact: "Until step 934,463: lowest and highest of every 256 values"; empty
/// when all is.
std::string thinnedText(const ScalarStore& history, const std::vector<std::string>& names);

/// One plot per axis, one above the other, with the steps shown.
std::vector<FigureCurves> figureCurves(const CurvePlan& plan, const StepRange& steps);

}  // namespace anchorscope
