// Every image of the run: its probes, and of one that trains the others, too, which become probes.

#include <QCoreApplication>
#include <QSet>
#include <algorithm>
#include <vector>

#include "app/main_window.h"
#include "app/palette/palette_sources.h"

namespace anchorscope {

namespace {

class ImageSource final : public PaletteSource {
 public:
  explicit ImageSource(MainWindow& window) : window_(window) {}

  QString kind() const override { return QCoreApplication::translate("Palette", "image"); }
  void refresh() override {
    names_.clear();
    for (const auto& probe : window_.workspace().active().probes())
      names_.push_back(QString::fromStdString(probe->image->name));
    probes_ = static_cast<int>(names_.size());
    const RunController& run = window_.run();
    const auto& facts = run.bridge().facts();
    // Another run's images are none of those beside it.
    if (window_.onStartPage() || !run.isLive() || !facts || !window_.workspace().active().run().isEmpty())
      return;
    const QSet<QString> known(names_.begin(), names_.end());
    for (const auto* names : {&facts->imageNames, &facts->validationImageNames})
      for (const std::string& name : *names)
        if (const QString image = QString::fromStdString(name); !known.contains(image))
          names_.push_back(image);
  }
  int count() const override { return static_cast<int>(names_.size()); }
  QString text(int entry) const override { return names_[static_cast<std::size_t>(entry)]; }
  QString detail(int entry) const override {
    return entry < probes_ ? QString() : QCoreApplication::translate("Palette", "becomes a probe");
  }
  QString whyNot(int entry) const override {
    return entry < probes_ ? QString() : window_.runView().whyProbesStay();
  }
  void run(int entry) override { window_.runView().showImage(text(entry)); }

 private:
  MainWindow& window_;
  std::vector<QString> names_;
  int probes_ = 0;  ///< The first ones.
};

}  // namespace

MakePaletteSource imageSource() {
  return makePaletteSource<ImageSource>;
}

}  // namespace anchorscope
