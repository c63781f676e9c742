#pragma once
// The workspace's canvases on the screen, each under its header: one, two side by side, or two rows of two.

#include <QPointer>
#include <QWidget>
#include <vector>

#include "widgets/canvas/canvas_wipe.h"

class QGridLayout;

namespace anchorscope {

class CanvasHeader;
class CanvasModel;
class CanvasTools;
class CanvasView;
class Workspace;

/// A click into a canvas, or the focus, makes it the active one. GUI thread only.
class CanvasGrid : public QWidget {
  Q_OBJECT

 public:
  /// The workspace must outlive it.
  explicit CanvasGrid(Workspace& workspace, QWidget* parent = nullptr);

  /// As in the workspace.
  CanvasView& canvas(int index) { return *cells_[static_cast<std::size_t>(index)].view; }
  CanvasHeader& header(int index) { return *cells_[static_cast<std::size_t>(index)].header; }
  CanvasView& activeCanvas();
  int columns() const;
  /// At the right end of the uppermost line.
  CanvasTools& tools() { return *tools_; }
  /// Flicker: the active canvas stands where the next one did, and that one where it did, until they change
  /// back.
  void setSwapped(bool swapped);
  bool isSwapped() const { return !swapped_.empty(); }
  /// Wipe: a part of the active canvas shows the next one, which all zoom and pan with; or no more.
  void toggleWipe();
  bool isWiped() const { return wipe_ != nullptr; }
  CanvasWipe* wipe() const { return wipe_; }
  /// Whether what is followed live is a run that trains.
  void setLive(bool live);

 signals:
  void comparisonChanged();                     ///< isSwapped() or isWiped()
  void noteWanted(const QString& text);         ///< Why a canvas did not do something.
  void statusTextChanged(const QString& text);  ///< Of whichever canvas the cursor is over.

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Cell {
    CanvasModel* model;
    QWidget* host;
    CanvasHeader* header;
    CanvasView* view;
  };
  Cell makeCell(CanvasModel& model);
  void arrange();
  void endWipe();
  CanvasModel& next() const;
  void offerRuns();
  void mark();

  Workspace& workspace_;
  QGridLayout* grid_;
  CanvasTools* tools_;
  std::vector<Cell> cells_;
  std::vector<const CanvasModel*> swapped_;  ///< Two, or none.
  QPointer<CanvasWipe> wipe_;                ///< The canvas' that it lies over.
  bool live_ = false;
};

}  // namespace anchorscope
