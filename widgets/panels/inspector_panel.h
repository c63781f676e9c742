#pragma once
// The right side: the selected object's bag as a table, its pairs as a scatter, and why the selected anchor
// was taken or not.

#include <QWidget>

#include "widgets/state/view_state.h"

class QCheckBox;
class QLabel;
class QTableView;
class QVBoxLayout;

namespace anchorscope {

class DecisionView;
class PairTableModel;
class ScatterView;

/// Shows what the ViewState has selected and changes the selection. GUI thread only.
class InspectorPanel : public QWidget {
  Q_OBJECT

 public:
  explicit InspectorPanel(ViewState& state, QWidget* parent = nullptr);

  QTableView* bagTable() const { return table_; }
  const DecisionView* decisionView() const { return decision_; }
  ScatterView* scatter() const { return scatter_; }

 private:
  void refresh();
  void refreshObjectFacts();
  void refreshDecision();
  void selectRowOfAnchor();

  ViewState& state_;
  PairTableModel* model_;
  QLabel *objectTitle_, *bagCount_, *facts_, *decisionTitle_, *anchorFacts_, *empty_;
  QCheckBox* bagOnly_;
  QTableView* table_;
  ScatterView* scatter_;
  DecisionView* decision_;
  QWidget *objectPart_, *links_;
  QVBoxLayout* linksLayout_;
  bool refreshing_ = false;
  QString headerOfTable_;
};

}  // namespace anchorscope
