#include "widgets/source/reader_thread.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <utility>

#include "core/session/frozen_step.h"
#include "core/session/journal.h"
#include "core/store/run_folder.h"
#include "core/store/run_track.h"
#include "core/trainer/frame_variants.h"
#include "widgets/source/frame_cache.h"
#include "widgets/source/recorded_scalars.h"

namespace anchorscope {
namespace {

using Frame = std::shared_ptr<const ProbeFrame>;

/// Threads whose owners are gone. The end of the program waits for them, nobody else does.
class Ending {
 public:
  static void add(std::future<void> thread) {
    static Ending ending;
    const std::lock_guard lock(ending.mutex_);
    std::erase_if(ending.threads_, [](const std::future<void>& other) {
      return other.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    ending.threads_.push_back(std::move(thread));
  }

 private:
  std::mutex mutex_;
  std::list<std::future<void>> threads_;
};

}  // namespace

class ReaderThread::Work {
 public:
  struct Wanted {
    int view = 0;
    FrameKey key;
  };

  Work(std::string folder, ReaderOptions options, ReaderReports reports)
      : folder_(std::move(folder)),
        options_(std::move(options)),
        reports_(std::move(reports)),
        cache_(options_.cacheBytes) {}

  void start(std::shared_ptr<Work> self) {
    thread_ = std::async(std::launch::async, [self = std::move(self)] { self->run(); });
  }
  /// Nothing is told after this.
  void end() {
    {
      const std::lock_guard lock(telling_);
      ended_ = true;
    }
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    woken_.notify_one();
    Ending::add(std::move(thread_));
  }
  void request(Wanted wanted) {
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(wanted_, [&](const Wanted& other) { return other.view == wanted.view; });
      wanted_.push_back(std::move(wanted));
      ++asked_;
    }
    woken_.notify_one();
  }
  void refresh() {
    {
      const std::lock_guard lock(mutex_);
      refresh_ = true;
      ++asked_;
    }
    woken_.notify_one();
  }
  void ask(const QString& variants) {
    {
      const std::lock_guard lock(mutex_);
      question_ = variants;
      ++asked_;
    }
    woken_.notify_one();
  }
  void hold(std::int64_t step) {
    {
      const std::lock_guard lock(mutex_);
      toHold_ = step;
      ++asked_;
    }
    woken_.notify_one();
  }
  void tellSeries() {
    {
      const std::lock_guard lock(mutex_);
      series_ = true;
      ++asked_;
    }
    woken_.notify_one();
  }
  void follow(std::optional<TrackQuery> query) {
    {
      const std::lock_guard lock(mutex_);
      toFollow_ = std::move(query);
      follow_ = true;
      ++asked_;
    }
    woken_.notify_one();
  }

 private:
  template <typename Report, typename... Values>
  void tell(const Report& report, Values... values) {
    const std::lock_guard lock(telling_);
    if (!ended_ && report) report(std::move(values)...);
  }

  void run() {
    if (!open()) return;
    while (true) {
      std::optional<Wanted> wanted;
      std::optional<TrackQuery> toFollow;
      std::optional<QString> question;
      std::optional<std::int64_t> toHold;
      bool refresh = false, series = false, follow = false;
      {
        std::unique_lock lock(mutex_);
        if (!hasMore_)
          woken_.wait(lock, [&] {
            return stop_ || !wanted_.empty() || question_ || toHold_ || refresh_ || series_ || follow_;
          });
        if (stop_) return;
        // Before what is to be looked at with it.
        toHold = std::exchange(toHold_, std::nullopt);
        if (!toHold) question = std::exchange(question_, std::nullopt);
        if (!toHold && !question && !wanted_.empty()) {
          wanted = std::move(wanted_.front());
          wanted_.pop_front();
        }
        if (!toHold && !question && !wanted) refresh = std::exchange(refresh_, false);
        series = std::exchange(series_, false);
        follow = std::exchange(follow_, false);
        if (follow) toFollow = std::exchange(toFollow_, std::nullopt);
        seen_ = asked_;
      }
      if (series) {
        eventsToTell_ = true;
        scalars_.emplace(*reader_, options_.firstScalars);
      }
      if (follow) {
        track_.reset();
        if (toFollow) track_.emplace(*reader_, *std::move(toFollow));
        trackTold_ = {};
      }
      hasMore_ = true;
      if (toHold)
        takeWeights(*toHold);
      else if (question)
        consider(*question);
      else if (wanted)
        answer(*wanted);
      else if (refresh)
        look();
      else if (hasMore_ = goOn(); !hasMore_)
        tell(reports_.rested, seen_);
      if (std::vector<std::string> problems = reader_->takeProblems(); !problems.empty())
        tell(reports_.problems, std::move(problems));
    }
  }

