#pragma once
// Everything that can be done, in one place: each action with its id, text, keys, help and when it can be
// done. Menus and the sheet of keys are made from it.

#include <QKeySequence>
#include <QObject>
#include <QString>
#include <QStringList>
#include <functional>
#include <utility>
#include <vector>

class QAction;
class QActionGroup;
class QMenu;
class QMenuBar;

namespace anchorscope {

/// What the window is at, as far as it decides what can be done.
struct ActionContext {
  bool workspace = false;        ///< A run is shown, not the first page.
  bool picture = false;          ///< There is a frame on the active canvas.
  bool anyPicture = false;       ///< On one of them.
  bool live = false;             ///< There is a session, also one that has ended.
  bool takesParameters = false;  ///< Of the live run, as enabledActions(state) tells it.
  bool takesCheckpoint = false;
  bool hasValidation = false;  ///< The run has images to be evaluated on.
  bool evaluating = false;
  bool canGoBack = false;      ///< It has a folder whose checkpoints can be gone back to.
  bool canKeep = false;        ///< A temporary recording that nothing is written into.
  bool recordedSteps = false;  ///< There are steps to go back to.
  int canvases = 1;
  bool linkedViewports = true;  ///< Canvases zoom and pan together.
  bool besideRun = false;       ///< The active canvas looks at a run beside the first.
  bool compares = false;        ///< Canvases are shown with their differences to the first.
  bool swapped = false;         ///< Two canvases have changed places.
  bool wipes = false;           ///< A part of the active canvas shows another one.
  bool magnifies = false;       ///< Pixels are magnified beside the cursor,
  bool tellsAll = false;        ///< and every value is told.
  bool pins = false;            ///< There are pins.
  bool ownStep = false;         ///< The active canvas does not go through time with the others.
};

struct ActionSpec {
  QString id;    ///< "training.evaluate": the menu's id and a word.
  QString text;  ///< With "&" and, where it asks first, "…".
  QKeySequence keys = {};
  QString help;  ///< One line: what it does.
  std::function<void()> run;
  /// Without one it can always be done.
  std::function<bool(const ActionContext&)> enabledWhen = {};
  /// Why it cannot be done, where that is worth saying: instead of the help while it is not empty.
  std::function<QString(const ActionContext&)> whyNot = {};
  QString icon = {};              ///< Of resources/icons, in the colour of secondary text.
  QActionGroup* group = nullptr;  ///< One of several of which one is chosen.
  /// With one it is a mark that comes and goes.
  std::function<bool(const ActionContext&)> checkedWhen = {};
};

/// GUI thread only.
class ActionRegistry : public QObject {
  Q_OBJECT

 public:
  /// The menus stand in `bar`, which must outlive it.
  explicit ActionRegistry(QMenuBar& bar, QObject* parent = nullptr);

  /// In the order of the calls; one with a parent stands in that menu, at its present end.
  QMenu* addMenu(const QString& id, const QString& title, const QString& parent = {});
  void addSeparator(const QString& menu);
  /// At the end of its menu. Ids are unique.
  QAction* add(ActionSpec spec);
  /// An action that another object made, names and enables.
  void adopt(const QString& id, QAction* action);

  /// In the order in which they were added.
  QStringList ids() const;
  /// Null: there is none of this id.
  QAction* find(const QString& id) const;
  void refresh(const ActionContext& context);
  /// Where an action stands: "View ▸ Canvases".
  QString menuPath(const QString& id) const;
  /// Why an action cannot be done, as the last refresh() found it; empty when it can.
  QString whyNot(const QString& id) const;

  /// All actions that have keys, by menu, then `more` sections of keys and what they do; as HTML.
  using Keys = std::vector<std::pair<QString, QString>>;
  QString cheatSheet(const std::vector<std::pair<QString, Keys>>& more) const;

 private:
  struct Entry {
    ActionSpec spec;
    QAction* action = nullptr;
  };
  struct Menu {
    QString id, title, parent;
    QMenu* menu = nullptr;
  };
  QMenu* menu(const QString& id) const;
  void put(ActionSpec spec, QAction* action);

  QMenuBar& bar_;
  std::vector<Menu> menus_;
  std::vector<Entry> entries_;
  ActionContext at_;
};

}  // namespace anchorscope
