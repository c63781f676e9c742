#pragma once
// What other methods, or other options of the run's own, would do with what is looked at: a few questions
// that are asked together, and the canvases that show their answers.

#include <QObject>
#include <QString>
#include <optional>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/trainer/run_config.h"
#include "widgets/source/evidence_source.h"

namespace anchorscope {

class LiveParameters;
class Workspace;

/// Nothing of it touches the run, unless record() or apply() is called, which change its parameters. GUI
/// thread only.
class WhatIf : public QObject {
  Q_OBJECT

 public:
  static constexpr int kMost = 3;  ///< With the run's own they fill four canvases.

  struct Question {
    std::string method;
    ParamSet params;  ///< Of the method.
    QString name;     ///< Of the variant that answers it.
    QString former;   ///< As canvases still have it until the answer is there.
    QString refused;  ///< Why it has no answer; empty: it has one, or will have.
  };
  struct Choice {
    std::string name;
    QString title, whyNot;  ///< Empty: it can be asked.
  };

  /// Both must outlive it.
  WhatIf(Workspace& workspace, LiveParameters& parameters, QObject* parent = nullptr);

  /// Of what is looked at; nothing while there is no run.
  const std::optional<RunConfig>& run() const { return run_; }
  /// Every method, and why it cannot be asked of this run's heads.
  std::vector<Choice> methods() const;
  const std::vector<Question>& questions() const { return questions_; }
  /// Which of them the active canvas shows; -1: none.
  int shown() const;
  /// What is wrong with the questions together, or why weights could not be loaded; empty: nothing.
  const QString& error() const { return error_.isEmpty() ? holdError_ : error_; }

  /// One more, with the run's own options where it is the run's method, else with its defaults; the active
  /// canvas shows it when it is there.
  void add(const std::string& method);
  void remove(int index);
  /// An option of one, as text that parses.
  void change(int index, const std::string& option, const std::string& value);
  /// In the active canvas; -1: what the run itself did.
  void show(int index);
  /// The run's own and every question side by side.
  void showAll();
  /// The recorded step that is shown, where its weights can be loaded and are not; -1: none.
  std::int64_t holdable() const;
  /// Loads them: questions are then asked of what the heads say there.
  void hold();
  bool isLoading() const { return loading_; }
  /// The recorded step whose weights are at hand; -1: none.
  std::int64_t heldStep() const { return heldStep_; }
  /// Asked at every capture of the run from now on, and recorded with it (train.variants).
  void record(int index);
  /// Its options become the run's. Only of the run's own method.
  void apply(int index);
  /// Why it cannot be applied; empty: it can.
  QString whyNotApplied(int index) const;

 signals:
  void questionsChanged();
  /// Which is shown, or what of it.
  void shownChanged();

 private:
  void restart();
  void readRun();
  std::string textOf(const Question& question) const;
  std::string nameOf(const Question& question) const;
  void ask();
  void onAnswer(const AskedAnswer& answer);

  Workspace& workspace_;
  LiveParameters& parameters_;
  std::optional<RunConfig> run_;
  std::vector<Question> questions_;
  QString error_, holdError_;
  std::int64_t heldStep_ = -1;
  bool loading_ = false;
};

}  // namespace anchorscope
