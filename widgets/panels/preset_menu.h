#pragma once
// The ready-made configurations as a menu: by method, and there those sized for a few CPU cores apart from
// the published settings.

#include <QString>
#include <functional>

#include "core/trainer/run_config.h"

class QMenu;

namespace anchorscope {

/// A preset that has been read.
struct ReadyRun {
  QString name, title;
  RunConfig config;
};

/// Empties the menu and lists every preset; one that cannot be read is listed with the reason, disabled.
void fillPresetMenu(QMenu& menu, const std::function<void(const ReadyRun&)>& chosen);

}  // namespace anchorscope
