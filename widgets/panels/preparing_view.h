#pragma once
// What stands where the image will be while a run is prepared: what is being done, how far, how long yet,
// cancel.

#include <QElapsedTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace anchorscope {

/// GUI thread only.
class PreparingView : public QWidget {
  Q_OBJECT

 public:
  explicit PreparingView(QWidget* parent = nullptr);
  void start(const QString& run);
  /// A fraction of 0 means that it is not known how far it is.
  void setProgress(const QString& what, double fraction);

  QPushButton* cancelButton() const { return cancel_; }
  QString text() const;

 signals:
  void cancelled();

 private:
  QLabel *title_, *what_, *timeLeft_;
  QProgressBar* bar_;
  QPushButton* cancel_;
  QElapsedTimer clock_;
  QString doing_;
};

}  // namespace anchorscope
