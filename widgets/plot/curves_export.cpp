// Curves as files: the shown ones as a figure, or their values.
#include <QFileInfo>
#include <utility>

#include "widgets/plot/curve_csv.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

CurvesView::ExportJob CurvesView::exportJob(const QString& path, Overwrite overwrite,
                                            const CurveExport& figure) const {
  const QString kind = QFileInfo(path).suffix().toLower();
  if (kind != QLatin1String("csv") && kind != QLatin1String("pdf") && kind != QLatin1String("svg") &&
      kind != QLatin1String("png"))
    return [kind](const FigureProgress&) {
      return Status(makeError(ErrorCode::kUsage, "Curves cannot be written as '" + kind.toStdString() + "'",
                              "Use .pdf, .svg, .png or .csv"));
    };
  const std::vector<std::string> names = shownNames();
  const std::string target = path.toStdString();
  std::vector<std::pair<std::string, ScalarStore>> beside;
  for (const Beside& other : beside_)
    beside.emplace_back(other.run.toStdString(), other.history->only(names));
  if (kind == QLatin1String("csv"))
    return [target, overwrite, names, history = history_.only(names),
            beside](const FigureProgress& progress) -> Status {
      std::vector<CsvRun> runs;
      for (const auto& [run, other] : beside)
        runs.push_back({run, &other});
      const std::string csv = curvesAsCsv(history, runs, names);
      ANCHORSCOPE_TRY(progress.wanted(target));
      return writeFileAtomically(target, csv, overwrite);
    };
  const StepRange range = followsX_ ? allSteps() : steps();
  return [target, overwrite, figure, names, history = history_.only(names), beside = std::move(beside),
          declaration = declaration_, range, viewFrom = followsX_ ? 0 : range.from,
          smoothing = smoothing()](const FigureProgress& progress) -> Status {
    FigureSpec spec;
    CurvePlan plan = planCurves(history, declaration, names, smoothing, viewFrom);
    for (std::size_t i = 0; i < beside.size(); ++i)
      planBeside(plan, beside[i].second, declaration, beside[i].first, i + 1, smoothing, viewFrom);
    spec.curves = figureCurves(plan, range);
    if (spec.curves.empty())
      return makeError(ErrorCode::kUsage, "There are no curves to write yet",
                       "Choose scalars that have values, then repeat");
    spec.curves.back().caption = thinnedText(history, names);
    spec.widthMm = figure.widthMm;
    spec.dpi = figure.dpi;
    spec.theme = figure.theme;
    if (auto report = renderFigure(spec, target, overwrite, progress); !report)
      return std::move(report).error();
    return {};
  };
}

}  // namespace anchorscope