  bool open() {
    auto opened = openRun(folder_, LostRows::kLookLater);
    if (!opened) {
      tell(reports_.cannotOpen, opened.error());
      return false;
    }
    reader_ = *std::move(opened);
    RunOutline outline = this->outline();
    outline.header = reader_->header();
    tell(reports_.opened, std::move(outline));
    return true;
  }

  RunOutline outline() const {
    RunOutline out;
    out.lastStep = reader_->lastStep();
    out.steps = reader_->recordedSteps();
    out.frames = reader_->frameCount();
    for (const std::string& path : listCheckpoints(folder_))
      out.checkpoints.push_back(checkpointStep(path));
    return out;
  }

  void look() {
    const RecordedSteps steps = reader_->recordedSteps();
    const std::int64_t lastStep = reader_->lastStep();
    if (const Status status = reader_->refresh(); !status) {
      tell(reports_.failed, status.error());
      return;
    }
    if (reader_->recordedSteps() == steps && reader_->lastStep() == lastStep) return;
    if (reader_->lastStep() < lastStep)
      cache_.clear();  // another program goes on with it from an earlier step
    if (track_) track_->lookAgain();
    if (!ofBoxes_.empty())
      if (const Status read = readChanges(); !read) tell(reports_.failed, read.error());
    tell(reports_.refreshed, outline());
  }

  void takeWeights(std::int64_t step) {
    frozen_.reset();  // the memory of one is enough
    answers_.clear();
    auto frozen = FrozenStep::open(folder_, step, reader_->probeNames());
    if (frozen) frozen_ = *std::move(frozen);
    tell(reports_.held, step, frozen ? std::nullopt : std::optional(frozen.error()));
    consider(considered_);
  }

  void consider(const QString& variants) {
    AskedAnswer out;
    out.variants = considered_ = variants;
    const std::string text = variants.toStdString();
    const Status read = readChanges();
    const auto asks = read ? makeAsks(text, reader_->lastStep()) : read.error();
    if (!asks) {
      out.error = asks.error();
      return tell(reports_.asked, std::move(out));
    }
    ofBoxes_ = text;
    asks_.clear();
    for (const FrameVariants::Refused& refused : (*asks)->refused())
      out.refused.emplace_back(refused.variant.name, refused.why);
    if (frozen_) {
      answers_.clear();
      auto frames = frozen_->ask(variants.toStdString());
      if (frames) {
        out.heldStep = frozen_->step();
        for (const Frame& frame : *frames)
          if (frame->variant) answers_.push_back(frame);
      } else {
        out.error = frames.error();
      }
    }
    tell(reports_.asked, std::move(out));
  }

  /// What is asked is asked with the options that the run had at each step.
  Status readChanges() {
    auto journal = journalOf(*reader_);
    if (!journal) return std::move(journal).error();
    if (!journal_ || journal_->changes != journal->changes) asks_.clear();
    journal_ = *std::move(journal);
    return {};
  }

  Result<std::unique_ptr<FrameVariants>> makeAsks(const std::string& text, std::int64_t step) const {
    auto config = journal_->configOfEvidence(step);
    if (!config) return std::move(config).error();
    return FrameVariants::make(*std::move(config), text);
  }

  /// Null: nothing is asked, or it cannot be asked with the options of this step.
  FrameVariants* asksAt(std::int64_t step) {
    if (ofBoxes_.empty()) return nullptr;
    const auto before = std::count_if(journal_->changes.begin(), journal_->changes.end(),
                                      [&](const ParameterChange& change) { return change.step < step; });
    const auto [its, isNew] = asks_.try_emplace(before);
    if (isNew)
      if (auto asks = makeAsks(ofBoxes_, step)) its->second = *std::move(asks);
    return its->second.get();
  }

  /// What is asked of the step, beside what was recorded.
  std::vector<Variant> askedAt(const FrameKey& key) {
    if (!frozen_ || frozen_->step() != key.step) {
      const FrameVariants* asks = asksAt(key.step);
      return asks ? asks->variants() : std::vector<Variant>();
    }
    std::vector<Variant> out;
    for (const Frame& answer : answers_)
      if (answer->image->name == key.probe) out.push_back(*answer->variant);
    return out;
  }

