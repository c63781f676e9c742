#pragma once
// Looks through a recorded run on a thread of its own, and says how far it is.

#include <QObject>
#include <QString>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "core/findings/inspection.h"

namespace anchorscope {

/// GUI thread only. One run at a time: a new one takes the place of the one that is being looked through.
class FindingsReader : public QObject {
  Q_OBJECT

 public:
  /// What of a run is told: on a thread of its own, heeding progress as core/trainer/inspect_run.h does.
  struct Found {
    FindingsReport report;
    std::int64_t step = -1;                                            ///< Up to which it was recorded.
    std::int64_t moments = 0;                                          ///< Recorded steps with evidence.
    std::map<std::string, std::vector<std::int64_t>> probeSteps = {};  ///< By image.
  };
  using Read = std::function<Result<Found>(const std::string& folder, const std::function<bool(double)>&)>;

  /// As a run folder holds it.
  static Result<Found> readFolder(const std::string& folder, const std::function<bool(double)>& progress);

  explicit FindingsReader(Read read = readFolder, QObject* parent = nullptr);
  /// Gives up; nothing is told any more. What is being read is read to its next mark of progress.
  ~FindingsReader() override;

  void start(const QString& folder);
  /// Gives up; nothing is told of it.
  void cancel();
  bool isReading() const { return reading_ > 0; }

 signals:
  void progressed(double share);
  void found(const anchorscope::FindingsReader::Found& found);
  void failed(const anchorscope::Error& error);

 private:
  struct Job {
    int number = 0;
    std::jthread thread;
  };
  void work(const std::stop_token& stop, int number, const std::string& folder);
  void end(int number, const Result<Found>& result);

  Read read_;
  std::list<Job> jobs_;
  int last_ = 0, reading_ = 0;  ///< reading_: whose result is wanted; 0: nobody's.
};

}  // namespace anchorscope
