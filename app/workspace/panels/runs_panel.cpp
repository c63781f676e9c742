#include "widgets/panels/runs_panel.h"

#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QPointer>
#include <QSettings>
#include <QShowEvent>
#include <future>

#include "app/run/run_controller.h"
#include "app/settings.h"
#include "app/workspace/panel.h"
#include "app/workspace/workspace.h"

namespace anchorscope {
namespace {

/// Reads the folder of the run that is shown whenever the panel can be seen and a run begins, ends or is
/// opened.
class FollowingRunsPanel : public RunsPanel {
 public:
  explicit FollowingRunsPanel(const PanelContext& context)
      : run_(context.run),
        folder_(openSettings().value(QStringLiteral("runsFolder"), QDir::homePath()).toString()) {
    connect(this, &RunsPanel::openWanted, this, [this](const QString& folder) {
      if (QDir(folder) != QDir(run_.folder()) || run_.folder().isEmpty()) run_.wantLook(folder);
    });
    connect(this, &RunsPanel::refreshWanted, this, [this] { read(); });
    connect(this, &RunsPanel::folderWanted, this, [this] {
      const QString chosen = QFileDialog::getExistingDirectory(this, tr("Folder of recorded runs"), folder_);
      if (!chosen.isEmpty()) showRunsOf(chosen);
    });
    connect(&context.workspace, &Workspace::sourceChanged, this, [this] { follow(); });
    connect(&run_.bridge(), &SessionBridge::stateChanged, this, [this] { follow(); });
  }
  ~FollowingRunsPanel() override {
    if (reading_.valid()) reading_.wait();
  }

 protected:
  void showEvent(QShowEvent* event) override {
    RunsPanel::showEvent(event);
    follow();
  }

 private:
  /// A run that may go away with its window stands among no others.
  void follow() {
    setCurrent(run_.folder());
    if (!run_.folder().isEmpty() && !run_.isTemporary())
      folder_ = QFileInfo(QDir(run_.folder()).absolutePath()).path();
    read();
  }

  void showRunsOf(const QString& folder) {
    folder_ = folder;
    openSettings().setValue(QStringLiteral("runsFolder"), folder);
    read();
  }

  /// On a thread of its own, one reading at a time; what was asked for meanwhile follows.
  void read() {
    if (!isVisible()) return;
    wanted_ = folder_;
    if (isReading_) return;
    isReading_ = true;
    const QPointer<FollowingRunsPanel> self(this);
    reading_ = std::async(std::launch::async, [self, folder = wanted_] {
      auto tree = readRunTree(folder.toStdString());
      QMetaObject::invokeMethod(qApp, [self, folder, tree = std::move(tree)] {
        if (self) self->arrive(folder, tree);
      });
    });
    wanted_.clear();
  }

  void arrive(const QString& folder, const Result<RunTree>& tree) {
    isReading_ = false;
    if (tree)
      setTree(*tree);
    else
      setProblem(folder, QString::fromStdString(tree.error().text()));
    if (!wanted_.isEmpty()) read();
  }

  RunController& run_;
  QString folder_, wanted_;  ///< Wanted: after the one that is being read.
  bool isReading_ = false;
  std::future<void> reading_;
};

QWidget* make(const PanelContext& context) {
  return new FollowingRunsPanel(context);
}

}  // namespace

PanelSpec runsPanel() {
  return {PanelSpec::Subject::kRuns,
          "runs",
          QT_TRANSLATE_NOOP("Panels", "Runs"),
          Qt::BottomDockWidgetArea,
          "curves",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
