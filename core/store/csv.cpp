#include "core/store/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace anchorscope {

std::string csvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string csvNumber(double value) {
  if (std::isnan(value)) return "nan";  // to_chars would tell its sign
  char buffer[40];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

Result<std::string> scalarsAsCsv(const RunReader& run, const std::vector<std::string>& names) {
  const std::vector<std::string> known = run.scalarNames();
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return makeError(ErrorCode::kNotFound, concat("'", name, "' is not recorded in '", run.folder(), "'"),
                       "The run's scalars are listed by its info");
  const std::vector<std::string>& columns = names.empty() ? known : names;
  std::string out = "step";
  std::vector<ScalarSeries> series;
  for (const std::string& name : columns) {
    Result<ScalarSeries> values = run.scalar(name);
    if (!values) return std::move(values).error();
    series.push_back(std::move(*values));
    out += ',' + csvField(name);
  }
  out += "\r\n";

  std::vector<std::size_t> at(series.size());
  while (true) {
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    std::int64_t step = kEnd;
    for (std::size_t i = 0; i < series.size(); ++i)
      if (at[i] < series[i].steps.size()) step = std::min(step, series[i].steps[at[i]]);
    if (step == kEnd) return out;
    out += std::to_string(step);
    for (std::size_t i = 0; i < series.size(); ++i) {
      out += ',';
      if (at[i] < series[i].steps.size() && series[i].steps[at[i]] == step)
        out += csvNumber(series[i].values[at[i]++]);
    }
    out += "\r\n";
  }
}

Status exportScalarsToCsv(const RunReader& run, const std::string& path, Overwrite overwrite,
                          const std::vector<std::string>& names) {
  const Result<std::string> text = scalarsAsCsv(run, names);
  if (!text) return text.error();
  return writeFileAtomically(path, *text, overwrite);
}

}  // namespace anchorscope
