// Every action of the menus.

#include <QAction>
#include <QCoreApplication>
#include <QDockWidget>
#include <QStringList>

#include "app/main_window.h"
#include "app/palette/palette_sources.h"

namespace anchorscope {

namespace {

class CommandSource final : public PaletteSource {
 public:
  explicit CommandSource(MainWindow& window) : window_(window) {}

  QString kind() const override { return QCoreApplication::translate("Palette", "command"); }

  void refresh() override {
    ids_.clear();
    for (const QString& id : window_.actions().ids())
      // Showing a panel is a kind of its own, and the palette is open already.
      if (!isOfADock(window_.actions().find(id)) && id != QLatin1String("view.palette")) ids_ << id;
  }

  int count() const override { return static_cast<int>(ids_.size()); }
  QString text(int entry) const override {
    QString text = action(entry).text();
    // "Save && quit" is how a menu writes an ampersand.
    text.replace(QLatin1String("&&"), QString(QChar(0))).remove(QLatin1Char('&'));
    return text.replace(QChar(0), QLatin1Char('&'));
  }
  QString id(int entry) const override { return ids_[entry]; }
  QString detail(int entry) const override { return window_.actions().menuPath(ids_[entry]); }
  QString keys(int entry) const override {
    return action(entry).shortcut().toString(QKeySequence::NativeText);
  }
  QString whyNot(int entry) const override { return window_.actions().whyNot(ids_[entry]); }
  void run(int entry) override { action(entry).trigger(); }

 private:
  QAction& action(int entry) const { return *window_.actions().find(ids_[entry]); }
  bool isOfADock(const QAction* action) const {
    for (const QDockWidget* dock : window_.page().docks().all())
      if (dock->toggleViewAction() == action) return true;
    return false;
  }

  MainWindow& window_;
  QStringList ids_;
};

}  // namespace

MakePaletteSource commandSource() {
  return makePaletteSource<CommandSource>;
}

}  // namespace anchorscope
