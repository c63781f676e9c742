#pragma once
// One run, live or recorded, and what becomes of it: starting, going on, stopping, the temporary recording of
// one that was given no folder, keeping it, and what is asked before anything is lost. It knows no widget.

#include <QObject>
#include <QString>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/run/run_questions.h"
#include "core/session/session.h"
#include "widgets/bridge/session_bridge.h"

namespace anchorscope {

class LeftoverList;
class Notifier;
class TemporaryRun;

/// At first, and after end(), it is no run. GUI thread only.
class RunController : public QObject {
  Q_OBJECT

 public:
  /// `notifier` and `leftovers` must outlive it.
  RunController(SessionFactory factory, Notifier& notifier, LeftoverList& leftovers, RunQuestions questions,
                QObject* parent = nullptr);
  /// Ends it without asking and waits for its thread, and for what is being moved.
  ~RunController() override;

  SessionBridge& bridge() { return bridge_; }
  const SessionBridge& bridge() const { return bridge_; }
  RunQuestions& questions() { return questions_; }
  /// How it asks before something is lost; a test answers itself.
  void setAsk(std::function<Answer(const Question&)> ask) { questions_.ask = std::move(ask); }

  // ---- what it is
  bool isLive() const { return bridge_.hasSession(); }  ///< Also when its training has ended.
  bool isRecorded() const { return recorded_; }         ///< Only looked at.
  bool isEnded() const;                                 ///< Nothing is being trained.
  /// Goes on with an earlier one, whose history belongs to it.
  bool isContinued() const { return continued_; }
  /// Records into a folder that goes with it unless it is kept.
  bool isTemporary() const { return temporary_ != nullptr; }
  bool canKeep() const { return isTemporary() && isEnded(); }
  /// Where it is recorded, or was; empty: nowhere.
  const QString& folder() const { return folder_; }
  /// What was asked for when it was started, without a temporary folder.
  const RunConfig& asked() const { return asked_; }
  /// The folder to go on from: it has ended or is looked at, and there is a checkpoint. Else empty.
  QString continuableFolder() const;

  // ---- what can be done; false when it was given up
  /// Trains; without a folder into a temporary one, so that it can be gone back in. The former run is ended,
  /// after asking.
  bool start(const RunConfig& config, SessionOptions options = {});
  /// Goes on training from the last checkpoint; asks until when where all its steps are done.
  bool goOn();
  /// The same for any folder, with what is to differ (SessionOptions::resumeSettings), from the checkpoint of
  /// this step; -1: from the newest.
  bool goOn(const QString& folder, std::vector<std::pair<std::string, std::string>> changes,
            std::int64_t step = -1);
  /// Whether it has a folder whose checkpoints it may be gone back to, also while it trains.
  bool canGoBack() const;
  /// Reads its checkpoints, asks to which of them to go back, in place or as a fork, and does it.
  void askBack(std::int64_t step, bool fork);
  /// Goes on from an earlier checkpoint; a run that trains is stopped first, with a checkpoint.
  void goBack(const GoBack& wanted);
  /// Asks for a recorded run to be looked at.
  void wantLook(const QString& folder) { emit lookWanted(folder); }
  /// It is now this recorded run, which is only looked at. One that was left behind is asked for when it is
  /// left, as any that was not kept.
  void lookAt(const QString& folder, std::int64_t lastStep);
  /// Moves the temporary folder to `target`, which must not exist, and looks at it there.
  void keep(const QString& target);
  /// The same for a recording that an earlier start has left behind, after asking where; it is not looked at.
  void keepLeftover(const QString& folder);
  /// Removes one, after asking.
  void discardLeftover(const QString& folder);
  /// Asks whether it may be ended, if that would lose something.
  bool confirmEnding();
  /// Asks whether training may be stopped, if it could not be gone on with.
  bool confirmStopping();
  /// Without asking.
  void end();
  /// An unkept recording stays for the next start when the program ends.
  void leaveBehind();

 signals:
  /// Another run begins, and nothing is left of the former one. `what` it is of, in a word.
  void beginning(const QString& what);
  void began();
  /// Whoever reads in the folder lets go of it: it is about to be moved or removed.
  void folderReleased();
  /// A recording is on its way, which may take a while.
  void moving();
  /// A recording is in this folder now, and nothing else has been begun since: it is to be looked at.
  void lookWanted(const QString& folder);
  void keptAside(const QString& folder);  ///< Something else is looked at meanwhile.

 private:
  void goBackNow(const GoBack& wanted);
  void forkNow(const GoBack& wanted);
  void offerBack(const Result<CheckpointList>& list, std::int64_t step, bool fork);
  bool hasTrained() const;
  void begin(const QString& what, bool continued);
  /// `look`: at it, once it is there; `own`: the run that this is, whose session may record into it.
  void move(std::shared_ptr<TemporaryRun> run, const QString& target, bool look, bool own);
  void onMoved(const std::shared_ptr<TemporaryRun>& run, const QString& target, bool look,
               const Status& status);

  SessionBridge bridge_;
  Notifier& notifier_;
  LeftoverList& leftovers_;
  RunQuestions questions_;
  std::shared_ptr<TemporaryRun> temporary_;
  std::vector<std::future<void>> moves_;  ///< Of folders that no session records into.
  std::future<void> reading_;             ///< Of checkpoints.
  std::optional<GoBack> goBack_;          ///< Once training has stopped.
  RunConfig asked_;
  QString folder_;
  std::int64_t recordedSteps_ = 0;  ///< Of the one that is looked at.
  bool recorded_ = false, continued_ = false;
  int runs_ = 0;  ///< Grows with each that begins or ends.
};

}  // namespace anchorscope
