#include <QCoreApplication>
#include <QEvent>
#include <QFileDialog>
#include <QPointer>
#include <optional>
#include <utility>

#include "app/workspace/panel.h"
#include "app/workspace/source_watch.h"
#include "app/workspace/workspace.h"
#include "core/base/atomic_file.h"
#include "core/store/run_track.h"
#include "widgets/models/candidate_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/overlays/overlay_painter.h"
#include "widgets/plot/track_view.h"

namespace anchorscope {
namespace {

/// Has the source follow what is selected on the active canvas, or what is pinned, while somebody looks.
class TrackOfSelection : public QObject {
  Q_DECLARE_TR_FUNCTIONS(TrackOfSelection)

 public:
  TrackOfSelection(TrackView& view, const PanelContext& context)
      : QObject(&view), view_(view), workspace_(context.workspace), notifier_(context.notifier) {
    connect(&workspace_, &Workspace::activeChanged, this, &TrackOfSelection::watchCanvas);
    connect(&workspace_, &Workspace::shownChanged, this, [this] {
      const TimeCursor& time = workspace_.active().time();
      view_.setCurrentStep(time.followsLive() ? -1 : time.step());
    });
    connect(&workspace_.onion(), &OnionSkin::changed, this,
            [this] { view_.setOnion(workspace_.onion().isOn(), workspace_.onion().reach()); });
    connect(&view_, &TrackView::onionToggled, this, [this](bool on) {
      workspace_.onion().setOn(on);
      refresh();
    });
    connect(&view_, &TrackView::onionReachChanged, this,
            [this](int reach) { workspace_.onion().setReach(reach); });
    connect(&view_, &TrackView::stepWanted, this,
            [this](std::int64_t step) { workspace_.active().time().pin(step); });
    connect(&view_, &TrackView::pinToggled, this, &TrackOfSelection::refresh);
    connect(&view_, &TrackView::exportWanted, this, &TrackOfSelection::writeCsv);
    view_.installEventFilter(this);
    view_.setOnion(workspace_.onion().isOn(), workspace_.onion().reach());
    watchSource(workspace_, WatchedRun::kActive, this, [this](EvidenceSource* source) { meet(source); });
    watchCanvas();
  }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::Show || event->type() == QEvent::Hide)
      // Hidden it is hidden when the event has been dealt with.
      QMetaObject::invokeMethod(this, &TrackOfSelection::refresh, Qt::QueuedConnection);
    return QObject::eventFilter(watched, event);
  }

 private:
  void meet(EvidenceSource* source) {
    if (source_ && followed_) source_->follow(std::nullopt);
    followed_.reset();
    view_.setPinned(false);
    workspace_.onion().clearBoxes();
    source_ = source;
    run_ = workspace_.active().run();
    if (source_) {
      connect(source_, &EvidenceSource::trackArrived, this, &TrackOfSelection::show);
      connect(source_, &EvidenceSource::opened, this, &TrackOfSelection::refresh);
    }
    refresh();
  }

  void watchCanvas() {
    if (canvas_) canvas_->disconnect(this);
    canvas_ = &workspace_.active();
    connect(canvas_, &CanvasModel::selectionChanged, this, &TrackOfSelection::refresh);
    connect(canvas_, &CanvasModel::frameChanged, this, &TrackOfSelection::refresh);
    refresh();
  }

  /// What is selected, by its names in what was recorded.
  std::optional<TrackQuery> selected() const {
    const CanvasModel& canvas = workspace_.active();
    if (!canvas.evidence() || (canvas.selectedObject() < 0 && canvas.selectedAnchor() < 0)) return {};
    return TrackQuery{canvas.frame()->image->name,
                      canvas.variant().toStdString(),
                      {canvas.evidence()->stage.name, canvas.selectedAnchor(), canvas.selectedObject()}};
  }

  static QString titleOf(const StageEvidence& evidence, const TrackSubject& subject) {
    QStringList parts{QString::fromStdString(evidence.image->name)};
    if (subject.candidate >= 0)
      parts << candidateTitle(evidence, static_cast<std::size_t>(subject.candidate));
    if (subject.object >= 0)
      parts << tr("object %1 %2")
                   .arg(subject.object)
                   .arg(className(
                       evidence,
                       evidence.image->objects[static_cast<std::size_t>(subject.object)].classIndex));
    return parts.join(QStringLiteral(" · "));
  }

  void refresh() {
    EvidenceSource* source = source_;
    const bool looked = view_.isVisible() || workspace_.onion().isOn();
    if (view_.isPinned() && followed_ && source && looked) return;
    std::optional<TrackQuery> wanted = looked && source ? selected() : std::nullopt;
    if (!wanted) {
      const bool nobody = looked && source && !followed_;
      if (followed_ && source) source->follow(std::nullopt);
      if (followed_ || nobody || !source) {
        view_.clear(
            tr("Select an anchor or an object in the image to follow it through every recorded "
               "step: its score, IoU, rank and weights, by whom it was chosen, and how steadily."));
        workspace_.onion().clearBoxes();
      }
      followed_.reset();
      return;
    }
    if (followed_ == wanted) return;
    followed_ = wanted;
    workspace_.onion().clearBoxes();
    view_.begin(titleOf(*workspace_.active().evidence(), wanted->subject));
    if (source->folder().isEmpty())
      view_.clear(tr("This run is not recorded: what is followed is read from what is."));
    else
      source->follow(wanted);
  }

  void show(const TrackNews& news) {
    if (!followed_ || !(news.query == *followed_)) return;
    if (news.error) {
      view_.clear(QString::fromStdString(news.error->text()));
      return;
    }
    view_.showTrack(news.track, news.done, news.moments, news.leftOut);
    workspace_.onion().setBoxes(run_, QString::fromStdString(news.query.probe),
                                QString::fromStdString(news.track.subject.stage), news.track.steps,
                                news.track.boxesInInput);
  }

  void writeCsv() {
    const QString path =
        QFileDialog::getSaveFileName(&view_, tr("Write the track"), tr("track.csv"), tr("Tables (*.csv)"));
    if (path.isEmpty()) return;
    // The dialog has asked.
    const Status written = writeFileAtomically(path.toStdString(), trackCsv(view_.track()), Overwrite::kYes);
    if (!written)
      notifier_.tell(messageOf(written.error()));
    else
      notifier_.mention(tr("Wrote %1.").arg(path));
  }

  TrackView& view_;
  Workspace& workspace_;
  Notifier& notifier_;
  CanvasModel* canvas_ = nullptr;
  QPointer<EvidenceSource> source_;  ///< Whose run is followed,
  QString run_;                      ///< and what canvases call it.
  std::optional<TrackQuery> followed_;
};

QWidget* make(const PanelContext& context) {
  auto* view = new TrackView;
  view->setProperty("tellsOfSelection", true);
  new TrackOfSelection(*view, context);  // the view's
  return view;
}

}  // namespace

PanelSpec trackPanel() {
  return {PanelSpec::Subject::kImage,
          "track",
          QT_TRANSLATE_NOOP("Panels", "Track"),
          Qt::RightDockWidgetArea,
          "findings",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
