#pragma once
// What is seen first: try the demo, open data, open a recorded run, go on with a recent one.

#include <QStringList>
#include <QWidget>

#include "core/trainer/run_config.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTabWidget;
class QVBoxLayout;

namespace anchorscope {

class ParamForm;

/// Asks for a run; starts nothing itself. GUI thread only.
class StartPage : public QWidget {
  Q_OBJECT

 public:
  explicit StartPage(QWidget* parent = nullptr);
  void setRecent(const QStringList& entries);  ///< Data specs and run folders, newest first.
  /// Fills the form, as when a recent data set or a dropped folder is chosen.
  void setDataSpec(const QString& spec);
  /// Shows what is wrong with the chosen data or options, beside the start button.
  void showProblem(const QString& text);
  QPushButton* demoButton() const { return demo_; }
  QPushButton* startButton() const { return start_; }
  QLineEdit* dataEdit() const { return data_; }

 signals:
  void demoWanted();
  void startWanted(const anchorscope::RunConfig& config, bool startPaused);
  void runWanted(const QString& folder);

 private:
  QWidget* makeQuickCard();
  QWidget* makeDataCard();
  void browseData(const QString& kind);
  void rebuildOptions();
  void start();
  void refreshValidity();

  RunConfig config_;
  QPushButton *demo_, *start_;
  QLineEdit *data_, *weights_, *out_;
  QComboBox *method_, *model_;
  QLabel *methodHelp_, *problem_;
  QTabWidget* options_;
  QCheckBox* startPaused_;
  ParamForm *trainForm_, *methodForm_, *modelForm_, *dataForm_;
  QVBoxLayout* recentLayout_;
};

/// What a dropped or chosen path is as a data spec ("voc:DIR", "coco:JSON,IMAGES", "yolo:YAML",
/// "folder:DIR"); empty when it looks like none.
QString guessDataSpec(const QString& path);

}  // namespace anchorscope
