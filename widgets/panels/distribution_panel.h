#pragma once
// All candidates of the active canvas' moment at once: two channels against each other, how often one has
// which values, and groups of them with what they cost. What is brushed in one is told from the rest in all.

#include <QWidget>

#include "core/base/atomic_file.h"
#include "core/evidence/groups.h"
#include "widgets/state/canvas_model.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QSortFilterProxyModel;
class QSplitter;
class QToolButton;

namespace anchorscope {

class ChannelHistogram;
class ChannelScatter;
class ElidedLabel;
class GroupsModel;
class JumpTable;

/// Two channels and a third for the colour that belong together.
struct ScatterChoice {
  QString title, x, y, color;
};
/// What a stage's channels offer, by what they are declared as: score and overlap, the weights and the losses
/// of both heads, and those losses by each channel that has a neutral value (effective weights, say).
std::vector<ScatterChoice> scatterChoices(const StageEvidence& evidence);

/// Nothing is computed while it is not seen. GUI thread only.
class DistributionPanel : public QWidget {
  Q_OBJECT

 public:
  explicit DistributionPanel(CanvasModel& canvas, QWidget* parent = nullptr);
  /// Whose moment; it must stay until another one is set.
  void setCanvas(CanvasModel& canvas);

  ChannelScatter& scatter() { return *scatter_; }
  ChannelHistogram& histogram() { return *histogram_; }
  JumpTable& table() { return *table_; }
  const GroupsModel& groups() const { return *groups_; }
  void setGroupBy(GroupBy by);
  void setScatterChannels(const QString& x, const QString& y, const QString& color = {});
  /// The groups as they stand (.csv or .json).
  Status exportGroups(const QString& path, Overwrite overwrite) const;

 signals:
  void failed(const anchorscope::Error& error);
  void exported(const QString& path);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* scatterSection();
  QWidget* histogramSection();
  QWidget* tableSection();
  void refresh();
  void refreshChannels();
  void refreshBrush();
  void refreshTable();
  void showChannels();
  void brush(const CandidateCondition& condition, bool within);
  void chooseRow(int row);
  void offerChoices();
  void askForFile();
  GroupBy groupBy() const;

  CanvasModel* canvas_ = nullptr;
  ElidedLabel* brushLabel_;
  QToolButton* clear_;
  QCheckBox* hideOthers_;
  QSplitter* splitter_;
  QComboBox *x_, *y_, *color_, *valued_, *parts_, *by_;
  QToolButton* choices_;
  QCheckBox* logarithmic_;
  ChannelScatter* scatter_;
  ChannelHistogram* histogram_;
  GroupsModel* groups_;
  QSortFilterProxyModel* sorted_;
  JumpTable* table_;
  QStringList channels_;
  bool tableStale_ = true;
};

}  // namespace anchorscope
