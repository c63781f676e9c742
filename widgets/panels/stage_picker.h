#pragma once
// Which stage of the detector the views show, for detectors of several.

#include <QComboBox>

namespace anchorscope {

class ViewState;

/// Hidden while the frame has but one stage. GUI thread only.
class StagePicker : public QComboBox {
  Q_OBJECT

 public:
  explicit StagePicker(ViewState& state, QWidget* parent = nullptr);

 private:
  void refresh();

  ViewState& state_;
};

}  // namespace anchorscope
