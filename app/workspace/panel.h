#pragma once
// What a panel of the workspace is: a file in panels/ that says where it stands, builds the widget and
// connects it with what is looked at, and a word in app/CMakeLists.txt.

#include <QString>
#include <QtGlobal>
#include <vector>

class QMainWindow;
class QWidget;

namespace anchorscope {

class DockManager;
class LiveParameters;
class Notifier;
class RunController;
class ScalarStore;
class Workspace;

/// What a panel may show and do. All of it outlives the panels.
struct PanelContext {
  Workspace& workspace;  ///< What is looked at; its sourceChanged() tells of another run.
  RunController& run;    ///< The run that trains.
  LiveParameters& parameters;
  const ScalarStore& scalars;  ///< Of the run that is looked at.
  Notifier& notifier;
  DockManager& docks;  ///< To come forward: docks.show(id).
};

struct PanelSpec {
  /// What it is about: the submenu of View in which it stands.
  enum class Subject { kImage, kTraining, kRuns } subject;
  const char* id;     ///< Of the dock in layouts; in actions after its submenu: "view.image.whatIf".
  const char* title;  ///< English; translated in the context "Panels".
  Qt::DockWidgetArea area;
  const char* beside;  ///< Id of a dock that is there before it,
  enum class How { kTabbed, kAbove } how;
  QWidget* (*make)(const PanelContext& context);
};

/// In the order of the View menu, as app/CMakeLists.txt lists them. All are hidden at first: what stands open
/// then is WorkspacePage's.
const std::vector<PanelSpec>& panelSpecs();
/// The submenus: "view.image", and their titles, translated.
QString panelMenu(PanelSpec::Subject subject);
QString panelMenuTitle(PanelSpec::Subject subject);
/// A dock for each, in `host`, which has those they are tabbed with.
void addPanels(QMainWindow& host, const PanelContext& context);

}  // namespace anchorscope
