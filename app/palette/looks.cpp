// Layers of common questions, for the active canvas.

#include <QCoreApplication>
#include <vector>

#include "app/main_window.h"
#include "app/palette/palette_sources.h"
#include "widgets/panels/layer_presets.h"

namespace anchorscope {

namespace {

class LookSource final : public PaletteSource {
 public:
  explicit LookSource(MainWindow& window) : window_(window) {}

  QString kind() const override { return QCoreApplication::translate("Palette", "look"); }
  void refresh() override {
    looks_.clear();
    if (const auto& evidence = window_.workspace().active().evidence()) looks_ = layerPresets(*evidence);
  }
  int count() const override { return static_cast<int>(looks_.size()); }
  QString text(int entry) const override { return look(entry).title; }
  QString detail(int entry) const override { return look(entry).help; }
  void run(int entry) override { applyPreset(window_.workspace().active().layers(), look(entry)); }

 private:
  const LayerPreset& look(int entry) const { return looks_[static_cast<std::size_t>(entry)]; }

  MainWindow& window_;
  std::vector<LayerPreset> looks_;
};

}  // namespace

MakePaletteSource lookSource() {
  return makePaletteSource<LookSource>;
}

}  // namespace anchorscope
