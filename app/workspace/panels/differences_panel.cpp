#include "widgets/panels/differences_view.h"

#include <QCoreApplication>
#include <QObject>

#include "app/workspace/panel.h"
#include "app/workspace/workspace.h"

namespace anchorscope {
namespace {

/// Of the first run and the one that the active canvas shows, or where that is the first itself the first one
/// beside it.
class DifferencesOfRuns : public QObject {
  Q_DECLARE_TR_FUNCTIONS(DifferencesOfRuns)

 public:
  DifferencesOfRuns(DifferencesView& view, const PanelContext& context)
      : QObject(&view), view_(view), workspace_(context.workspace) {
    connect(&workspace_, &Workspace::runsChanged, this, &DifferencesOfRuns::refresh);
    connect(&workspace_, &Workspace::sourceChanged, this, &DifferencesOfRuns::refresh);
    refresh();
  }

 private:
  void refresh() {
    const std::vector<OpenRun> runs = workspace_.runs();
    const OpenRun* other = nullptr;
    for (const OpenRun& run : runs)
      if (!run.id.isEmpty() && (!other || run.id == workspace_.active().run())) other = &run;
    if (!other || !runs.front().source)
      return view_.clear(
          tr("File ▸ Open beside… opens another run, whose method, data and options are compared with this "
             "one's here."));
    const auto differences = runDifferences(runs.front().source->header(), other->source->header());
    if (differences)
      view_.showDifferences(runs.front().title, other->title, *differences);
    else
      view_.clear(QString::fromStdString(differences.error().text()));
  }

  DifferencesView& view_;
  Workspace& workspace_;
};

QWidget* make(const PanelContext& context) {
  auto* view = new DifferencesView;
  new DifferencesOfRuns(*view, context);  // the view's
  return view;
}

}  // namespace

PanelSpec differencesPanel() {
  return {PanelSpec::Subject::kRuns,
          "differences",
          QT_TRANSLATE_NOOP("Panels", "Differences of runs"),
          Qt::RightDockWidgetArea,
          "findings",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
