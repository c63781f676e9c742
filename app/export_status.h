#pragma once
// The files that are being written, in the status bar: their names, how far they are, and a button that gives
// them up. There while there are any.

#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace anchorscope {

class Exporter;

/// GUI thread only.
class ExportStatus : public QWidget {
  Q_OBJECT

 public:
  /// The exporter must outlive it.
  explicit ExportStatus(Exporter& exporter, QWidget* parent = nullptr);

 private:
  void refresh();

  Exporter& exporter_;
  QLabel* what_;
  QProgressBar* bar_;
  QToolButton* cancel_;
};

}  // namespace anchorscope
