#pragma once
// View header. Statistics of a recorded run, through all its recorded steps, and as text for other programs.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/statistics/statistic.h"
#include "core/store/run_reader.h"

namespace anchorscope {

/// One of a statistic's numbers over time.
struct StatisticSeries {
  std::string statistic;  ///< Statistic::name
  std::string name;       ///< "flip_rate.classification"; of a stage among several "rpn.flip_rate.…".
  std::string title, unit, description, source;
  ColorScale scale = ColorScale::kSequential;
  std::vector<std::int64_t> steps;
  std::vector<double> values;  ///< One per step, finite.
};

/// Reads step by step, so that whoever does it can do something else in between: a frame takes milliseconds,
/// a long run has thousands. Variants are passed over. One thread at a time.
class StatisticsReader {
 public:
  /// What is recorded by now is read; the reader must outlive it. `names`: of statistics, empty: all.
  /// kNotFound for one that there is not.
  static Result<StatisticsReader> make(const RunReader& reader, const std::vector<std::string>& names = {});

  /// One more step; false when none is left. What cannot be read or contradicts itself is left out and told
  /// in problems().
  bool readNext();
  /// Steps after the last that was read are there now (RunReader::refresh).
  void refresh();
  std::size_t done() const { return at_; }
  std::size_t steps() const { return steps_.size(); }
  const std::vector<StatisticSeries>& series() const { return series_; }
  /// A sentence for each moment that was left out.
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct Measuring {
    const Statistic* statistic = nullptr;
    std::string prefix, suffix;  ///< Of a stage among several: "rpn.", ", Region proposals".
    std::shared_ptr<Meter> meter;
  };
  explicit StatisticsReader(const RunReader& reader) : reader_(&reader) {}
  std::vector<Measuring>& measuringsOf(const ProbeFrame& frame, std::size_t stage);
  void put(const Measuring& measuring, const StatisticValue& value, std::int64_t step);

  const RunReader* reader_;
  std::vector<const Statistic*> chosen_;
  std::vector<std::int64_t> steps_;
  std::size_t at_ = 0;  ///< Into steps_.
  std::vector<std::vector<Measuring>> stages_;
  std::vector<StatisticSeries> series_;
  std::vector<std::string> problems_;
};

/// "statistic,step,value", a line per number, RFC 4180.
std::string statisticsCsv(const std::vector<StatisticSeries>& series);
/// {"statistics": [{name, title, unit, description, source, steps, values}], "left_out": [...]}
std::string statisticsJson(const std::vector<StatisticSeries>& series,
                           const std::vector<std::string>& leftOut);

}  // namespace anchorscope
