#pragma once
// The list of what was found wrong with data and run, as a table.

#include <QWidget>

namespace anchorscope {

class ProblemsModel;

/// GUI thread only.
class ProblemsPanel : public QWidget {
  Q_OBJECT

 public:
  /// `problems` must outlive it.
  explicit ProblemsPanel(ProblemsModel& problems, QWidget* parent = nullptr);
};

}  // namespace anchorscope
