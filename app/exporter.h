#pragma once
// Files that take their time to draw and write, on threads of their own: how far they are, and giving them
// up.

#include <QObject>
#include <QString>
#include <functional>
#include <list>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "widgets/figure/figure.h"

namespace anchorscope {

/// GUI thread only.
class Exporter : public QObject {
  Q_OBJECT

 public:
  using Write = std::function<Result<FigureReport>(const FigureProgress&)>;

  using QObject::QObject;
  /// Gives up what is not written yet; its end is told to nobody any more.
  ~Exporter() override;

  /// `write` on a thread of its own, which has to heed its progress; `written` here, with what it gave.
  void start(const QString& path, Write write, std::function<void(const Result<FigureReport>&)> written);
  /// Gives up all files: each ends as soon as its writing heeds it.
  void cancel();

  struct File {
    QString path;
    double done = 0;  ///< The share of the work, in [0, 1].
    bool cancelled = false;
  };
  /// What is being written, in the order it was asked for.
  std::vector<File> files() const;
  bool isBusy() const { return !jobs_.empty(); }

 signals:
  void changed();

 private:
  struct Job {
    File file;
    std::jthread thread;
  };
  using JobAt = std::list<Job>::iterator;
  void work(const std::stop_token& stop, JobAt job, const Write& write,
            std::function<void(const Result<FigureReport>&)> written);

  std::list<Job> jobs_;
};

}  // namespace anchorscope
