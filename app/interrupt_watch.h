#pragma once
// Ctrl-C in the terminal, a closed terminal and a kind kill, as a signal of Qt's.

#include <QObject>

namespace anchorscope {

/// SIGINT, SIGTERM and SIGHUP while it lives: the first is emitted on the GUI thread, the second ends the
/// program at once. One at a time.
class InterruptWatch : public QObject {
  Q_OBJECT

 public:
  explicit InterruptWatch(QObject* parent = nullptr);
  ~InterruptWatch() override;

 signals:
  void interrupted();

 private:
  int pipe_[2] = {-1, -1};
};

}  // namespace anchorscope
