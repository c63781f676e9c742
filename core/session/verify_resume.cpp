#include "core/session/verify_resume.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/session/journal.h"
#include "core/session/resume.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/trainer/checkpoint.h"
#include "core/trainer/trainer.h"
#include "core/trainer/version.h"

namespace anchorscope {
namespace {
namespace fs = std::filesystem;

/// Steps before the second interruption: enough for the optimizer to have a state of its own making.
constexpr std::int64_t kStepsBeforeInterruption = 10;

/// Of what both have by the same name every bit.
void compareStates(std::int64_t step, const std::vector<NamedTensor>& expected,
                   const std::vector<NamedTensor>& got, CourseComparison& out) {
  out.stateStep = step;
  const auto differs = [&](const std::string& name, double a, double b) { out.differs({step, name, a, b}); };
  if (expected.size() != got.size())
    differs("number of tensors", static_cast<double>(expected.size()), static_cast<double>(got.size()));
  std::unordered_map<std::string, at::Tensor> byName;
  for (const NamedTensor& entry : got)
    byName.emplace(entry.name, entry.tensor);
  for (const NamedTensor& entry : expected) {
    const auto found = byName.find(entry.name);
    if (found == byName.end()) {
      differs(entry.name, static_cast<double>(entry.tensor.numel()), 0);
      continue;
    }
    ++out.tensors;
    const at::Tensor &a = entry.tensor, &b = found->second;
    if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) {
      differs(entry.name, static_cast<double>(a.numel()), static_cast<double>(b.numel()));
      continue;
    }
    // As bytes: a NaN is the same as itself.
    if (a.numel() == 0) continue;
    const auto bytes = [](const at::Tensor& tensor) { return tensor.contiguous().view(-1).view(at::kByte); };
    const at::Tensor unequal = bytes(a).ne(bytes(b));
    if (!unequal.any().item<bool>()) continue;
    const std::int64_t element = unequal.nonzero()[0].item<std::int64_t>() / a.element_size();
    differs(entry.name, a.reshape(-1)[element].to(at::kDouble).item<double>(),
            b.reshape(-1)[element].to(at::kDouble).item<double>());
  }
}

/// A file that goes with its owner.
class TemporaryCheckpoint {
 public:
  static Result<TemporaryCheckpoint> make() {
    std::error_code code;
    std::string folder = (fs::temp_directory_path(code) / "anchorscope-verify-XXXXXX").string();
    if (code || !::mkdtemp(folder.data()))
      return makeError(ErrorCode::kIo, concat("Cannot make a temporary folder '", folder, "'"),
                       "Set TMPDIR to a folder that may be written");
    return TemporaryCheckpoint(folder);
  }
  TemporaryCheckpoint(TemporaryCheckpoint&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  TemporaryCheckpoint& operator=(TemporaryCheckpoint&&) = delete;
  ~TemporaryCheckpoint() {
    std::error_code code;
    if (!folder_.empty()) fs::remove_all(folder_, code);
  }
  std::string path() const { return (fs::path(folder_) / "interrupted.ckpt").string(); }

 private:
  explicit TemporaryCheckpoint(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

class Verification {
 public:
  Verification(const VerifyResumeOptions& options, RunReader& run) : options_(options), run_(run) {}

  Result<ResumeVerification> make() {
    if (options_.steps < 1) return makeError(ErrorCode::kUsage, "The number of steps must be at least 1");
    auto changes = run_.changes();
    if (!changes) return std::move(changes).error();
    changes_ = *std::move(changes);
    recorded_ = run_.lastStep();
    auto point = findResumePoint(options_.folder, options_.from >= 0 ? options_.from : chooseStep());
    if (!point) return std::move(point).error();
    for (const std::string& report : point->damageReports)
      note(concat("passed over: ", report));
    for (const std::string& report : point->journalReports)
      note(report);
    out_.checkpoint = point->checkpoint;
    out_.step = point->facts.step;
    ANCHORSCOPE_TRY(readCourse());
    return goOn(*point);
  }

 private:
  void note(std::string text) { out_.notes.push_back(std::move(text)); }

  /// Until where the run's own course can be followed from this step: to where it went on with something that
  /// a run which trains cannot take.
  std::int64_t reachFrom(std::int64_t step) const {
    std::int64_t last = recorded_;
    for (const ParameterChange& change : changes_)
      if (change.step > step && !isLive(change)) last = std::min(last, change.step);
    return last;
  }
  bool isLive(const ParameterChange& change) const {
    return change.key.starts_with("method.") ||
           (change.key.starts_with("train.") && isLiveOption(RunConfig(), change.key));
  }

  /// The newest checkpoint from which all steps are recorded, or as many as there are; -1: the newest.
  std::int64_t chooseStep() const {
    std::int64_t best = -1, most = 0;
    for (const std::string& path : listCheckpoints(options_.folder)) {
      const std::int64_t step = checkpointStep(path);
      const std::int64_t covered = std::min(options_.steps, reachFrom(step) - step);
      if (covered > 0 && covered >= most) {
        best = step;
        most = covered;
      }
    }
    return best;
  }

  Status readCourse() {
    const std::int64_t last = std::min(reachFrom(out_.step), out_.step + options_.steps);
    if (last <= out_.step) return {};
    for (const std::string& name : run_.scalarNames()) {
      if (name.starts_with("eval.")) continue;
      auto series = run_.scalarFrom(name, out_.step + 1, static_cast<std::size_t>(last - out_.step));
      if (!series) return std::move(series).error();
      while (!series->steps.empty() && series->steps.back() > last) {
        series->steps.pop_back();
        series->values.pop_back();
      }
      record_[name] = *std::move(series);
    }
    for (const std::string& problem : run_.takeProblems())
      note(problem);
    return {};
  }

  Result<std::unique_ptr<Trainer>> prepare(const RunConfig& config, const std::string& checkpoint) {
    PrepareOptions prepare;
    prepare.progress = options_.progress;
    prepare.checkpoint = checkpoint;
    return Trainer::prepare(config, prepare);
  }

  /// Makes the changes of the journal that hold from the next step on.
  Status makeChanges(Trainer& trainer) {
    for (const ParameterChange& change : changes_)
      if (change.step == trainer.stepsDone() && change.step > out_.step && isLive(change))
        ANCHORSCOPE_TRY(trainer.setParam(change.key, change.after));
    return {};
  }

  /// To a step. Adds what is measured to the course.
  Status train(Trainer& trainer, std::int64_t last, const std::string& what, Course& course) {
    const std::int64_t first = trainer.stepsDone();
    while (trainer.stepsDone() < last) {
      if (options_.progress && !options_.progress(what, static_cast<double>(trainer.stepsDone() - first) /
                                                            static_cast<double>(last - first)))
        return makeError(ErrorCode::kCancelled, "Stopped");
      ANCHORSCOPE_TRY(makeChanges(trainer));
      ANCHORSCOPE_TRY(trainer.step());
      for (StepReport& report : trainer.takeReports(/*all=*/trainer.stepsDone() == last))
        for (const ScalarValue& scalar : report.scalars) {
          course[scalar.name].steps.push_back(report.step);
          course[scalar.name].values.push_back(scalar.value);
        }
    }
    return {};
  }

  Result<ResumeVerification> goOn(ResumePoint& point) {
    // All cores but one is another number on another machine.
    const bool otherThreads = std::any_of(
        point.changes.begin(), point.changes.end(),
        [&](const auto& change) { return change.step == out_.step && change.key == "train.threads"; });
    if (!otherThreads)
      ANCHORSCOPE_TRY(point.config.train.setValue("threads", ParamValue(std::int64_t{point.facts.threads})));
    auto temporary = TemporaryCheckpoint::make();
    if (!temporary) return std::move(temporary).error();
    const std::int64_t interruption = out_.step + kStepsBeforeInterruption,
                       end = interruption + options_.steps;
    std::vector<NamedTensor> expectedState;
    RunConfig config;
    Course straight, again;
    {
      auto trainer = prepare(point.config, point.checkpoint);
      if (!trainer) return std::move(trainer).error();
      describe(**trainer, point);
      const std::string what = concat("Going on from step ", out_.step);
      CourseComparison withRecord = comparisonWithRecord();
      const auto goTo = [&](std::int64_t step) -> Status {
        ANCHORSCOPE_TRY(train(**trainer, std::min(step, recordedState_.facts.step), what, straight));
        compareRecordedState(**trainer, withRecord);
        return train(**trainer, step, what, straight);
      };
      ANCHORSCOPE_TRY(goTo(interruption));
      ANCHORSCOPE_TRY(makeChanges(**trainer));
      ANCHORSCOPE_TRY((*trainer)->saveCheckpoint(temporary->path(), Overwrite::kYes));
      config = (*trainer)->config();
      ANCHORSCOPE_TRY(goTo(end));
      expectedState = (*trainer)->copyState().tensors;
      if (out_.recordedSteps > 0) {
        withRecord.compare(record_, straight);
        out_.comparisons.push_back(std::move(withRecord));
      }
    }
    auto trainer = prepare(config, temporary->path());
    if (!trainer) return std::move(trainer).error();
    ANCHORSCOPE_TRY(train(**trainer, end, concat("Once more from step ", interruption), again));
    CourseComparison comparison;
    comparison.expected = concat("trained on from step ", out_.step, " without a break");
    comparison.got = concat("interrupted at step ", interruption, " and gone on with from a checkpoint");
    comparison.firstStep = interruption + 1;
    comparison.lastStep = end;
    comparison.compare(straight, again);
    compareStates(end, expectedState, (*trainer)->copyState().tensors, comparison);
    out_.comparisons.push_back(std::move(comparison));
    return std::move(out_);
  }

  /// Of the steps that the run recorded, and with the newest checkpoint that it wrote meanwhile.
  CourseComparison comparisonWithRecord() {
    for (const auto& [name, series] : record_)
      out_.recordedSteps = std::max(out_.recordedSteps, static_cast<std::int64_t>(series.steps.size()));
    CourseComparison comparison;
    comparison.expected = "what the run recorded";
    comparison.got = concat("trained on from the checkpoint of step ", out_.step);
    comparison.firstStep = out_.step + 1;
    comparison.lastStep = out_.step + out_.recordedSteps;
    const std::vector<std::string> paths = listCheckpoints(options_.folder);
    for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
      const std::int64_t step = checkpointStep(*path);
      if (step <= out_.step || step > comparison.lastStep) continue;
      if (auto checkpoint = readCheckpoint(*path); checkpoint && checkpoint->facts.step == step) {
        recordedState_ = *std::move(checkpoint);
        break;
      }
    }
    if (out_.recordedSteps == 0)
      note(concat("The run recorded nothing after step ", out_.step,
                  " that could be compared: the same steps were trained twice instead"));
    else if (out_.recordedSteps < options_.steps)
      note(concat("The run recorded only ", counted(out_.recordedSteps, "step"), " after step ", out_.step,
                  " that can be compared"));
    return comparison;
  }

  void compareRecordedState(Trainer& trainer, CourseComparison& comparison) {
    if (recordedState_.tensors.empty() || trainer.stepsDone() != recordedState_.facts.step) return;
    compareStates(trainer.stepsDone(), recordedState_.tensors, trainer.copyState().tensors, comparison);
    recordedState_.tensors.clear();
  }

  /// What makes another course likely, before it is trained.
  void describe(Trainer& trainer, const ResumePoint& point) {
    out_.device = trainer.deviceName();
    out_.threads = trainer.threads();
    const RunHeader& header = run_.header();
    if (header.programVersion != kProgramVersion)
      note(concat("The run was recorded by version ", header.programVersion, " of the program, this is ",
                  kProgramVersion));
    if (header.firstConfigToml.empty())
      note(
          "The run was begun by a version that kept no journal: options that were changed while it trained "
          "are not changed here");
    if (!trainer.dataChange().empty()) note(trainer.dataChange());
    if (trainer.deviceName() != point.facts.device) {
      note(concat("The checkpoint was written on ", point.facts.device, ", this is ", trainer.deviceName(),
                  ": the bits of another device are not to be expected, so what the run recorded was not "
                  "compared"));
      record_.clear();
    } else if (trainer.deviceName() != "cpu" && !trainer.config().train.getBool("deterministic")) {
      note("On a GPU, without train.deterministic, two trainings may differ in their last bits");
    }
    if (trainer.threads() != point.facts.threads)
      note(concat("The checkpoint was trained with ", counted(point.facts.threads, "thread"), ", here are ",
                  trainer.threads(), ": results depend on it"));
    if (const std::int64_t reach = reachFrom(out_.step);
        reach < std::min(recorded_, out_.step + options_.steps))
      note(concat(
          "At step ", reach,
          " the run went on with options that only a run which goes on can take: what it recorded later "
          "was not compared"));
  }

  const VerifyResumeOptions& options_;
  RunReader& run_;
  ResumeVerification out_;
  std::vector<ParameterChange> changes_;
  std::int64_t recorded_ = -1;
  Course record_;
  Checkpoint recordedState_;  ///< Step 0: there is none.
};

}  // namespace

bool ResumeVerification::identical() const {
  return !comparisons.empty() &&
         std::all_of(comparisons.begin(), comparisons.end(), [](const auto& one) { return one.identical(); });
}

Result<ResumeVerification> verifyResume(const VerifyResumeOptions& options) {
  auto run = openRun(options.folder, LostRows::kLookLater);
  if (!run) return std::move(run).error();
  return Verification(options, **run).make();
}

}  // namespace anchorscope
