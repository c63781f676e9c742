#include "app/workspace/beside_runs.h"

#include <QDir>
#include <QFileInfo>
#include <algorithm>
#include <utility>

#include "app/workspace/workspace.h"
#include "core/base/param.h"
#include "widgets/notify/notifier.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

BesideRuns::BesideRuns(Workspace& workspace, CurvesView& curves, Notifier& notifier, QObject* parent)
    : QObject(parent), workspace_(workspace), curves_(curves), notifier_(notifier) {
  connect(&workspace_, &Workspace::runsChanged, this, &BesideRuns::forget);
  connect(&workspace_, &Workspace::begun, this, &BesideRuns::giveUp);
}

BesideRuns::~BesideRuns() = default;

void BesideRuns::open(const QString& folder, const QString& name) {
  const QString path = QDir(folder).absolutePath();
  const auto note = [this](const QString& text) {
    notifier_.tell({MessageKind::kNote, text, {}, MessageScope::kRun});
  };
  for (const OpenRun& run : workspace_.runs())
    if (run.source && QDir(run.source->folder()).absolutePath() == path && !run.source->folder().isEmpty())
      return note(tr("'%1' is open already: choose it above a canvas.").arg(folder));
  if (std::ranges::any_of(opening_, [&](const Opening& each) { return each.source->folder() == path; }))
    return;
  if (workspace_.runs().size() + opening_.size() > kMost)
    return note(
        tr("%1 runs are open beside this one, and no more can be told apart: close one first.").arg(kMost));
  notifier_.mention(tr("Opening %1…").arg(folder));
  opening_.push_back(
      {name.isEmpty() ? QFileInfo(path).fileName() : name, std::make_unique<RecordedSource>(path)});
  RecordedSource* source = opening_.back().source.get();
  connect(source, &EvidenceSource::opened, this, [this, source] { add(source); });
  connect(source, &RecordedSource::cannotOpen, this, [this, source](const Error& error) {
    notifier_.mention({});
    notifier_.tell(messageOf(error));
    for (Opening& each : opening_)
      if (each.source.get() == source) each.source.release()->deleteLater();
    std::erase_if(opening_, [](const Opening& each) { return !each.source; });
  });
}

void BesideRuns::giveUp() {
  if (opening_.empty()) return;
  opening_.clear();
  notifier_.mention({});
}

void BesideRuns::add(RecordedSource* opened) {
  notifier_.mention({});
  const auto at =
      std::ranges::find_if(opening_, [&](const auto& each) { return each.source.get() == opened; });
  auto [called, source] = std::move(*at);
  opening_.erase(at);
  const auto tell = [this](const QString& text) {
    notifier_.tell({MessageKind::kWarning, text, {}, MessageScope::kRun});
  };
  if (opened->steps()->empty())
    tell(tr("'%1' holds no evidence: its curves alone are shown.").arg(opened->folder()));
  const QString run = workspace_.addBeside(called, std::move(source));
  shown_ << run;
  ScalarStore& scalars = curves_.addBeside(run);
  connect(opened, &EvidenceSource::scalarsArrived, this, [this, &scalars](const ScalarParts& parts) {
    for (const auto& [name, series] : parts)
      scalars.append(name, series);
    curves_.historyChanged();
  });
  connect(opened, &EvidenceSource::failed, this,
          [this](const Error& error) { notifier_.tell(messageOf(error, MessageScope::kRun)); });
  connect(opened, &EvidenceSource::problemsFound, this,
          [tell, run](const std::vector<std::string>& problems) {
            if (!problems.empty()) tell(tr("%1: %2").arg(run, QString::fromStdString(join(problems, "; "))));
          });
  opened->tellSeries();
  if (CanvasModel* place = placeFor(run)) place->setRun(run);
  emit this->opened(run);
}

/// Beside what is looked at, on a canvas that shows nothing of its own yet if there is one; null: some canvas
/// looks at it already.
CanvasModel* BesideRuns::placeFor(const QString& run) {
  for (int i = 0; i < workspace_.canvasCount(); ++i)
    if (workspace_.canvas(i).run() == run) return nullptr;
  if (workspace_.canvasCount() == 1) workspace_.setCanvasCount(2);
  for (int i = 0; i < workspace_.canvasCount(); ++i)
    if (CanvasModel& canvas = workspace_.canvas(i);
        &canvas != &workspace_.active() && canvas.run() == workspace_.active().run())
      return &canvas;
  return &workspace_.canvas((workspace_.activeIndex() + 1) % workspace_.canvasCount());
}

QString BesideRuns::active() const {
  return workspace_.active().run();
}

void BesideRuns::close(const QString& run) {
  workspace_.removeBeside(run);
}

/// Curves go with their run, whoever closed it.
void BesideRuns::forget() {
  const std::vector<OpenRun> runs = workspace_.runs();
  for (const QString& run : QStringList(shown_))
    if (std::ranges::none_of(runs, [&](const OpenRun& open) { return open.id == run; })) {
      curves_.removeBeside(run);
      shown_.removeAll(run);
    }
}

}  // namespace anchorscope