  bool isAsked(const FrameKey& key) {
    const std::vector<Variant> asked = askedAt(key);
    return std::any_of(asked.begin(), asked.end(), [&](const Variant& v) { return v.name == key.variant; });
  }

  Result<Frame> answerTo(const FrameKey& key) {
    if (frozen_ && frozen_->step() == key.step)
      for (const Frame& answer : answers_)
        if (answer->image->name == key.probe && answer->variant->name == key.variant) return answer;
    const Result<Frame> own = whole({key.probe, key.step});
    return own ? asksAt(key.step)->ask(*own, key.variant) : own;
  }

  Result<Frame> whole(const FrameKey& key) {
    if (Frame known = cache_.find(key)) return known;
    if (!key.variant.empty() && isAsked(key)) {
      const auto recorded = reader_->variants(key.probe, key.step);
      if (recorded && std::none_of(recorded->begin(), recorded->end(),
                                   [&](const Variant& v) { return v.name == key.variant; }))
        return answerTo(key);
    }
    Result<Frame> frame = reader_->frame(key.probe, key.step, key.variant);
    if (frame) cache_.put(key, *frame);
    return frame;
  }

  std::vector<Variant> variantsOf(const FrameKey& key) {
    auto variants = reader_->variants(key.probe, key.step);
    if (variants) {
      for (Variant& asked : askedAt(key))
        if (std::none_of(variants->begin(), variants->end(),
                         [&](const Variant& v) { return v.name == asked.name; }))
          variants->push_back(std::move(asked));
      return *std::move(variants);
    }
    tell(reports_.failed, variants.error());
    return {};
  }

  void answer(const Wanted& wanted) {
    const std::int64_t step = wanted.key.step;
    const std::vector<std::string> probes = reader_->probesAt(step);
    std::vector<std::string> order = probes;
    std::stable_partition(order.begin(), order.end(),
                          [&](const std::string& probe) { return probe == wanted.key.probe; });
    Moment moment;
    moment.step = step;
    moment.view = wanted.view;
    FrameKey shown;
    bool found = false;
    for (const std::string& probe : order) {
      shown = {probe, step, wanted.key.variant};
      moment.variants = variantsOf(shown);
      // Another variant in its place would be mistaken for it; another probe is seen to be one.
      if (!shown.variant.empty() && std::none_of(moment.variants.begin(), moment.variants.end(),
                                                 [&](const Variant& v) { return v.name == shown.variant; })) {
        found = true;
        break;
      }
      Result<Frame> frame = whole(shown);
      if (frame) {
        moment.frame = *std::move(frame);
        found = true;
        break;
      }
      tell(reports_.failed, frame.error());
    }
    if (!found) {
      tell(reports_.missing, wanted.view, step);
      return;
    }
    for (const std::string& probe : probes) {
      if (probe == shown.probe && moment.frame && shown.variant.empty()) {
        moment.probes.push_back(moment.frame);
      } else if (Frame known = cache_.find({probe, step})) {
        moment.probes.push_back(std::move(known));
      } else if (auto summary = reader_->summary(probe, step)) {
        moment.probes.push_back(*std::move(summary));
      } else {
        tell(reports_.failed, summary.error());
      }
    }
    tell(reports_.moment, std::move(moment));
    expect({wanted.view, std::move(shown)}, probes);
  }

  /// What is probably looked at next: the steps around it, and the other probes.
  void expect(const Wanted& shown, const std::vector<std::string>& probes) {
    const std::int64_t step = shown.key.step;
    std::erase_if(ahead_, [&](const Wanted& other) { return other.view == shown.view; });
    const RecordedSteps steps = reader_->recordedSteps();
    const auto here = std::lower_bound(steps->begin(), steps->end(), step) - steps->begin();
    const auto add = [&](std::ptrdiff_t index) {
      if (index >= 0 && index < static_cast<std::ptrdiff_t>(steps->size()))
        ahead_.push_back(
            {shown.view, {shown.key.probe, (*steps)[static_cast<std::size_t>(index)], shown.key.variant}});
    };
    std::int64_t& before = before_.try_emplace(shown.view, -1).first->second;
    const int towards = step < before ? -1 : 1;
    before = step;
    for (int distance = 1; distance <= options_.neighbours; ++distance) {
      add(here + towards * distance);
      if (distance == 1)
        for (const std::string& probe : probes)
          if (probe != shown.key.probe) ahead_.push_back({shown.view, {probe, step, shown.key.variant}});
    }
    for (int distance = 1; distance <= options_.neighbours; ++distance)
      add(here - towards * distance);
  }

