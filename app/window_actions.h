#pragma once
// What the window offers: every action, and when it can be done.

#include "widgets/actions/action_registry.h"

namespace anchorscope {

class MainWindow;

/// Fills the registry with the menus of this window, which must outlive it.
void addWindowActions(ActionRegistry& actions, MainWindow& window);

/// What the window is at.
ActionContext actionContextOf(MainWindow& window);

}  // namespace anchorscope
