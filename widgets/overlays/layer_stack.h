#pragma once
// The layers of a view, bottom to top, with the one the user works on. Keeps each layer's state while frames
// come and go.

#include <QJsonArray>
#include <QObject>
#include <QString>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "widgets/overlays/layer.h"

namespace anchorscope {

/// Layers that are on and that the present frame has no values for, as those kept from another method's run;
/// and what is shown instead, so that the picture does not stay bare.
struct StandIn {
  std::vector<std::string> wanted, instead;  ///< Ids.
  bool shown = true;                         ///< False: taken back by the user; only what is wanted is on.
  std::string wantedActive, insteadActive;
};

/// GUI thread only.
class LayerStack : public QObject {
  Q_OBJECT

 public:
  explicit LayerStack(QObject* parent = nullptr);

  const std::vector<Layer>& layers() const { return layers_; }  ///< Bottom to top.
  int indexOf(std::string_view id) const;                       ///< -1: none
  const Layer* find(std::string_view id) const;
  /// The layer whose range, colour bar and values are shown in detail; null when there is none.
  const Layer* active() const { return find(activeId_); }

  /// Adds layers for channels this frame has and the stack has not; widens sticky ranges. Never removes a
  /// layer, so that its settings are there when its channel comes back.
  void adopt(const StageEvidence& evidence);

  /// Changes a layer in place. The id stays. Emits layerChanged when anything differs.
  void update(std::string_view id, const std::function<void(Layer&)>& change);
  void setVisible(std::string_view id, bool visible);
  void setSolo(std::string_view id, bool solo);
  void setOpacity(std::string_view id, float opacity);
  /// Moves a layer so that it ends at `index` (0 = bottom).
  void move(std::string_view id, int index);
  void setActive(std::string_view id);
  /// Shows this one channel layer of its kind and hides the others; makes it active.
  void showOnly(std::string_view id);
  /// What stands in for layers that this frame lacks; nothing when it lacks none. It ends when a frame has a
  /// wanted layer again, which is then shown as before, and when somebody chooses what is shown.
  const std::optional<StandIn>& standIn() const { return standIn_; }
  void showInstead(std::vector<std::string> wanted, std::vector<std::string> instead,
                   std::string_view activeId);
  void setStandInShown(bool shown);
  /// Ends the solo state of every layer.
  void clearSolo();
  /// Replaces everything, e.g. by a preset.
  void setLayers(std::vector<Layer> layers, std::string_view activeId);

  /// For sessions: every layer's settings, and back. Unknown entries are ignored.
  QJsonArray save() const;
  void restore(const QJsonArray& saved);

 signals:
  /// Before somebody changes how a layer looks or their order. What frames bring, what stands in and what is
  /// restored is nobody's choice.
  void aboutToEdit();
  void layerChanged(const QString& id);  ///< One layer's settings.
  void layersReset();                    ///< Layers came, went or changed order.
  void activeChanged(const QString& id);
  void standInChanged();
  void changed();  ///< Any of the above but the active one: what is drawn may differ.

 private:
  void applyStandIn();
  void endStandIn();

  std::vector<Layer> layers_;
  std::string activeId_;
  std::optional<StandIn> standIn_;
};

}  // namespace anchorscope