  /// One small part of what nobody waits for; false when there is none left.
  bool goOn() {
    if (std::exchange(eventsToTell_, false)) {
      if (auto events = reader_->events())
        tell(reports_.events, *std::move(events));
      else
        tell(reports_.failed, events.error());
      return true;
    }
    if (scalars_) {
      ScalarParts parts;
      std::vector<Error> errors;
      const bool more = scalars_->read(options_.valuesAtOnce, parts, errors);
      for (const Error& error : errors)
        tell(reports_.failed, error);
      tell(reports_.scalars, std::move(parts), !more);
      if (!more) scalars_.reset();
      return true;
    }
    while (!ahead_.empty()) {
      const Wanted next = std::move(ahead_.front());
      ahead_.pop_front();
      if (cache_.holds(next.key) || isAsked(next.key)) continue;
      // What is damaged is told when it is looked at, and not every probe is there at every step.
      if (const auto frame = reader_->frame(next.key.probe, next.key.step, next.key.variant))
        cache_.put(next.key, *frame);
      return true;
    }
    if (track_ && track_->done() < track_->moments()) {
      followOn();
      return true;
    }
    return reader_->lookForLostRows();
  }

  /// One more moment of what is followed. It is told now and then, as each time all of it is copied.
  void followOn() {
    constexpr std::chrono::milliseconds kBetween(200);
    const Result<bool> more = track_->readNext();
    TrackNews news{track_->query(), {}, track_->done(), track_->moments()};
    if (!more) {
      news.error = more.error();
      track_.reset();
      tell(reports_.track, std::move(news));
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (track_->done() < track_->moments() && now - trackTold_ < kBetween) return;
    trackTold_ = now;
    news.track = track_->track();
    news.leftOut = track_->problems();
    tell(reports_.track, std::move(news));
  }

  const std::string folder_;
  const ReaderOptions options_;
  const ReaderReports reports_;
  std::future<void> thread_;

  std::mutex telling_;  // so that nothing is told any more once end() has returned
  bool ended_ = false;

  std::mutex mutex_;
  std::condition_variable woken_;
  bool stop_ = false, refresh_ = false, series_ = false, follow_ = false;
  std::optional<TrackQuery> toFollow_;  // with follow_
  std::optional<QString> question_;
  std::optional<std::int64_t> toHold_;
  std::deque<Wanted> wanted_;  // at most one of each view, the one that waits longest first
  std::int64_t asked_ = 0;

  // ---- the thread's own
  std::shared_ptr<RunReader> reader_;
  std::string ofBoxes_;             // what is asked of them, so far as it can be
  std::optional<Journal> journal_;  // once something was asked
  // By how many of the journal's entries hold at a step.
  std::map<std::ptrdiff_t, std::unique_ptr<FrameVariants>> asks_;
  std::unique_ptr<FrozenStep> frozen_;
  std::vector<Frame> answers_;  // of all probes at the frozen step
  QString considered_;
  FrameCache cache_;
  std::optional<RecordedScalars> scalars_;
  std::optional<TrackReader> track_;  // what is followed
  std::chrono::steady_clock::time_point trackTold_;
  std::deque<Wanted> ahead_;
  std::map<int, std::int64_t> before_;  // the step each view was last shown
  std::int64_t seen_ = 0;
  bool hasMore_ = true, eventsToTell_ = false;
};

ReaderThread::ReaderThread(std::string folder, ReaderOptions options, ReaderReports reports)
    : work_(std::make_shared<Work>(std::move(folder), std::move(options), std::move(reports))) {
  work_->start(work_);
}

ReaderThread::~ReaderThread() {
  work_->end();
}

void ReaderThread::request(const MomentQuery& query) {
  ++asked_;
  work_->request({query.view, {query.probe.toStdString(), query.step, query.variant.toStdString()}});
}

void ReaderThread::refresh() {
  ++asked_;
  work_->refresh();
}

void ReaderThread::follow(const std::optional<TrackQuery>& query) {
  ++asked_;
  work_->follow(query);
}

void ReaderThread::ask(const QString& variants) {
  ++asked_;
  work_->ask(variants);
}

void ReaderThread::hold(std::int64_t step) {
  ++asked_;
  work_->hold(step);
}

void ReaderThread::tellSeries() {
  ++asked_;
  work_->tellSeries();
}

}  // namespace anchorscope
