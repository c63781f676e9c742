#pragma once
// What is seen first: try the demo, open data, open a recorded run, go on with a recent one. What of the
// chosen options does not go together is told beside them, and starting waits until it is put right.

#include <QStringList>
#include <QWidget>

#include "core/trainer/run_config.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QScrollArea;
class QTabWidget;
class QToolButton;
class QVBoxLayout;

namespace anchorscope {

class ConflictLabel;
class LeftoverCard;
class ParamForm;
class SessionCard;
struct LeftoverEntry;
struct ReadyRun;

/// Asks for a run; starts nothing itself. GUI thread only.
class StartPage : public QWidget {
  Q_OBJECT

 public:
  explicit StartPage(QWidget* parent = nullptr);
  void setRecent(const QStringList& entries);  ///< Data specs and run folders, newest first.
  /// Fills the form, as when a recent data set or a dropped folder is chosen.
  void setDataSpec(const QString& spec);
  /// Fills everything, as when a preset is chosen; a data set that is named already stays.
  void setConfig(const RunConfig& config);
  /// What a click on the start button would ask for.
  RunConfig config() const;
  /// What does not go together at present, as conflictsOf tells it.
  const std::vector<OptionConflict>& conflicts() const { return conflicts_; }
  /// What an earlier start has left behind; empty hides it.
  void setLeftovers(const QList<LeftoverEntry>& entries);
  /// The offer to go on where the window before has left off.
  SessionCard& sessionCard() { return *session_; }
  /// Shows what is wrong with the chosen data or options, beside the start button.
  void showProblem(const QString& text);
  /// The same for a folder that holds a run already, which can be opened from here.
  void showTakenFolder(const QString& folder);
  QPushButton* demoButton() const { return demo_; }
  QPushButton* startButton() const { return start_; }
  QLineEdit* dataEdit() const { return data_; }

 signals:
  void demoWanted();
  void startWanted(const anchorscope::RunConfig& config, bool startPaused);
  void runWanted(const QString& folder);
  void leftoverOpened(const QString& folder);
  void leftoverKept(const QString& folder);
  void leftoverDiscarded(const QString& folder);
  /// The page of the help that tells of this method, detector or topic.
  void helpWanted(const QString& page);

 private:
  QWidget* makeQuickCard();
  QWidget* makeDataCard();
  void browseData(const QString& kind, QLineEdit* target);
  void rebuildOptions();
  void showConfig();
  void start();
  void refreshValidity();
  void refreshConflicts();
  QWidget* revealFirstConflict();  ///< Its field, in sight.
  void refreshValidation();
  void applyFix(const QString& key, const QString& value);
  void choosePreset(const ReadyRun& chosen);
  QLayout* dataLine(QLineEdit* spec);
  QWidget* chooserOf(QComboBox* box, ConflictLabel*& conflict, QToolButton*& help);

  RunConfig config_;
  std::vector<OptionConflict> conflicts_;
  bool tellsConflict_ = false;  ///< The problem shown is one of them.
  QString takenFolder_;
  LeftoverCard* leftovers_;
  SessionCard* session_;
  QScrollArea* body_;
  QPushButton *demo_, *start_, *problemLink_;
  QLineEdit *data_, *validation_, *weights_, *out_;
  QComboBox *method_, *model_;
  ConflictLabel *methodConflict_, *modelConflict_;
  QToolButton *methodPage_, *modelPage_, *presets_;
  QMenu* presetsMenu_;
  QLabel *methodHelp_, *problem_, *recording_;
  QTabWidget* options_;
  QCheckBox* startPaused_;
  ParamForm *trainForm_, *methodForm_, *modelForm_, *dataForm_;  ///< In the order of the tabs.
  QVBoxLayout* recentLayout_;
};

}  // namespace anchorscope
