#include "widgets/panels/findings_panel.h"

#include <QCoreApplication>
#include <QEvent>
#include <QPointer>
#include <algorithm>
#include <map>
#include <utility>

#include "app/workspace/findings_reader.h"
#include "app/workspace/panel.h"
#include "app/workspace/source_watch.h"
#include "app/workspace/workspace.h"
#include "core/store/run_reader.h"
#include "widgets/source/recorded_source.h"

namespace anchorscope {
namespace {

/// Has the run that is looked at looked through: by itself where it is a recorded one, when asked where it
/// trains, whose findings change with every step.
class FindingsOfRun : public QObject {
  Q_DECLARE_TR_FUNCTIONS(FindingsOfRun)

 public:
  FindingsOfRun(FindingsPanel& panel, const PanelContext& context)
      : QObject(&panel),
        panel_(panel),
        workspace_(context.workspace),
        reader_(FindingsReader::readFolder, this) {
    connect(&panel_, &FindingsPanel::lookWanted, this, &FindingsOfRun::look);
    connect(&panel_, &FindingsPanel::cancelWanted, this, [this] {
      reader_.cancel();
      panel_.endProgress();
      if (!panel_.hasReport()) panel_.clear(tr("It was given up."), true);
    });
    connect(&panel_, &FindingsPanel::objectWanted, this, &FindingsOfRun::goTo);
    connect(&reader_, &FindingsReader::progressed, &panel_, &FindingsPanel::setProgress);
    connect(&reader_, &FindingsReader::found, this, &FindingsOfRun::show);
    connect(&reader_, &FindingsReader::failed, this,
            [this](const Error& error) { panel_.showFailure(QString::fromStdString(error.text())); });
    panel_.installEventFilter(this);
    watchSource(workspace_, WatchedRun::kActive, this, [this](EvidenceSource* source) { watch(source); });
  }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::Show) lookByItself();
    return QObject::eventFilter(watched, event);
  }

 private:
  void watch(EvidenceSource* source) {
    reader_.cancel();
    source_ = source;
    panel_.clear(tr("Open a recorded run, or train one, to see what is wrong with it."), false);
    if (!source_) return;
    connect(source_, &EvidenceSource::opened, this, &FindingsOfRun::refresh);
    connect(source_, &EvidenceSource::stepsChanged, this, &FindingsOfRun::refresh);
    // Where canvases look at several runs, each is looked through once.
    std::erase_if(known_, [this](const auto& entry) {
      return std::ranges::none_of(workspace_.runs(), [&](const OpenRun& run) {
        return run.source && run.source->folder() == entry.first;
      });
    });
    if (const auto known = known_.find(source_->folder()); known != known_.end())
      show(known->second);
    else
      refresh();
  }

  void refresh() {
    const EvidenceSource* source = source_;
    if (!source) return;
    const auto moments = static_cast<std::int64_t>(source->steps() ? source->steps()->size() : 0);
    if (panel_.hasReport()) {
      panel_.setNewer(std::max<std::int64_t>(0, moments - found_.moments));
    } else if (!reader_.isReading()) {
      const bool recorded = !source->folder().isEmpty();
      panel_.clear(!recorded      ? tr("This run is not recorded: findings are read from what is.")
                   : moments == 0 ? tr("Nothing is recorded yet that could be looked through.")
                                  : tr("Looks through the recorded evidence and the data set as one would "
                                       "who has seen such things before, and says what is wrong."),
                   recorded && moments > 0);
    }
    lookByItself();
  }

  void lookByItself() {
    const EvidenceSource* source = source_;
    if (qobject_cast<const RecordedSource*>(source) && panel_.isVisible() && !panel_.hasReport() &&
        !reader_.isReading() && source->steps() && !source->steps()->empty())
      look();
  }

  void look() {
    if (const EvidenceSource* source = source_; source && !source->folder().isEmpty())
      reader_.start(source->folder());
  }

  void show(const FindingsReader::Found& found) {
    found_ = found;
    if (source_) known_[source_->folder()] = found;
    QSet<QString> images;
    for (const auto& [probe, steps] : found.probeSteps)
      images.insert(QString::fromStdString(probe));
    panel_.setShownImages(std::move(images));
    panel_.showReport(found.report, found.step);
    refresh();
  }

  /// At the step that is looked at, where the image was recorded then, else at the nearest at which it was.
  void goTo(const QString& image, int object) {
    Place place;
    place.probe = image;
    place.object = object;
    const TimeCursor& time = workspace_.active().time();
    const auto steps = found_.probeSteps.find(image.toStdString());
    const bool there = std::ranges::any_of(workspace_.active().probes(), [&](const auto& probe) {
      return QString::fromStdString(probe->image->name) == image;
    });
    if (!there && steps != found_.probeSteps.end())
      place.step = nearestRecordedStep(steps->second, time.followsLive() ? found_.step : time.step());
    workspace_.goTo(place);
  }

  FindingsPanel& panel_;
  Workspace& workspace_;
  FindingsReader reader_;
  FindingsReader::Found found_;
  std::map<QString, FindingsReader::Found> known_;  ///< By folder, of the runs that are open.
  QPointer<EvidenceSource> source_;
};

QWidget* make(const PanelContext& context) {
  auto* panel = new FindingsPanel;
  new FindingsOfRun(*panel, context);  // the panel's
  return panel;
}

}  // namespace

PanelSpec findingsPanel() {
  return {PanelSpec::Subject::kRuns,
          "findings",
          QT_TRANSLATE_NOOP("Panels", "Findings"),
          Qt::RightDockWidgetArea,
          "evaluation",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
