// The probes' objects of the moment that is looked at, each of which can be gone to.

#include <QHash>
#include <QTimer>
#include <utility>

#include "app/workspace/panel.h"
#include "app/workspace/source_watch.h"
#include "app/workspace/workspace.h"
#include "widgets/panels/all_objects_view.h"

namespace anchorscope {

namespace {

/// Asks the source for the probes that the canvas has only as thumbnails.
class AllObjects : public QObject {
 public:
  AllObjects(Workspace& workspace, AllObjectsView* view) : QObject(view), workspace_(workspace), view_(view) {
    // A run that trains tells more often than anybody reads.
    timer_.setSingleShot(true);
    timer_.setInterval(250);
    connect(&timer_, &QTimer::timeout, this, &AllObjects::refresh);
    const auto soon = [this] {
      if (view_->isVisible() && !timer_.isActive()) timer_.start();
    };
    connect(&workspace_, &Workspace::shownChanged, this, soon);
    connect(view_, &AllObjectsView::shown, this, &AllObjects::refresh);
    watchSource(workspace_, WatchedRun::kActive, this, [this](EvidenceSource* source) {
      step_ = -1;
      asked_.clear();
      if (!source) return;
      connect(source, &EvidenceSource::momentArrived, this, &AllObjects::take);
      connect(source, &EvidenceSource::momentMissing, this,
              [this](int asker, std::int64_t step) { end(asker, step, nullptr); });
    });
    connect(view_, &AllObjectsView::objectWanted, this,
            [this](const QString& image, const QString& stage, int object) {
              Place place;
              place.probe = image;
              place.stage = stage;
              place.object = object;
              workspace_.goTo(place);
            });
  }

 private:
  static constexpr int kFirstView = 1 << 20;  ///< Beyond those of canvases.

  struct Asked {
    int view = 0;
    bool isAnswered = false;
    std::shared_ptr<const ProbeFrame> frame;  ///< Null: not answered, or it cannot be read.
  };

  static bool isWhole(const ProbeFrame& frame) { return !frame.stages.back()->channels.empty(); }

  void refresh() {
    const CanvasModel& canvas = workspace_.active();
    std::vector<std::shared_ptr<const StageEvidence>> images;
    int missing = 0;
    for (const auto& probe : canvas.probes()) {
      if (isWhole(*probe)) {
        images.push_back(probe->stages.back());
        continue;
      }
      const Asked& asked = ask(probe->step, QString::fromStdString(probe->image->name));
      if (asked.frame) images.push_back(asked.frame->stages.back());
      missing += asked.isAnswered ? 0 : 1;
    }
    view_->show(images, missing);
  }

  /// Once, whatever comes of it.
  const Asked& ask(std::int64_t step, const QString& image) {
    if (step != std::exchange(step_, step)) asked_.clear();
    if (const auto known = asked_.constFind(image); known != asked_.constEnd()) return *known;
    Asked& asked = asked_[image];
    asked.view = kFirstView + static_cast<int>(asked_.size());
    if (EvidenceSource* source = workspace_.source()) source->request({step, image, {}, asked.view});
    return asked;
  }

  void take(const Moment& moment) { end(moment.view, moment.step, moment.frame); }

  /// Of an image that cannot be read another one's frame is told.
  void end(int view, std::int64_t step, const std::shared_ptr<const ProbeFrame>& frame) {
    if (step != step_) return;
    for (auto asked = asked_.begin(); asked != asked_.end(); ++asked) {
      if (asked->view != view) continue;
      asked->isAnswered = true;
      if (frame && QString::fromStdString(frame->image->name) == asked.key()) asked->frame = frame;
      if (view_->isVisible() && !timer_.isActive()) timer_.start();
    }
  }

  Workspace& workspace_;
  AllObjectsView* view_;
  QTimer timer_;
  std::int64_t step_ = -1;
  QHash<QString, Asked> asked_;  ///< By image, of that step.
};

QWidget* make(const PanelContext& context) {
  auto* view = new AllObjectsView;
  new AllObjects(context.workspace, view);  // the view's
  return view;
}

}  // namespace

PanelSpec allObjectsPanel() {
  return {PanelSpec::Subject::kImage,
          "objects",
          QT_TRANSLATE_NOOP("Panels", "Objects of all probes"),
          Qt::RightDockWidgetArea,
          "inspector",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
