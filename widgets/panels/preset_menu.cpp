#include "widgets/panels/preset_menu.h"

#include <QMenu>
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/methods/method_info.h"
#include "core/trainer/presets.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {
namespace {

/// The small detectors are what a few CPU cores can train; every other setting is a published one.
bool isSmall(const ReadyRun& run) {
  return run.config.model.find("small") != std::string::npos;
}

}  // namespace

void fillPresetMenu(QMenu& menu, const std::function<void(const ReadyRun&)>& chosen) {
  menu.clear();
  std::map<std::string, std::vector<ReadyRun>> byMethod;
  for (const Preset& preset : presets()) {
    const QString name = QString::fromStdString(preset.name);
    if (const auto config = presetConfig(preset.name)) {
      byMethod[config->method].push_back({name, declaredText(preset.title), *config});
    } else {
      QAction* broken = menu.addAction(name);
      broken->setEnabled(false);
      broken->setToolTip(QString::fromStdString(config.error().text()));
    }
  }
  for (const MethodInfo& info : methodInfos()) {
    std::vector<ReadyRun>& runs = byMethod[info.name];
    if (runs.empty()) continue;
    std::stable_partition(runs.begin(), runs.end(), isSmall);
    QMenu* part = menu.addMenu(declaredText(info.title));
    part->setToolTipsVisible(true);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (i == 0 || isSmall(runs[i]) != isSmall(runs[i - 1]))
        part->addAction(isSmall(runs[i]) ? QObject::tr("SIZED FOR A FEW CPU CORES")
                                         : QObject::tr("AS PUBLISHED"))
            ->setEnabled(false);
      QAction* action = part->addAction(QStringLiteral("%1  –  %2").arg(runs[i].name, runs[i].title));
      action->setObjectName(QStringLiteral("preset:") + runs[i].name);
      action->setToolTip(runs[i].title);
      QObject::connect(action, &QAction::triggered, &menu, [chosen, run = runs[i]] { chosen(run); });
    }
  }
}

}  // namespace anchorscope
