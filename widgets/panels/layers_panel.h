#pragma once
// The layer list (eye, solo, opacity, order) and the active layer's colours, range, filter and levels.
// What is drawn stands on top, as it is stacked; under it what is not, folded by subject.

#include <QHash>
#include <QSet>
#include <QStringList>
#include <QWidget>
#include <functional>
#include <vector>

#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/layer_subject.h"
#include "widgets/state/canvas_model.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QToolButton;
class QVBoxLayout;

namespace anchorscope {

class CellEditor;
class LayerNotices;
class LayerRow;
class RangeEditor;

/// Edits a canvas' LayerStack. GUI thread only.
class LayersPanel : public QWidget {
  Q_OBJECT

 public:
  explicit LayersPanel(CanvasModel& canvas, QWidget* parent = nullptr);
  /// Which canvas' layers; it must stay until another one is set.
  void setCanvas(CanvasModel& canvas);

  RangeEditor* rangeEditor() const { return range_; }
  /// The rows from top to bottom, by layer id; only of layers that the shown frame has something for, and of
  /// a folded subject those that are visible or active.
  QStringList shownLayers() const;

 protected:
  void leaveEvent(QEvent* event) override;

 private:
  QWidget* makeDetails();
  void connectDetails();
  LayerStack& layers() const { return canvas_->layers(); }
  /// Whether the frame has other channels than the one before; the rows are those of it then.
  bool adoptFrame();
  void dropRows(const std::function<bool(const QString& line)>& goes);
  void rebuildRows();
  void refreshRows();
  void refreshHints();
  void refreshDetails();
  void rebuildLevels();
  void moveActive(int by);
  void moveRow(const std::string& id, int rowsDown);
  void fillPresets();
  bool isRelevant(const Layer& layer) const;
  /// Rows that are moved among each other: those on top, or those of one subject.
  QStringList rowsWith(const QString& id) const;
  QStringList drawnRows() const;
  QStringList shownLines() const;
  QToolButton* foldLine(const LayerSubject& subject);

  CanvasModel* canvas_ = nullptr;
  LayerNotices* notices_;
  QVBoxLayout* rowsLayout_;
  QHash<QString, LayerRow*> rows_;
  QHash<QString, QToolButton*> foldLines_;  ///< By subject.
  std::vector<LayerSubject> subjects_;      ///< Of the frame.
  QSet<QString> unfolded_;
  QSet<QString>
      kept_;  ///< Switched off by the mouse that is still over the list: it does not change under it.
  CellEditor* cells_;
  QWidget* details_;
  QLabel* detailsTitle_;  ///< The active layer's.
  QComboBox *colorMap_, *rangeMode_, *boxes_;
  QLineEdit *filterMin_, *filterMax_;
  QCheckBox* fade_;
  QWidget* levelsHost_;
  QVBoxLayout* detailsLayout_;
  QToolButton *up_, *down_, *presets_, *settings_;
  QMenu* presetsMenu_;
  RangeEditor* range_;
  QWidget *channelPart_, *boxPart_, *more_;
  std::size_t levelCount_ = 0;
  QStringList channelsOfRows_;
  bool refreshing_ = false;
};

}  // namespace anchorscope
