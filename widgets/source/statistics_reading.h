#pragma once
// A recorded run's statistics, measured on a thread of its own from the first recorded step on, and told bit
// by bit.

#include <QObject>
#include <QString>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/statistics/run_statistics.h"

namespace anchorscope {

/// GUI thread only. No member waits, nor does its end: the step that is being read then is read to its end
/// and not told. What is told is queued.
class StatisticsReading : public QObject {
  Q_OBJECT

 public:
  /// Of a folder that is a run, which may still be growing.
  explicit StatisticsReading(const QString& folder, QObject* parent = nullptr);
  ~StatisticsReading() override;

  /// Goes on with what has been recorded since.
  void refresh();

 signals:
  /// Of every series what is new of it, and how far the reading is.
  void arrived(const std::vector<anchorscope::StatisticSeries>& parts, std::size_t done, std::size_t steps);
  /// Moments that were left out, a sentence each.
  void problemsFound(const std::vector<std::string>& problems);
  void failed(const anchorscope::Error& error);

 private:
  struct Work;
  std::shared_ptr<Work> work_;
};

}  // namespace anchorscope
