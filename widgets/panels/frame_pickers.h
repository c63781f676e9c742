#pragma once
// What of a moment a canvas shows, where there is a choice: the stage of the detector, and what another
// method says of the same outputs.

#include <QComboBox>
#include <QString>
#include <vector>

namespace anchorscope {

class CanvasModel;

/// A run that canvases may look at.
struct RunChoice {
  QString id, title;  ///< CanvasModel::run, and what it is called.
};

/// For windows with several runs; hidden while there is but one. GUI thread only.
class RunPicker : public QComboBox {
  Q_OBJECT

 public:
  /// The canvas must outlive it.
  explicit RunPicker(CanvasModel& canvas, QWidget* parent = nullptr);
  void setRuns(std::vector<RunChoice> runs);

 private:
  void refresh();

  CanvasModel& canvas_;
  std::vector<RunChoice> runs_;
};

/// For detectors of several stages; hidden while the frame has but one. GUI thread only.
class StagePicker : public QComboBox {
  Q_OBJECT

 public:
  /// The canvas must outlive it.
  explicit StagePicker(CanvasModel& canvas, QWidget* parent = nullptr);

 private:
  void refresh();

  CanvasModel& canvas_;
};

/// For moments beside which variants were recorded; hidden while there is none. GUI thread only.
class VariantPicker : public QComboBox {
  Q_OBJECT

 public:
  /// The canvas must outlive it.
  explicit VariantPicker(CanvasModel& canvas, QWidget* parent = nullptr);

 private:
  void refresh();

  CanvasModel& canvas_;
};

}  // namespace anchorscope
