// Every option of the run that can change while training: its control is gone to.

#include <QCoreApplication>
#include <vector>

#include "app/main_window.h"
#include "app/palette/palette_sources.h"
#include "widgets/panels/param_form.h"
#include "widgets/panels/parameters_panel.h"

namespace anchorscope {

namespace {

class OptionSource final : public PaletteSource {
 public:
  explicit OptionSource(MainWindow& window) : window_(window) {}

  QString kind() const override { return QCoreApplication::translate("Palette", "option"); }
  void refresh() override {
    options_.clear();
    const ParamSet& params = window_.page().parameters().form().params();
    for (const ParamSpec& spec : params.specs())
      if (spec.effect == ParamEffect::kNextStep)
        options_.push_back({QString::fromStdString(spec.name), QString::fromStdString(spec.help),
                            QString::fromStdString(toText(params.get(spec.name))),
                            params.applies(spec.name)});
  }
  int count() const override { return static_cast<int>(options_.size()); }
  QString text(int entry) const override { return option(entry).name; }
  QString detail(int entry) const override {
    return QStringLiteral("= %1 · %2").arg(option(entry).value, option(entry).help);
  }
  QString whyNot(int entry) const override {
    return option(entry).applies
               ? QString()
               : QCoreApplication::translate("Palette", "it matters only with another choice of the run");
  }
  void run(int entry) override {
    window_.page().docks().show(QStringLiteral("parameters"));
    window_.page().parameters().goTo(option(entry).name);
  }

 private:
  struct Option {
    QString name, help, value;
    bool applies = true;
  };
  const Option& option(int entry) const { return options_[static_cast<std::size_t>(entry)]; }

  MainWindow& window_;
  std::vector<Option> options_;
};

}  // namespace

MakePaletteSource optionSource() {
  return makePaletteSource<OptionSource>;
}

}  // namespace anchorscope
