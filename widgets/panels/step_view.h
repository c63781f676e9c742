#pragma once
// A step that is done by its phases: how far it is, and what it does to each part of the detector.

#include <QWidget>
#include <string>
#include <vector>

#include "core/ops/step_phase.h"
#include "core/trainer/part_norm.h"

class QLabel;
class QStandardItemModel;
class QTableView;

namespace anchorscope {

/// GUI thread only.
class StepView : public QWidget {
  Q_OBJECT

 public:
  explicit StepView(QWidget* parent = nullptr);
  /// phase: TrainingStatus::phase; empty between two steps, when `parts` are those of the step before.
  void show(const std::string& phase, const std::vector<PartNorm>& parts);

 private:
  std::vector<QLabel*> phases_;
  QLabel *state_, *hint_;
  QTableView* table_;
  QStandardItemModel* rows_;
};

}  // namespace anchorscope
