// Where the evidence of a workspace's canvases comes from: its runs, what is asked of them, and what arrives.
#include <QFileInfo>
#include <QScopedValueRollback>
#include <algorithm>
#include <utility>

#include "app/workspace/workspace.h"
#include "core/evidence/batch_name.h"
#include "core/store/run_reader.h"
#include "widgets/models/number_text.h"

namespace anchorscope {

EvidenceSource* Workspace::sourceOf(const QString& run) const {
  if (run.isEmpty()) return source_.get();
  for (const Beside& beside : beside_)
    if (beside.id == run) return beside.source.get();
  return nullptr;
}

std::vector<OpenRun> Workspace::runs() const {
  std::vector<OpenRun> out{
      {{},
       source_ && !source_->folder().isEmpty() ? QFileInfo(source_->folder()).fileName() : tr("this run"),
       source_.get()}};
  for (const Beside& beside : beside_)
    out.push_back({beside.id, beside.title, beside.source.get()});
  return out;
}

void Workspace::connectSource(EvidenceSource& source, const QString& run) {
  connect(&source, &EvidenceSource::momentArrived, this,
          [this, run](const Moment& moment) { onMoment(moment, run); });
  connect(&source, &EvidenceSource::momentMissing, this,
          [this, run](int view, std::int64_t step) { onMissing(view, step, run); });
  connect(&source, &EvidenceSource::described, this, [this, run] { emit runDescribed(run); });
  connect(&source, &EvidenceSource::held, this,
          [this, run](std::int64_t step, const std::optional<Error>& why) { emit stepHeld(run, step, why); });
  connect(&source, &EvidenceSource::asked, this,
          [this, run](const AskedAnswer& answer) { onAsked(answer, run); });
}

/// Where the active canvas looks at another run than it did.
void Workspace::tellSource() {
  if (source() != std::exchange(told_, source())) emit sourceChanged();
}

void Workspace::setSource(std::unique_ptr<EvidenceSource> source) {
  source_ = std::move(source);
  told_ = this->source();
  if (source_) {
    connectSource(*source_, {});
    connect(source_.get(), &EvidenceSource::opened, this, &Workspace::runsChanged);
    connect(source_.get(), &EvidenceSource::newestArrived, this, [this](const Newest& newest) {
      newest_ = newest;
      {
        // Each with the others' newest, once.
        const QScopedValueRollback refining(refining_, true);
        for (const auto& canvas : canvases_) {
          if (!canvas->time().followsLive() || !canvas->run().isEmpty()) continue;
          lookAtAwaited(*canvas, variantsOf(newest_, canvas->probeName()));
          showNewest(*canvas);
        }
      }
      compare();
    });
    // What is looked at is asked of this one.
    for (const auto& canvas : canvases_)
      fetch(*canvas);
  }
  emit sourceChanged();  // another one may lie where the one before did
  emit runsChanged();
}

QString Workspace::addBeside(const QString& title, std::unique_ptr<EvidenceSource> source) {
  const auto taken = [this](const QString& id) {
    return std::ranges::any_of(runs(), [&](const OpenRun& run) { return run.id == id || run.title == id; });
  };
  QString id = title;
  for (int i = 2; taken(id); ++i)
    id = tr("%1 (%2)").arg(title).arg(i);
  EvidenceSource& added = *source;
  beside_.push_back({id, id, std::move(source)});
  connectSource(added, id);
  connect(&added, &EvidenceSource::stepsChanged, this, [this, id] {
    for (const auto& canvas : canvases_)
      if (canvas->run() == id) fetch(*canvas);
  });
  // Canvases of a session may have waited for it.
  for (const auto& canvas : canvases_)
    if (canvas->run() == id) fetch(*canvas);
  tellSource();
  emit runsChanged();
  return id;
}

void Workspace::removeBeside(const QString& id) {
  const auto found = std::ranges::find_if(beside_, [&](const Beside& beside) { return beside.id == id; });
  if (found == beside_.end()) return;
  const std::unique_ptr<EvidenceSource> gone = std::move(found->source);
  beside_.erase(found);
  {
    const QScopedValueRollback quiet(quiet_, true);
    for (const auto& canvas : canvases_)
      if (canvas->run() == id) canvas->setRun({});
  }
  undo_.clear();  // what could be undone may name it
  tellSource();
  emit runsChanged();
}

void Workspace::beginRun() {
  newest_ = {};
  extraLayer_.clear();
  before_.reset();
  awaited_.clear();
  asksAgain_.clear();
  undo_.clear();
  link_.selection.select({});
  link_.selection.hover({});
  link_.readOut.removeAll();
  link_.brush.clear();
  const std::vector<Beside> gone = std::exchange(beside_, {});
  for (const auto& canvas : canvases_) {
    canvas->time().followLive();
    canvas->clear();
  }
  tellSource();
  if (!gone.empty()) emit runsChanged();
  emit begun();
}

void Workspace::ask(const QString& run, const QString& variants) {
  if (EvidenceSource* asked = sourceOf(run)) asked->ask(variants);
}

void Workspace::followVariant(const QString& run, const QString& from, const QString& to) {
  for (const auto& [canvas, view] : views_) {
    if (canvas->run() != run) continue;
    const auto waits = awaited_.find(view);
    if (waits != awaited_.end() ? waits->second == from : canvas->variant() == from) awaited_[view] = to;
  }
}

void Workspace::showVariantWhenThere(CanvasModel& canvas, const QString& variant) {
  awaited_[views_.at(&canvas)] = variant;
}

void Workspace::onAsked(const AskedAnswer& answer, const QString& run) {
  // Of recorded moments there is more to be seen now; what is measured comes by itself.
  if (answer.error)
    std::erase_if(awaited_, [&](const auto& waits) {
      const CanvasModel* canvas = canvasOf(waits.first);
      return !canvas || canvas->run() == run;
    });
  else
    for (const auto& canvas : canvases_) {
      const std::optional<std::int64_t> step = wantedStep(*canvas);
      EvidenceSource* source = sourceOf(*canvas);
      if (canvas->run() != run || !source || !step || *step < 0) continue;
      const int view = views_.at(canvas.get());
      const auto waits = awaited_.find(view);
      asksAgain_.insert(view);
      source->request(
          {*step, canvas->probeName(), waits == awaited_.end() ? canvas->variant() : waits->second, view});
    }
  emit asked(run, answer);
}

void Workspace::lookAtAwaited(CanvasModel& canvas, const std::vector<Variant>& there) {
  const auto waits = awaited_.find(views_.at(&canvas));
  if (waits == awaited_.end()) return;
  const QString name = waits->second;
  if (std::none_of(there.begin(), there.end(),
                   [&](const Variant& variant) { return QString::fromStdString(variant.name) == name; }))
    return;
  awaited_.erase(waits);
  const QScopedValueRollback quiet(quiet_, true), answered(answered_, true);
  canvas.setVariant(name);
}

void Workspace::pinAll(std::int64_t step) {
  for (const auto& canvas : canvases_)
    canvas->time().pin(step);
}

std::int64_t Workspace::goTo(const Place& place) {
  CanvasModel& canvas = *active_;
  const QString probe = place.probe.isEmpty() ? canvas.probeName() : place.probe;
  const QString present =
      canvas.evidence() ? QString::fromStdString(canvas.evidence()->stage.name) : QString();
  // Before the frame is there: it is selected by name.
  link_.selection.select(
      {probe, place.stage.isEmpty() ? present : place.stage, place.object, place.candidate});
  if (!place.stage.isEmpty() && canvas.frame())
    for (std::size_t i = 0; i < canvas.frame()->stages.size(); ++i)
      if (place.stage == QString::fromStdString(canvas.frame()->stages[i]->stage.name))
        canvas.setStage(static_cast<int>(i));
  canvas.setProbeName(probe);
  if (place.step >= 0 && source())
    if (const std::int64_t nearest = nearestRecordedStep(*source()->steps(), place.step); nearest >= 0)
      canvas.time().pin(nearest);
  return canvas.time().followsLive() ? -1 : canvas.time().step();
}

CanvasModel* Workspace::canvasOf(int view) const {
  for (const auto& [canvas, its] : views_)
    if (its == view) return canvas;
  return nullptr;
}

std::optional<std::int64_t> Workspace::wantedStep(const CanvasModel& canvas) const {
  const EvidenceSource* source = sourceOf(canvas);
  const bool live = canvas.time().followsLive(), first = canvas.run().isEmpty();
  if (live && first) return {};
  const std::int64_t step = canvas.time().step();
  // While one run is looked at its steps alone are gone to, and its newest need not be recorded.
  if (first && beside_.empty()) return step;
  if (!source) return -1;
  const std::vector<std::int64_t>& steps = *source->steps();
  if (steps.empty()) return -1;
  if (live) return steps.back();
  if (first && !newest_.probes.empty() && newest_.probes.front()->step == step) return step;
  const auto after = std::upper_bound(steps.begin(), steps.end(), step);
  return after == steps.begin() ? -1 : *(after - 1);
}

void Workspace::fetch(CanvasModel& canvas) {
  const auto view = views_.find(&canvas);
  if (view == views_.end() || answered_) return;  // it is about to go, or what it wants is at hand
  if (&canvas == active_) tellSource();
  TimeCursor& time = canvas.time();
  const std::optional<std::int64_t> step = wantedStep(canvas);
  EvidenceSource* source = sourceOf(canvas);
  const std::int64_t standsFor =
      step && !time.followsLive() && *step != time.step() ? time.step() : std::int64_t{-1};
  if (!step) {
    if (!newest_.probes.empty()) showNewest(canvas);
  } else if (canvas.shows(*step)) {
    time.settle();
    canvas.setStandsFor(standsFor);
  } else if (source && *step >= 0) {
    source->request({*step, canvas.probeName(), canvas.variant(), view->second});
  } else if (!canvas.run().isEmpty()) {
    canvas.showNothing(source ? tr("'%1' has recorded nothing up to step %2")
                                    .arg(canvas.run(), countText(std::max<std::int64_t>(0, time.step())))
                              : tr("'%1' is not open: File ▸ Open beside… opens it").arg(canvas.run()),
                       {});
  } else if (!beside_.empty() && source) {
    canvas.showNothing(tr("Nothing was recorded up to step %1").arg(countText(time.step())), {});
  }
}

void Workspace::showNewest(CanvasModel& canvas) {
  const auto own = frameOf(newest_, canvas.probeName(), {});
  if (own && !batchPlace(own->image->name).empty()) return canvas.showMoment(own, newest_.probes);
  const QString probe =
      own ? canvas.probeName() : QString::fromStdString(newest_.probes.front()->image->name);
  std::vector<Variant> variants = variantsOf(newest_, probe);
  if (canvas.variant().isEmpty() && !baseOf(canvas))
    canvas.showProbes(newest_.probes, std::move(variants));
  else if (auto frame = frameOf(newest_, probe, canvas.variant()))
    canvas.showMoment(prepared(canvas, std::move(frame)), newest_.probes, std::move(variants));
  else
    canvas.showNothing(
        tr("'%1' is not asked while training goes on: train.variants says what is").arg(canvas.variant()),
        newest_.probes, std::move(variants));
}

void Workspace::onMoment(const Moment& moment, const QString& run) {
  CanvasModel* canvas = canvasOf(moment.view);
  if (!canvas || canvas->run() != run) return;
  // Meanwhile something else may be looked at, or be there from elsewhere.
  const std::optional<std::int64_t> wanted = wantedStep(*canvas);
  const bool again = asksAgain_.erase(moment.view) > 0;
  if (!wanted || (canvas->shows(*wanted) && !again)) return;
  lookAtAwaited(*canvas, moment.variants);
  TimeCursor& time = canvas->time();
  if (moment.step == *wanted) time.settle();
  if (moment.frame)
    canvas->showMoment(prepared(*canvas, moment.frame), moment.probes, moment.variants);
  else
    canvas->showNothing(
        tr("Nothing of '%1' was recorded at step %2").arg(canvas->variant(), countText(moment.step)),
        moment.probes, moment.variants);
  const bool standsIn =
      moment.frame && moment.step == *wanted && !time.followsLive() && *wanted != time.step();
  canvas->setStandsFor(standsIn ? time.step() : -1);
}

/// What is shown stays, and its moment is looked at again.
void Workspace::onMissing(int view, std::int64_t step, const QString& run) {
  CanvasModel* canvas = canvasOf(view);
  if (!canvas || canvas->run() != run || wantedStep(*canvas) != step) return;
  // The moment of several runs does not follow one that lacks it.
  if (canvas->time().step() != step || canvas->time().followsLive() || !run.isEmpty()) {
    canvas->showNothing(tr("Step %1 of this run cannot be read").arg(countText(step)), {});
    return;
  }
  if (canvas->time().leftLive() && !newest_.probes.empty())
    canvas->time().followLive();
  else
    canvas->time().pin(canvas->time().settled());
  canvas->stayWithShown();
}

}  // namespace anchorscope
