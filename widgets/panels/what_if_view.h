#pragma once
// What other methods or options would do with what is looked at: the questions, a slider for every number of
// the one that is shown, and what is otherwise by head, level, class and object.

#include <QString>
#include <QWidget>
#include <memory>
#include <vector>

#include "core/base/param.h"
#include "core/evidence/frame.h"

class QLabel;
class QLineEdit;
class QListWidget;
class QMenu;
class QPushButton;
class QToolButton;

namespace anchorscope {

class ChangesModel;
class ConflictLabel;
class JumpTable;
class ParamForm;

/// Shows and asks; decides nothing. GUI thread only.
class WhatIfView : public QWidget {
  Q_OBJECT

 public:
  struct Question {
    QString name, method, refused;
    ParamSet params;
  };
  struct Choice {
    QString name, title, whyNot;
  };
  /// What can be done with the question that is shown; why not, for people, empty: it can.
  struct Deeds {
    QString record, apply;
  };

  explicit WhatIfView(QWidget* parent = nullptr);

  /// What the questions are asked of, for people.
  void setAbout(const QString& text);
  /// The button that has weights loaded: its text, empty: it is not there.
  void setWeights(const QString& text, bool enabled);
  /// The methods that can be asked, the run's own first. `full`: no more questions fit.
  void setMethods(const std::vector<Choice>& methods, bool full);
  /// shown: which of them the canvas shows; -1: what the run itself did.
  void setQuestions(const std::vector<Question>& questions, int shown);
  void setError(const QString& text);
  void setDeeds(const Deeds& deeds);
  /// The shown variant's evidence; null: nothing to count.
  void setChanges(std::shared_ptr<const StageEvidence> variant);

 signals:
  void addWanted(const QString& method);
  void removeWanted(int question);
  void showWanted(int question);  ///< -1: what the run itself did.
  void optionEdited(int question, const QString& option, const QString& value);
  void sideBySideWanted();
  void weightsWanted();
  void recordWanted(int question);
  void applyWanted(int question);
  void objectWanted(int object);

 private:
  void refreshForm();

  std::vector<Question> questions_;
  int shown_ = -1;
  bool filling_ = false;
  QString formOf_;  ///< The method whose options the form has, and of which question.
  QLabel *about_, *empty_;
  QListWidget* list_;
  QWidget* options_;
  QToolButton *add_, *remove_;
  QMenu* methods_;
  ConflictLabel* error_;
  QLineEdit* search_;
  ParamForm* form_;
  ChangesModel* changes_;
  JumpTable* table_;
  QPushButton *weights_, *sideBySide_, *record_, *apply_;
};

}  // namespace anchorscope
