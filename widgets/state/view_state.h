#pragma once
// What the window looks at: one shared object that every panel is given and none owns. Panels change it
// through its setters and react to its signals; they do not know each other.

#include <QObject>
#include <QString>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

class LayerStack;

/// GUI thread only.
class ViewState : public QObject {
  Q_OBJECT

 public:
  explicit ViewState(QObject* parent = nullptr);
  ~ViewState() override;

  /// The frame on the canvas: live or recorded. Null before the first.
  const std::shared_ptr<const ProbeFrame>& frame() const { return frame_; }
  /// Of the frame the stage that is looked at; null without a frame.
  const std::shared_ptr<const StageEvidence>& evidence() const { return evidence_; }
  /// Its place among the frame's stages. Kept where frames that have fewer are shown meanwhile.
  int stage() const { return stage_; }
  /// Every probe's newest frame, for the thumbnails.
  const std::vector<std::shared_ptr<const ProbeFrame>>& probes() const { return probes_; }
  QString probeName() const { return probeName_; }
  int selectedObject() const { return selectedObject_; }           ///< -1: none
  std::int64_t selectedAnchor() const { return selectedAnchor_; }  ///< -1: none
  std::int64_t hoveredAnchor() const { return hoveredAnchor_; }    ///< -1: none
  LayerStack& layers() { return *layers_; }
  bool followsLive() const { return followsLive_; }
  std::int64_t pinnedStep() const { return pinnedStep_; }  ///< Meaningful when not following live.

  /// Sets all probes of one moment in one call. The current probe's frame is shown when following live, or
  /// when it is of the pinned step; a pinned view else keeps its frame.
  void setProbes(std::vector<std::shared_ptr<const ProbeFrame>> probes);
  void setFrame(std::shared_ptr<const ProbeFrame> frame);  ///< A recorded moment of the current probe.
  /// A recorded moment: its frame is shown, whose probe becomes the current one, and the others are good
  /// enough for thumbnails alone. Choosing one of them changes the name; whoever has its frame shows it.
  void showMoment(std::shared_ptr<const ProbeFrame> frame,
                  std::vector<std::shared_ptr<const ProbeFrame>> probes);
  void setProbeName(const QString& name);
  /// Looks at another stage of the frames; candidates of the one before are not selected any more.
  void setStage(int stage);
  void selectObject(int object);  ///< Also clears the anchor when it belongs to no row of the object.
  void selectAnchor(std::int64_t anchor);  ///< Keeps the object, or takes the most relevant one.
  void selectPair(int object, std::int64_t anchor);
  void setHoveredAnchor(std::int64_t anchor);
  void pinStep(std::int64_t step);
  void followLive();

 signals:
  void frameChanged();  ///< Also when another stage of it is looked at.
  void probesChanged();
  void probeNameChanged(const QString& name);
  void selectionChanged();
  void hoverChanged();
  void stepChanged();  ///< pinned step or live mode

 private:
  void showCurrentProbe();
  std::shared_ptr<const StageEvidence> shownStage() const;
  void present(bool sameImage);
  void show(std::shared_ptr<const ProbeFrame> frame);
  void dropStaleSelection();

  std::shared_ptr<const ProbeFrame> frame_;
  std::shared_ptr<const StageEvidence> evidence_;
  int stage_ = 0;
  std::vector<std::shared_ptr<const ProbeFrame>> probes_;
  QString probeName_;
  int selectedObject_ = -1;
  std::int64_t selectedAnchor_ = -1, hoveredAnchor_ = -1, pinnedStep_ = 0;
  bool followsLive_ = true, wholeProbes_ = true;
  std::unique_ptr<LayerStack> layers_;
};

}  // namespace anchorscope
