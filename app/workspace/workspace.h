#pragma once
// What is looked at in the window, without a widget: where the evidence comes from, up to four canvases and
// what they have in common, and what can be undone of it. As JSON it is what a session keeps.

#include <QJsonArray>
#include <QJsonObject>
#include <QObject>
#include <QUndoStack>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "widgets/source/evidence_source.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {

/// A place to go to, as findings, tracks and searches name it.
struct Place {
  std::int64_t step = -1;  ///< -1: the moment that is looked at already.
  QString probe;           ///< Empty: the present one.
  QString stage = {};      ///< By name; empty: the present one.
  int object = -1;         ///< -1: none is selected, as of a candidate.
  std::int64_t candidate = -1;
};

/// Has every canvas show what it looks at: asks the source, and hands on what arrives. Undone and redone is
/// how canvases look at things: how many there are, variant, stage, layers, what is their own; not where one
/// has gone (image, step, selection, zoom). GUI thread only.
class Workspace : public QObject {
  Q_OBJECT

 public:
  explicit Workspace(QObject* parent = nullptr);
  ~Workspace() override;

  Selection& selection() { return link_.selection; }
  /// The canvases' common moment and part of the image.
  TimeCursor& time() { return link_.time; }
  Viewport& viewport() { return link_.viewport; }
  OnionSkin& onion() { return link_.onion; }
  QUndoStack& undoStack() { return undo_; }

  // ---- canvases
  static constexpr int kMostCanvases = 4;
  int canvasCount() const { return static_cast<int>(canvases_.size()); }
  CanvasModel& canvas(int index) { return *canvases_[static_cast<std::size_t>(index)]; }
  /// The one that panels tell of and keys work on.
  CanvasModel& active() { return *active_; }
  int activeIndex() const;
  /// The active one, or another where that shows nothing; null where none shows anything.
  const CanvasModel* shown() const;
  /// Of one of the canvases.
  void setActive(CanvasModel& canvas);
  /// 1 to kMostCanvases. New ones begin like the active one, which stays where some go.
  void setCanvasCount(int count);
  /// Whether all zoom and pan together; else each for itself.
  bool viewportsLinked() const { return viewportsLinked_; }
  void setViewportsLinked(bool linked);

  // ---- evidence
  /// Null: there is none, and what is shown stays.
  EvidenceSource* source() const { return source_.get(); }
  void setSource(std::unique_ptr<EvidenceSource> source);
  /// Another run: nothing is shown or selected, nothing can be undone, and all follow what comes.
  void beginRun();
  /// All canvases go to this step, those with one of their own as well.
  void pinAll(std::int64_t step);
  /// The active canvas goes there. Steps without evidence are not there to be gone to: the nearest one that
  /// has is, which is given back (-1: the newest of a run that trains).
  std::int64_t goTo(const Place& place);
  /// Asks the source (EvidenceSource::ask); asked() tells what came of it.
  void ask(const QString& variants);
  /// Canvases that look at one variant look at the other as soon as it is there, as an option of it is
  /// dragged: nobody's choice that could be undone.
  void followVariant(const QString& from, const QString& to);
  /// The canvas looks at it as soon as it is there.
  void showVariantWhenThere(CanvasModel& canvas, const QString& variant);
  /// A layer that all show once there is a frame, without being somebody's choice that could be undone.
  void showLayerWithNextFrame(const std::string& id) { extraLayer_ = id; }

  // ---- sessions
  QJsonObject save() const;
  /// One canvas with these layers, as LayerStack::save gives them.
  static QJsonObject sessionOf(const QJsonArray& layers);
  /// All of it but the sources, which `save` tells the folders of. kBadData, and nothing is changed, for what
  /// another version has written.
  Status restore(const QJsonObject& saved);

 signals:
  /// Another run is looked at, or none.
  void sourceChanged();
  /// What is known of its options, or one of them, has changed.
  void runDescribed();
  void asked(const anchorscope::AskedAnswer& answer);
  void stepHeld(std::int64_t step, const std::optional<anchorscope::Error>& why);
  /// Some came, went or changed their order. Those that are gone live until this returns.
  void canvasesChanged();
  void activeChanged();
  void viewportsLinkedChanged(bool linked);
  /// The active canvas has something else to show, is at another moment or another one, or one shows nothing.
  void shownChanged();

 private:
  friend class ViewChange;

  std::unique_ptr<CanvasModel> makeCanvas(int view);
  void fitLook(CanvasModel& canvas);
  void tellCanvases();
  void fetch(CanvasModel& canvas);
  void showNewest(CanvasModel& canvas);
  void onMoment(const Moment& moment);
  void onAsked(const AskedAnswer& answer);
  /// What it waits for is looked at now, if it is among these.
  void lookAtAwaited(CanvasModel& canvas, const std::vector<Variant>& there);
  void onMissing(int view, std::int64_t step);
  CanvasModel* canvasOf(int view) const;

  /// All canvases, and which they are. What can be undone of it is all but where they have gone.
  QJsonObject arrangement() const;
  static QJsonObject withoutPlaces(QJsonObject arrangement);
  void arrange(const QJsonObject& arrangement);
  void beginChange();
  void endChange();

  ViewLink link_;
  std::vector<std::unique_ptr<CanvasModel>> canvases_;
  std::map<CanvasModel*, int> views_;  ///< Who a canvas is where it asks the source.
  CanvasModel* active_ = nullptr;
  bool viewportsLinked_ = true;
  std::unique_ptr<EvidenceSource> source_;
  Newest newest_;  ///< Of the run that trains.
  std::string extraLayer_;
  std::map<int, QString> awaited_;  ///< By view, the variant that it will look at.
  std::set<int> asksAgain_;         ///< Views that are to show what they show anew.
  QUndoStack undo_;
  std::optional<QJsonObject> before_;  ///< While something is being changed.
  bool quiet_ = false;                 ///< What changes now is nobody's choice.
  bool answered_ = false;              ///< What is looked at now is there already.
  int lastView_ = 0;
};

}  // namespace anchorscope
