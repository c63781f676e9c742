#pragma once
// What of a moment a canvas shows, where there is a choice: the stage of the detector, and what another
// method says of the same outputs.

#include <QComboBox>

namespace anchorscope {

class CanvasModel;

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
