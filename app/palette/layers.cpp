// Every layer of the active canvas, which is shown or hidden.

#include <QCoreApplication>
#include <string>
#include <vector>

#include "app/main_window.h"
#include "app/palette/palette_sources.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {

namespace {

class LayerSource final : public PaletteSource {
 public:
  explicit LayerSource(MainWindow& window) : window_(window) {}

  QString kind() const override { return QCoreApplication::translate("Palette", "layer"); }
  void refresh() override {
    ids_.clear();
    const auto& evidence = window_.workspace().active().evidence();
    if (!evidence) return;
    for (const Layer& layer : layers().layers())
      if (hasValuesFor(layer, *evidence)) ids_.push_back(layer.id);
  }
  int count() const override { return static_cast<int>(ids_.size()); }
  QString text(int entry) const override { return declaredText(layer(entry).title); }
  QString id(int entry) const override { return QString::fromStdString(layer(entry).id); }
  QString detail(int entry) const override {
    const QString state = layer(entry).visible ? QCoreApplication::translate("Palette", "hide it")
                                               : QCoreApplication::translate("Palette", "show it");
    return layer(entry).channel.empty()
               ? state
               : QStringLiteral("%1 · %2").arg(state, QString::fromStdString(layer(entry).channel));
  }
  void run(int entry) override {
    const std::string id = ids_[static_cast<std::size_t>(entry)];
    const bool show = !layer(entry).visible;
    layers().setVisible(id, show);
    if (show) layers().setActive(id);
  }

 private:
  LayerStack& layers() const { return window_.workspace().active().layers(); }
  const Layer& layer(int entry) const { return *layers().find(ids_[static_cast<std::size_t>(entry)]); }

  MainWindow& window_;
  std::vector<std::string> ids_;
};

}  // namespace

MakePaletteSource layerSource() {
  return makePaletteSource<LayerSource>;
}

}  // namespace anchorscope
