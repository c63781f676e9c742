#pragma once
// What is looked at in the window, without a widget: where the evidence comes from, up to four canvases and
// what they have in common, and what can be undone of it. As JSON it is what a session keeps.

#include <QJsonArray>
#include <QJsonObject>
#include <QObject>
#include <QStringList>
#include <QUndoStack>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "widgets/source/evidence_source.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {

/// A run that is open.
struct OpenRun {
  QString id;     ///< What canvases name it by (CanvasModel::run); empty: the run that the window is about.
  QString title;  ///< For people: its folder's name.
  EvidenceSource* source = nullptr;  ///< Null: there is none at present.
};

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
  ReadOut& readOut() { return link_.readOut; }
  /// The canvases' common moment and part of the image.
  TimeCursor& time() { return link_.time; }
  Viewport& viewport() { return link_.viewport; }
  OnionSkin& onion() { return link_.onion; }
  Brush& brush() { return link_.brush; }
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
  /// The active canvas looks at the first run then: another one that does already, or this one from now on.
  void activateFirstRun();
  /// 1 to kMostCanvases. New ones begin like the active one, which stays where some go.
  void setCanvasCount(int count);
  /// Whether all zoom and pan together; else each for itself.
  bool viewportsLinked() const { return viewportsLinked_; }
  void setViewportsLinked(bool linked);

  /// Whether each canvas but the first is shown with what it decides otherwise than the first: its layers
  /// "Otherwise than the first canvas", seen alone until it ends. What cannot be compared says why
  /// (CanvasModel::note). It ends with the second canvas.
  bool isComparing() const { return comparing_; }
  void setComparing(bool comparing);

  // ---- evidence
  /// Of the run that the active canvas looks at. Null: there is none, and what is shown stays.
  EvidenceSource* source() const { return sourceOf(*active_); }
  EvidenceSource* sourceOf(const CanvasModel& canvas) const { return sourceOf(canvas.run()); }
  /// By OpenRun::id. Null: it is not open.
  EvidenceSource* sourceOf(const QString& run) const;
  /// Of the run that the window is about: the first.
  void setSource(std::unique_ptr<EvidenceSource> source);
  /// Another run to be looked at beside it, until the window is about another one. Its id, which is its title
  /// or, where that is taken, begins with it.
  QString addBeside(const QString& title, std::unique_ptr<EvidenceSource> source);
  /// Canvases that look at it look at the first run then.
  void removeBeside(const QString& id);
  /// The first run, then those beside it in the order they came.
  std::vector<OpenRun> runs() const;
  /// Another run: nothing is shown or selected, nothing can be undone, and all follow what comes.
  void beginRun();
  /// All canvases go to this step, those with one of their own as well.
  void pinAll(std::int64_t step);
  /// The active canvas goes there. Steps without evidence are not there to be gone to: the nearest one that
  /// has is, which is given back (-1: the newest of a run that trains).
  std::int64_t goTo(const Place& place);
  /// Asks the run (EvidenceSource::ask); asked() tells what came of it.
  void ask(const QString& run, const QString& variants);
  /// Canvases that look at one variant of a run look at the other as soon as it is there, as an option of it
  /// is dragged: nobody's choice that could be undone.
  void followVariant(const QString& run, const QString& from, const QString& to);
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
  /// Of what `save` gave the runs beside the first: what canvases name them by, and their folders.
  static std::vector<std::pair<QString, QString>> besideIn(const QJsonObject& saved);

 signals:
  /// The active canvas looks at another run, or at none: source() is another one.
  void sourceChanged();
  /// What is known of a run's options, or one of them, has changed.
  void runDescribed(const QString& run);
  void asked(const QString& run, const anchorscope::AskedAnswer& answer);
  void stepHeld(const QString& run, std::int64_t step, const std::optional<anchorscope::Error>& why);
  /// The window will be about another run: those beside the one before are gone.
  void begun();
  /// One came or went.
  void runsChanged();
  /// Some came, went or changed their order. Those that are gone live until this returns.
  void canvasesChanged();
  void activeChanged();
  void viewportsLinkedChanged(bool linked);
  void comparingChanged(bool comparing);
  /// The active canvas has something else to show, is at another moment or another one, or one shows nothing.
  void shownChanged();

 private:
  friend class ViewChange;

  std::unique_ptr<CanvasModel> makeCanvas(int view);
  std::unique_ptr<CanvasModel> makeLikeActive(int view);
  void forgetCanvas(CanvasModel& canvas);
  void fitLook(CanvasModel& canvas);
  void compare();
  /// Has the differences seen alone, and what was seen before again.
  void dress(CanvasModel& canvas);
  void undress(CanvasModel& canvas);
  /// What is shown of a frame: with its differences while canvases are compared.
  std::shared_ptr<const ProbeFrame> prepared(CanvasModel& canvas, std::shared_ptr<const ProbeFrame> frame);
  std::shared_ptr<const ProbeFrame> baseOf(const CanvasModel& canvas) const;
  std::shared_ptr<const ProbeFrame> rawFrame(const CanvasModel& canvas) const;
  void tellCanvases();
  void connectSource(EvidenceSource& source, const QString& run);
  void tellSource();
  /// The recorded step that is to be shown for the moment a canvas is at; nothing: what is newest of a run
  /// that trains.
  std::optional<std::int64_t> wantedStep(const CanvasModel& canvas) const;
  void fetch(CanvasModel& canvas);
  void showNewest(CanvasModel& canvas);
  void onAsked(const AskedAnswer& answer, const QString& run);
  /// What it waits for is looked at now, if it is among these.
  void lookAtAwaited(CanvasModel& canvas, const std::vector<Variant>& there);
  void onMoment(const Moment& moment, const QString& run);
  void onMissing(int view, std::int64_t step, const QString& run);
  CanvasModel* canvasOf(int view) const;

  QJsonObject lookOf(const CanvasModel& canvas) const;
  void takeHidden(const CanvasModel& canvas, const QJsonObject& saved);
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
  bool comparing_ = false, refining_ = false;
  struct Compared {
    std::shared_ptr<const ProbeFrame> raw, base, shown;
  };
  std::map<const CanvasModel*, Compared> compared_;
  /// Of those whose differences are seen alone: the layers that come back.
  std::map<const CanvasModel*, QStringList> hidden_;
  std::unique_ptr<EvidenceSource> source_;  ///< Of the first run.
  struct Beside {
    QString id, title;
    std::unique_ptr<EvidenceSource> source;
  };
  std::vector<Beside> beside_;
  EvidenceSource* told_ = nullptr;  ///< What sourceChanged() was told of.
  Newest newest_;                   ///< Of the run that trains.
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
