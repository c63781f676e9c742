// Every panel, which is brought to the front.

#include <QCoreApplication>
#include <QDockWidget>

#include "app/main_window.h"
#include "app/palette/palette_sources.h"

namespace anchorscope {

namespace {

class PanelSource final : public PaletteSource {
 public:
  explicit PanelSource(MainWindow& window) : window_(window) {}

  QString kind() const override { return QCoreApplication::translate("Palette", "panel"); }
  void refresh() override {}
  int count() const override { return static_cast<int>(docks().all().size()); }
  QString text(int entry) const override { return dock(entry).windowTitle(); }
  QString id(int entry) const override { return dock(entry).objectName(); }
  QString detail(int entry) const override {
    return dock(entry).isVisible() ? QString() : QCoreApplication::translate("Palette", "hidden now");
  }
  QString whyNot(int) const override {
    return window_.onStartPage() ? QCoreApplication::translate("Palette", "no run is shown") : QString();
  }
  void run(int entry) override { docks().show(dock(entry).objectName()); }

 private:
  DockManager& docks() const { return window_.page().docks(); }
  QDockWidget& dock(int entry) const { return *docks().all()[entry]; }

  MainWindow& window_;
};

}  // namespace

MakePaletteSource panelSource() {
  return makePaletteSource<PanelSource>;
}

}  // namespace anchorscope
