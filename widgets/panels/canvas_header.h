#pragma once
// The line above a canvas: which image and moment it shows, and what of it.

#include <QWidget>

#include <vector>

#include "widgets/panels/frame_pickers.h"

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace anchorscope {

class CanvasModel;
class CanvasView;

/// GUI thread only.
class CanvasHeader : public QWidget {
  Q_OBJECT

 public:
  /// Both must outlive it.
  CanvasHeader(CanvasModel& model, CanvasView& canvas, QWidget* parent = nullptr);

  /// Whether what is followed live is a run that trains.
  void setLive(bool live);
  /// One of several canvases: it can have a step of its own; the active one is marked.
  void setPlace(bool several, bool active);
  /// What there is to choose from.
  void setRuns(std::vector<RunChoice> runs);
  /// Puts a widget at the end of the line; null takes the one there out, which stays whole.
  void setTools(QWidget* tools);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void refresh();

  CanvasModel& model_;
  CanvasView& canvas_;
  bool live_ = false, several_ = false, marked_ = false;
  QHBoxLayout* line_;
  QLabel *title_, *info_;
  RunPicker* runs_;
  QToolButton* ownStep_;
  QWidget* tools_ = nullptr;
};

}  // namespace anchorscope
