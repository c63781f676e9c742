#pragma once
// What one canvas looks at and shows: which probe, stage and variant, at which moment, with which layers. Its
// views and panels change it through its setters and react to its signals; they do not know each other.

#include <QObject>
#include <QString>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/evidence/frame.h"
#include "widgets/state/brush.h"
#include "widgets/state/onion_skin.h"
#include "widgets/state/read_out.h"
#include "widgets/state/selection.h"
#include "widgets/state/time_cursor.h"
#include "widgets/state/viewport.h"

class QJsonObject;

namespace anchorscope {

class LayerStack;

/// What the canvases of a window have in common: all of them the selection, what is brushed and what is read
/// off, moment and part of the image unless they have their own.
struct ViewLink {
  Selection selection;
  Brush brush;
  ReadOut readOut;
  TimeCursor time;
  Viewport viewport;
  OnionSkin onion;
};

using ProbeFrames = std::vector<std::shared_ptr<const ProbeFrame>>;

/// GUI thread only.
class CanvasModel : public QObject {
  Q_OBJECT

 public:
  /// The link must outlive it.
  explicit CanvasModel(ViewLink& link, QObject* parent = nullptr);
  ~CanvasModel() override;

  // ---- what is looked at
  /// Empty: the run that is open; else one that is open beside it, by its name there.
  const QString& run() const { return run_; }
  const QString& probeName() const { return probeName_; }
  /// Empty: the run's own evidence; else the name of what was recorded beside it.
  const QString& variant() const { return variant_; }
  /// Its place among the frame's stages. Kept where frames that have fewer are shown meanwhile.
  int stage() const { return stage_; }
  TimeCursor& time() { return ownTime_ ? *ownTime_ : link_.time; }
  const TimeCursor& time() const { return ownTime_ ? *ownTime_ : link_.time; }
  bool hasOwnTime() const { return ownTime_ != nullptr; }
  Viewport& viewport() { return ownViewport_ ? *ownViewport_ : link_.viewport; }
  bool hasOwnViewport() const { return ownViewport_ != nullptr; }
  ReadOut& readOut() { return link_.readOut; }
  LayerStack& layers() { return *layers_; }
  const LayerStack& layers() const { return *layers_; }

  void setRun(const QString& run);
  void setProbeName(const QString& name);
  void setVariant(const QString& name);
  /// Candidates of the stage before are not selected any more.
  void setStage(int stage);
  /// From here on a moment (a part of the image) of its own, which begins as the common one; or the common
  /// one again.
  void setOwnTime(bool own);
  void setOwnViewport(bool own);

  // ---- what is shown
  /// Live or recorded. Null before the first, and where there is none.
  const std::shared_ptr<const ProbeFrame>& frame() const { return frame_; }
  /// Of the frame the stage that is looked at; null without a frame.
  const std::shared_ptr<const StageEvidence>& evidence() const { return evidence_; }
  /// Every probe's frame of the same moment, for the thumbnails.
  const ProbeFrames& probes() const { return probes_; }
  /// What was recorded beside the frame.
  const std::vector<Variant>& variants() const { return variants_; }
  /// Why there is no frame, for people; empty before the first.
  const QString& whyNothing() const { return whyNothing_; }
  /// The frame is of the moment, probe and variant that are looked at.
  bool isSettled() const;
  /// The same of this step instead of the moment that is looked at.
  bool shows(std::int64_t step) const;
  /// The step that was looked at where the run lacks it, and what is shown is its last one before; else -1.
  std::int64_t standsFor() const { return standsFor_; }
  void setStandsFor(std::int64_t step);
  /// What is to be said of what is shown (why it is not compared with another canvas'); empty: nothing.
  const QString& note() const { return note_; }
  void setNote(const QString& note);
  /// The same frame with more in it.
  void refine(std::shared_ptr<const ProbeFrame> frame) { show(std::move(frame)); }

