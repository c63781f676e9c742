#pragma once
// What other methods, or other options of the run's own, would do with what is looked at: a few questions of
// each open run that are asked together, and the canvases that show their answers.

#include <QObject>
#include <QPointer>
#include <QString>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/trainer/run_config.h"
#include "widgets/source/evidence_source.h"

namespace anchorscope {

class LiveParameters;
class Workspace;

/// It speaks of the run that the active canvas looks at; another one's questions stay until it is closed.
/// Nothing of it touches the run, unless record() or apply() is called, which change the parameters of the
/// first run and do nothing with one beside it. GUI thread only.
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
  const std::optional<RunConfig>& run() const { return now().config; }
  /// Every method, and why it cannot be asked of this run's heads.
  std::vector<Choice> methods() const;
  const std::vector<Question>& questions() const { return now().questions; }
  /// Which of them the active canvas shows; -1: none.
  int shown() const;
  /// What is wrong with the questions together, or why weights could not be loaded; empty: nothing.
  const QString& error() const { return now().error.isEmpty() ? now().holdError : now().error; }

  /// One more, with the run's own options where it is the run's method, else with its defaults; the active
  /// canvas shows it when it is there.
  void add(const std::string& method);
  void remove(int index);
  /// An option of one, as text that parses.
  void change(int index, const std::string& option, const std::string& value);
  /// In the active canvas; -1: what the run itself did.
  void show(int index);
  /// The run's own and every question side by side, all of the active canvas' run.
  void showAll();
  /// The recorded step that is shown, where its weights can be loaded and are not; -1: none.
  std::int64_t holdable() const;
  /// Loads them: questions are then asked of what the heads say there.
  void hold();
  bool isLoading() const { return now().loading; }
  /// The recorded step whose weights are at hand; -1: none.
  std::int64_t heldStep() const { return now().heldStep; }
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
  /// What was asked of one run.
  struct OfRun {
    QPointer<EvidenceSource> source;  ///< Of another source it is another run.
    std::optional<RunConfig> config;
    std::vector<Question> questions;
    QString error, holdError;
    std::int64_t heldStep = -1;
    bool loading = false;
  };
  /// Of the active canvas' run; nothing of one that is not open.
  const OfRun& now() const;
  OfRun* find(const QString& run);
  bool isOfFirst() const;
  void refreshRuns();
  void readRun(const QString& run);
  static std::string textOf(const RunConfig& run, const Question& question);
  static std::string nameOf(const RunConfig& run, const Question& question);
  void ask(const QString& run);
  void onAnswer(const QString& run, const AskedAnswer& answer);
  void onHeld(const QString& run, const std::optional<Error>& why);

  Workspace& workspace_;
  LiveParameters& parameters_;
  std::map<QString, OfRun> runs_;  ///< Those that are open, by OpenRun::id.
};

}  // namespace anchorscope
