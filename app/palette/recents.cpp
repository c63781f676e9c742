// Data sets and runs that were opened lately.

#include <QCoreApplication>
#include <QDir>
#include <QStringList>

#include "app/main_window.h"
#include "app/palette/palette_sources.h"
#include "app/settings.h"

namespace anchorscope {

namespace {

class RecentSource final : public PaletteSource {
 public:
  explicit RecentSource(MainWindow& window) : window_(window) {}

  QString kind() const override { return QCoreApplication::translate("Palette", "recent"); }
  void refresh() override { entries_ = recentEntries(); }
  int count() const override { return static_cast<int>(entries_.size()); }
  QString text(int entry) const override { return shortDataName(entries_[entry]); }
  QString id(int entry) const override { return entries_[entry]; }
  QString detail(int entry) const override {
    return QDir::isAbsolutePath(entries_[entry])
               ? QCoreApplication::translate("Palette", "open the run %1").arg(entries_[entry])
               : QCoreApplication::translate("Palette", "open the data %1").arg(entries_[entry]);
  }
  void run(int entry) override { window_.start().openRecent(entries_[entry]); }

 private:
  MainWindow& window_;
  QStringList entries_;
};

}  // namespace

MakePaletteSource recentSource() {
  return makePaletteSource<RecentSource>;
}

}  // namespace anchorscope
