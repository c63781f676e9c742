// The probes' objects of the moment that is looked at, each of which can be gone to.

#include <QHash>
#include <QTimer>

#include "app/workspace/panel.h"
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
    connect(&workspace_, &Workspace::sourceChanged, this, [this] {
      read_.clear();
      if (EvidenceSource* source = workspace_.source())
        connect(source, &EvidenceSource::momentArrived, this, &AllObjects::take);
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

  static bool isWhole(const ProbeFrame& frame) { return !frame.stages.back()->channels.empty(); }

  void refresh() {
    const CanvasModel& canvas = workspace_.active();
    std::vector<std::shared_ptr<const StageEvidence>> images;
    int missing = 0, view = kFirstView;
    for (const auto& probe : canvas.probes()) {
      ++view;
      std::shared_ptr<const ProbeFrame> frame = probe;
      const QString name = QString::fromStdString(probe->image->name);
      if (!isWhole(*frame))
        if (const auto known = read_.value(name); known && known->step == frame->step) frame = known;
      if (isWhole(*frame)) {
        images.push_back(frame->stages.back());
        continue;
      }
      ++missing;
      if (workspace_.source()) workspace_.source()->request({frame->step, name, {}, view});
    }
    view_->show(images, missing);
  }

  void take(const Moment& moment) {
    if (moment.view <= kFirstView || !moment.frame) return;
    read_.insert(QString::fromStdString(moment.frame->image->name), moment.frame);
    if (view_->isVisible() && !timer_.isActive()) timer_.start();
  }

  Workspace& workspace_;
  AllObjectsView* view_;
  QTimer timer_;
  QHash<QString, std::shared_ptr<const ProbeFrame>> read_;  ///< By image, of the step asked for last.
};

}  // namespace

QWidget* makeAllObjectsPanel(const PanelContext& context) {
  auto* view = new AllObjectsView;
  new AllObjects(context.workspace, view);  // the view's
  return view;
}

}  // namespace anchorscope
