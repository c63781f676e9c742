#pragma once
// The main window: its pages, menus and status bar, put together; what it shows and does belongs to the
// owners of one subject each.

#include <QMainWindow>
#include <memory>

#include "app/run/leftover_list.h"
#include "app/run/run_controller.h"
#include "app/session/session_flow.h"
#include "app/start_flow.h"
#include "app/workspace/run_view.h"
#include "app/workspace/workspace.h"
#include "app/workspace/workspace_page.h"
#include "widgets/actions/action_registry.h"
#include "widgets/notify/notifier.h"
#include "widgets/theme/app_theme.h"

class QStackedWidget;

namespace anchorscope {

class CommandPalette;
class StartPage;

/// GUI thread only.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(SessionFactory factory = startSession, QWidget* parent = nullptr);
  ~MainWindow() override;

  /// Ends what is shown (without asking) and goes back to the first page.
  void showStartPage();
  bool onStartPage() const;
  /// Opens the help at the page that tells of this method, detector or topic; empty: of what is looked at.
  void showHelp(const QString& what);
  /// A session, a recorded run, a data set, or an image, whichever it is.
  void open(const QString& path);
  /// Everything that can be done or gone to, to be searched.
  void showPalette();
  void setTheme(ThemeChoice choice);
  /// Ends the window without a question, as a signal to the program does: a recording that was not kept is
  /// left for the next start.
  void closeForGood();

  ActionRegistry& actions() { return *actions_; }
  Notifier& notifier() { return notifier_; }
  RunController& run() { return *run_; }
  RunView& runView() { return *view_; }
  StartFlow& start() { return *start_; }
  SessionFlow& sessions() { return *sessions_; }
  StartPage& startPage() { return start_->page(); }
  /// What is looked at, and the page that shows it.
  Workspace& workspace() { return workspace_; }
  WorkspacePage& page() { return *page_; }

 signals:
  /// What is shown, in a line; empty on the first page.
  void titleChanged(const QString& what);

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void compose();
  void wire();
  void restore();
  void showPage(QWidget* page);
  /// What can be done, and the title.
  void refresh();

  // Built in this order and destroyed in the other: what is looked at outlives whoever looks.
  Workspace workspace_;
  Notifier notifier_;
  LeftoverList leftovers_;
  std::unique_ptr<RunController> run_;
  std::unique_ptr<WorkspacePage> page_;
  std::unique_ptr<RunView> view_;
  std::unique_ptr<StartFlow> start_;
  std::unique_ptr<SessionFlow> sessions_;
  QStackedWidget* pages_;
  ActionRegistry* actions_;
  CommandPalette* palette_;
};

}  // namespace anchorscope
