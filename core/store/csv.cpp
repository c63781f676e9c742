#include "core/store/csv.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
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

namespace {

/// The values of one column, a few thousand at a time.
class Column {
 public:
  Column(const RunReader& run, std::string name) : run_(run), name_(std::move(name)) {}

  /// Before the first and after each use of the last value read.
  Status fill() {
    if (at_ < values_.steps.size() || ended_) return {};
    const std::int64_t from =
        values_.steps.empty() ? std::numeric_limits<std::int64_t>::min() : values_.steps.back() + 1;
    Result<ScalarSeries> more = run_.scalarFrom(name_, from, kAtOnce);
    if (!more) return std::move(more).error();
    values_ = std::move(*more);
    at_ = 0;
    ended_ = values_.steps.size() < kAtOnce;
    return {};
  }
  /// The step of the next value; kEnd after the last one.
  std::int64_t step() const { return at_ < values_.steps.size() ? values_.steps[at_] : kEnd; }
  double take() { return values_.values[at_++]; }

  static constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

 private:
  static constexpr std::size_t kAtOnce = 4096;
  const RunReader& run_;
  std::string name_;
  ScalarSeries values_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace

Status writeScalarsAsCsv(const RunReader& run, std::ostream& out, const std::vector<std::string>& names) {
  const std::vector<std::string> known = run.scalarNames();
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return makeError(ErrorCode::kNotFound, concat("'", name, "' is not recorded in '", run.folder(), "'"),
                       "The run's scalars are listed by its info");
  std::string line = "step";
  std::vector<Column> columns;
  for (const std::string& name : names.empty() ? known : names) {
    columns.emplace_back(run, name);
    line += ',' + csvField(name);
  }
  while (out << line << "\r\n") {
    std::int64_t step = Column::kEnd;
    for (Column& column : columns) {
      ANCHORSCOPE_TRY(column.fill());
      step = std::min(step, column.step());
    }
    if (step == Column::kEnd) {
      if (out.flush()) return {};
      break;
    }
    line = std::to_string(step);
    for (Column& column : columns) {
      line += ',';
      if (column.step() == step) line += csvNumber(column.take());
    }
  }
  return makeError(ErrorCode::kIo, "The table could not be written to its end",
                   "Check the space on the disk");
}

Status exportScalarsToCsv(const RunReader& run, const std::string& path, Overwrite overwrite,
                          const std::vector<std::string>& names) {
  return writeFileAtomically(path, overwrite, [&](const std::string& temporary) -> Status {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    if (!out)
      return makeError(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                       concat("Cannot write '", path, "': ", std::strerror(errno)),
                       "Check that its folder exists and may be written");
    ANCHORSCOPE_TRY(writeScalarsAsCsv(run, out, names));
    out.close();
    if (out) return {};
    return makeError(ErrorCode::kIo, concat("'", path, "' could not be written to its end"),
                     "Check the space on the disk");
  });
}

}  // namespace anchorscope