  /// All probes of one moment, whole. The one that is looked at is shown, or the first where that is not
  /// among them.
  void showProbes(ProbeFrames probes, std::vector<Variant> variants = {});
  /// A recorded moment: its frame is shown, whose probe becomes the one that is looked at, and the others are
  /// good enough for thumbnails alone. Choosing one of them changes the name; whoever has its frame shows it.
  void showMoment(std::shared_ptr<const ProbeFrame> frame, ProbeFrames probes,
                  std::vector<Variant> variants = {});
  /// There is no frame of what is looked at; what else there is of the moment stays to be chosen.
  void showNothing(const QString& why, ProbeFrames probes, std::vector<Variant> variants = {});
  void clear();
  /// What is shown is what is looked at, whatever was wanted.
  void stayWithShown();
  /// Looks at and shows the same as another canvas, with its layers.
  void becomeLike(const CanvasModel& other);

  // ---- what is selected of what is shown; -1: nothing
  int selectedObject() const { return selectedObject_; }
  std::int64_t selectedAnchor() const { return selectedAnchor_; }
  std::int64_t hoveredAnchor() const { return hoveredAnchor_; }
  void selectObject(int object);  ///< Also clears the anchor when it belongs to no row of the object.
  void selectAnchor(std::int64_t anchor);  ///< Keeps the object, or takes the most relevant one.
  void selectPair(int object, std::int64_t anchor);
  void setHoveredAnchor(std::int64_t anchor);
  /// Of the onion skin what belongs around what is shown.
  std::vector<TrailBox> trail() const;

  // ---- what is brushed of what is shown
  /// Null where nothing is, or this stage lacks what the condition names.
  const std::shared_ptr<const CandidateSubset>& subset() const { return subset_; }
  /// Empty where the brush speaks of another stage or image.
  const CandidateCondition& brushCondition() const;
  bool brushHidesOthers() const { return link_.brush.hidesOthers(); }
  /// Of this stage, and of this image alone where the condition names an object. An empty one clears it.
  void brush(const CandidateCondition& condition);
  void setBrushHidesOthers(bool hides) { link_.brush.setHidesOthers(hides); }

  /// All but what is common to the canvases, and back; what is unknown or no value is left as it is.
  QJsonObject save() const;
  void restore(const QJsonObject& saved);

 signals:
  /// Before somebody changes how this canvas looks at things (variant, stage, layers, what is its own).
  void aboutToChange();
  void wanted();        ///< Another frame is looked at than is shown: probe, variant or moment.
  void frameChanged();  ///< Also when another stage of it is looked at, or there is none any more.
  void layersMade();    ///< Of the first frame, before frameChanged().
  void probesChanged();
  void probeNameChanged(const QString& name);
  void selectionChanged();
  void hoverChanged();
  void noteChanged();   ///< standsFor() or note()
  void trailChanged();  ///< Not with each frame, which has another one.
  void brushChanged();  ///< The subset, by whoever brushes; not when a frame brings another.
  void timeChanged();
  void viewportChanged();

 private:
  void watchTime(TimeCursor& time);
  void watchViewport(Viewport& viewport);
  void showCurrentProbe();
  std::shared_ptr<const StageEvidence> shownStage() const;
  void show(std::shared_ptr<const ProbeFrame> frame);
  void present();
  void refreshSelection();
  void refreshHover();
  void refreshSubset();
  Selected named(int object, std::int64_t candidate) const;
  int objects() const;
  std::int64_t candidates() const;

  ViewLink& link_;
  std::unique_ptr<TimeCursor> ownTime_;
  std::unique_ptr<Viewport> ownViewport_;
  std::unique_ptr<LayerStack> layers_;
  QString run_, shownRun_;  ///< shownRun_: whose frame is shown.
  std::int64_t standsFor_ = -1;
  QString probeName_, variant_, whyNothing_, note_;
  int stage_ = 0;
  std::shared_ptr<const ProbeFrame> frame_;
  std::shared_ptr<const StageEvidence> evidence_;
  ProbeFrames probes_;
  std::vector<Variant> variants_;
  bool wholeProbes_ = true;
  std::shared_ptr<const CandidateSubset> subset_;
  int selectedObject_ = -1;
  std::int64_t selectedAnchor_ = -1, hoveredAnchor_ = -1;
};

}  // namespace anchorscope
