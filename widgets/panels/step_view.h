#pragma once
// A step that is done by its phases: how far it is, and what it does to each part of the detector.

#include <QWidget>
#include <optional>
#include <vector>

#include "core/session/session.h"

class QLabel;
class QStandardItemModel;
class QTableView;

namespace anchorscope {

/// "step 12 after loss, batch 1 of 2"
QString openStepText(const OpenStep& open);

/// GUI thread only.
class StepView : public QWidget {
  Q_OBJECT

 public:
  explicit StepView(QWidget* parent = nullptr);
  /// Between two steps none is open, and `parts` are those of the step before.
  void show(const std::optional<OpenStep>& open, const std::vector<PartNorm>& parts);

 private:
  std::vector<QLabel*> phases_;
  QLabel *state_, *hint_;
  QTableView* table_;
  QStandardItemModel* rows_;
};

}  // namespace anchorscope
