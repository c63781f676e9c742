#pragma once
// Whether scores say how well boxes fit: the mean IoU of detections in bins of their score, against the
// diagonal, where they would.

#include <QString>
#include <QWidget>
#include <optional>
#include <vector>

namespace anchorscope {

/// GUI thread only.
class ReliabilityView : public QWidget {
  Q_OBJECT

 public:
  using QWidget::QWidget;
  /// Of equal bins over [0, 1] from the lowest score on; none where there is no detection. `when`: "step 40".
  void show(std::vector<std::optional<double>> meanIou, const QString& when);
  const std::vector<std::optional<double>>& bins() const { return bins_; }
  const QString& when() const { return when_; }
  QSize sizeHint() const override { return {180, 160}; }
  QSize minimumSizeHint() const override { return {120, 96}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  std::vector<std::optional<double>> bins_;
  QString when_;
};

}  // namespace anchorscope
