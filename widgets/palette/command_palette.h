#pragma once
// A line to type in and, below it, everything that can be done or gone to and answers.

#include <QFrame>
#include <QPointer>
#include <memory>
#include <vector>

#include "widgets/palette/palette_model.h"

class QLabel;
class QLineEdit;
class QListView;

namespace anchorscope {

/// Lies over its parent, the window, while it is open. Up and Down choose, Enter does it, Esc and a click
/// elsewhere close it. GUI thread only.
class CommandPalette : public QFrame {
  Q_OBJECT

 public:
  CommandPalette(std::vector<std::unique_ptr<PaletteSource>> sources, QWidget* parent);

  void open();
  PaletteModel& model() { return *model_; }

 signals:
  /// Something was done: the list of what was used last is another.
  void used();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void place();
  void choose(int row);
  void accept();
  void close();
  void refreshFoot();

  PaletteModel* model_;
  QLineEdit* line_;
  QListView* list_;
  QLabel* foot_;
  QPointer<QWidget> before_;  ///< Who had the focus.
};

}  // namespace anchorscope
