#pragma once
// What is wrong with a run, as rules say it: findings by the objects they cost, each with its numbers, its
// objects and what to try.

#include <QSet>
#include <QWidget>
#include <cstdint>
#include <string>

#include "core/findings/inspection.h"

class QBoxLayout;
class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QScrollArea;
class QSplitter;
class QToolButton;

namespace anchorscope {

class FindingObjectsModel;
class FindingsModel;
class JumpTable;

/// Shows reports and asks for them; knows neither a run nor how one is looked through. GUI thread only.
class FindingsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit FindingsPanel(QWidget* parent = nullptr);

  /// Nothing has been looked through: why, or what can be done. `canLook`: by looking.
  void clear(const QString& why, bool canLook);
  /// It is being looked through, so far in [0, 1]; what is shown stays meanwhile.
  void setProgress(double share);
  void endProgress();
  /// Of what was recorded up to `step`.
  void showReport(FindingsReport report, std::int64_t step);
  void showFailure(const QString& why);
  /// Recorded steps of evidence that the report does not know; 0: none.
  void setNewer(std::int64_t steps);
  /// Images of which there is evidence to be shown.
  void setShownImages(QSet<QString> images);
  bool hasReport() const { return hasReport_; }

  const FindingsModel& findings() const { return *model_; }
  JumpTable* table() const { return table_; }
  JumpTable* objects() const { return objects_; }
  QComboBox* rules() const { return rules_; }

 signals:
  void lookWanted();
  void cancelWanted();
  /// A finding's row was chosen, whose image can be shown; object -1: the image as a whole.
  void objectWanted(const QString& image, int object);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  QBoxLayout* makeHead();
  QWidget* makeDetail();
  void refreshRules();
  void refreshState();
  void refreshDetail();
  void fit();
  void copy(const std::string& text);

  FindingsModel* model_;
  FindingObjectsModel* objectsModel_;
  JumpTable *table_, *objects_;
  QComboBox* rules_;
  QToolButton *copy_, *more_;
  QPushButton *look_, *cancel_;
  QProgressBar* bar_;
  QLabel *state_, *empty_, *title_, *advice_, *numbers_, *objectsTitle_, *unasked_;
  QScrollArea* unaskedArea_;
  QSplitter* split_;
  FindingsReport report_;
  std::int64_t step_ = -1, newer_ = 0;
  bool hasReport_ = false;
};

}  // namespace anchorscope
