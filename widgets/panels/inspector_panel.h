#pragma once
// The right side: the selected object's bag as a table, its pairs as a scatter, and why the selected anchor
// was taken or not, or why the object has what it has; with nothing selected all objects of the image.

#include <QHash>
#include <QStringList>
#include <QWidget>
#include <cstdint>

#include "widgets/state/canvas_model.h"

class QCheckBox;
class QLabel;
class QTableView;
class QVBoxLayout;

namespace anchorscope {

class DecisionView;
class ObjectStoryView;
class ObjectsView;
class PairTableModel;
class ScatterView;

/// Shows what is selected of a canvas' evidence and changes the selection. GUI thread only.
class InspectorPanel : public QWidget {
  Q_OBJECT

 public:
  explicit InspectorPanel(CanvasModel& canvas, QWidget* parent = nullptr);
  /// Which canvas' evidence; it must stay until another one is set.
  void setCanvas(CanvasModel& canvas);

  QTableView* bagTable() const { return table_; }
  PairTableModel* bagModel() const { return model_; }
  QString summary() const;
  const DecisionView* decisionView() const { return decision_; }
  ScatterView* scatter() const { return scatter_; }
  const ObjectStoryView* storyView() const { return story_; }
  const ObjectsView* objectsView() const { return objects_; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh();
  void refreshObjectFacts();
  void refreshDecision();
  void refreshStory();
  void addLink(const QString& text, int object, std::int64_t anchor);
  void selectRowOfAnchor();
  void setUpColumns();
  void fitColumns();
  void chooseColumns(const QPoint& at);

  CanvasModel* canvas_ = nullptr;
  PairTableModel* model_;
  QLabel *objectTitle_, *bagCount_, *facts_, *omitted_, *scatterTitle_, *decisionTitle_, *anchorFacts_,
      *levels_, *summary_, *empty_;
  QCheckBox* bagOnly_;
  QTableView* table_;
  ScatterView* scatter_;
  DecisionView* decision_;
  ObjectStoryView* story_;
  ObjectsView* objects_;
  QWidget *content_, *links_;
  QVBoxLayout* linksLayout_;
  bool refreshing_ = false;
  QString shapeOfTable_;                      ///< Name and columns of the table the header was set up for.
  QHash<QString, QStringList> shownColumns_;  ///< Per table: the titles chosen in the header's menu.
  std::int64_t scrolledToAnchor_ = -1;
};

}  // namespace anchorscope
