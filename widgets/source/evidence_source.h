#pragma once
// Where evidence comes from, whether it is being measured or was recorded: views ask for moments of a run and
// are told them later, so that nothing on the GUI thread waits for a disk.

#include <QObject>
#include <QString>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/store/run_track.h"
#include "core/store/run_types.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// What somebody wants to look at.
struct MomentQuery {
  std::int64_t step = -1;
  QString probe;
  QString variant = {};  ///< Empty: the run's own evidence.
  int view = 0;          ///< Who asks: each view has one question that waits.
};

/// What there is to look at of one step.
struct Moment {
  std::int64_t step = -1;
  int view = 0;  ///< Who asked.
  /// Of the probe that was asked for, or of the first at this step where that one is not there. Null: the
  /// variant that was asked for is not among `variants`.
  std::shared_ptr<const ProbeFrame> frame;
  /// What was recorded beside the run's own frame of this probe.
  std::vector<Variant> variants;
  /// Of every probe at this step, in the run's order: `frame` itself, of the others at least what thumbnails
  /// tell (RunReader::summary).
  std::vector<std::shared_ptr<const ProbeFrame>> probes;
};

/// What there is of a run that trains.
struct Newest {
  std::vector<std::shared_ptr<const ProbeFrame>> probes;    ///< The run's own, in its order.
  std::vector<std::shared_ptr<const ProbeFrame>> variants;  ///< Of any probe.
  /// Of the images of the training batch, called by their batchName().
  std::vector<std::shared_ptr<const ProbeFrame>> batch = {};
};
/// The run's own frame of a probe, or with a name that variant's beside it; of an image of a batch that is
/// not there any more the one in its place; null where there is none.
std::shared_ptr<const ProbeFrame> frameOf(const Newest& newest, const QString& probe, const QString& variant);
/// What was asked of a probe.
std::vector<Variant> variantsOf(const Newest& newest, const QString& probe);

/// How far a candidate or object has been followed through what is recorded.
struct TrackNews {
  TrackQuery query;
  Track track;
  std::size_t done = 0, moments = 0;
  std::vector<std::string> leftOut = {};  ///< Of each moment that could not be read why.
  std::optional<Error> error = {};        ///< It cannot be followed; `track` is empty.
};

/// What became of a question (EvidenceSource::ask).
struct AskedAnswer {
  QString variants = {};                                    ///< What was asked.
  std::vector<std::pair<std::string, Error>> refused = {};  ///< Those of them that cannot be asked, by name.
  /// The recorded step at which none is refused, since its weights are at hand (holdStep); -1: none.
  std::int64_t heldStep = -1;
  std::optional<Error> error = {};  ///< Nothing of it can be asked; what was before is.
};

/// Values of scalars, in the order in which they are to be appended; steps of one scalar do not fall.
using ScalarParts = std::vector<std::pair<std::string, ScalarSeries>>;

/// GUI thread only; no member waits.
class EvidenceSource : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  /// Empty until opened().
  virtual const EvidenceDeclaration& declaration() const = 0;
  /// What the run is made of, with its present options; nothing until it is known. described() tells of
  /// another.
  virtual std::optional<RunConfig> config() const = 0;
  /// What the run is, as its recording tells it; empty until opened().
  virtual const RunHeader& header() const;
  /// With evidence that can be asked for; changes with stepsChanged().
  virtual const RecordedSteps& steps() const = 0;
  /// Asks for what there is at one of steps(). A newer request takes the place of the same view's that waits;
  /// one that is being answered already is told all the same, so that what is dragged over is seen.
  virtual void request(const MomentQuery& query) = 0;
  /// Asks for what is recorded of a candidate or object, in the place of what was followed before. It is told
  /// bit by bit, after everything that is asked for, and what is recorded later follows. Nothing: no more.
  virtual void follow(const std::optional<TrackQuery>& query) = 0;
  /// What if: from now on moments have these variants, written as train.variants is, beside what was
  /// recorded. asked() tells what came of it; another question takes the place of one that waits.
  virtual void ask(const QString& variants) = 0;
  /// Recorded steps whose weights there are, ascending.
  virtual std::vector<std::int64_t> checkpoints() const = 0;
  /// Loads the weights of one of checkpoints(), so that questions about that step are asked of what the heads
  /// say. held() tells when they are there; one step is held at a time.
  virtual void holdStep(std::int64_t step) = 0;
  /// Where it is recorded; empty: nowhere.
  virtual QString folder() const = 0;

 signals:
  void opened();
  void described();
  void asked(const anchorscope::AskedAnswer& answer);
  /// The weights of the step are there, or why not. An answer to what was asked last follows.
  void held(std::int64_t step, const std::optional<anchorscope::Error>& why);
  void stepsChanged();
  void momentArrived(const anchorscope::Moment& moment);
  /// Nothing can be shown of this step; told by problemsFound already or by failed.
  void momentMissing(int view, std::int64_t step);
  void trackArrived(const anchorscope::TrackNews& news);
  /// Every probe as it is measured now, of a run that trains, and what variants say of the same outputs.
  void newestArrived(const anchorscope::Newest& newest);
  /// `complete`: all that was recorded has been told; what comes after is new.
  void scalarsArrived(const anchorscope::ScalarParts& parts, bool complete);
  void eventsArrived(const std::vector<anchorscope::RunEvent>& events);
  /// Records that were left out, a sentence each.
  void problemsFound(const std::vector<std::string>& problems);
  void failed(const anchorscope::Error& error);
};

}  // namespace anchorscope
