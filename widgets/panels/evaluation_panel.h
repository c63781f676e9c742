#pragma once
// How well the detector does on the validation images: COCO's numbers and every class, sortable; starts and
// cancels an evaluation.

#include <QWidget>
#include <cstdint>
#include <string>
#include <vector>

#include "core/store/run_types.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QStandardItemModel;
class QTableView;

namespace anchorscope {

struct EvaluationEvent;

/// Average precision is in [0, 1]; what COCO leaves undefined (a class without objects) is shown as "–" and
/// sorts last. GUI thread only.
class EvaluationPanel : public QWidget {
  Q_OBJECT

 public:
  explicit EvaluationPanel(QWidget* parent = nullptr);

  void showEvaluation(const EvaluationEvent& evaluation);
  /// The steps that were evaluated, ascending: one can be chosen where there are several.
  void setSteps(const std::vector<std::int64_t>& steps);
  /// Of the steps the newest is shown, or nothing has been chosen yet.
  bool followsNewest() const;
  /// How far the one that is going on is; empty text: none is.
  void setProgress(const QString& what, double fraction);
  /// Whether one can be asked for now; `whyNot`: what this run lacks for any.
  void setCanEvaluate(bool can, const QString& whyNot = {});
  /// Shows nothing; `why` there is nothing.
  void clear(const QString& why = {});

  QTableView* classTable() const { return table_; }
  QPushButton* evaluateButton() const { return evaluate_; }
  QPushButton* cancelButton() const { return cancel_; }

 signals:
  void evaluateWanted();
  void stepWanted(std::int64_t step);
  void cancelWanted();

 private:
  void showMetrics(const std::vector<ScalarValue>& metrics);

  bool nothingYet_ = true;
  QString hint_;
  QLabel *when_, *note_;
  /// One of COCO's numbers; those of masks are shown where there are any.
  struct Metric {
    std::string name;
    QLabel *caption, *value;
  };
  std::vector<Metric> metrics_;
  QComboBox* steps_;
  QStandardItemModel* classes_;
  QTableView* table_;
  QProgressBar* bar_;
  QPushButton *evaluate_, *cancel_;
};

/// An average precision: three decimals, or "–" where COCO leaves it undefined (-1) or it is not a number.
QString precisionText(double value);

}  // namespace anchorscope
