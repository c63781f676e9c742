#include "app/start_flow.h"

#include <QDir>
#include <QFileInfo>
#include <QLineEdit>

#include "app/run/leftover_list.h"
#include "app/run/run_controller.h"
#include "app/run/temporary_run.h"
#include "app/settings.h"
#include "app/workspace/run_view.h"
#include "core/trainer/presets.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/data_spec_guess.h"
#include "widgets/panels/leftover_card.h"
#include "widgets/panels/start_page.h"

namespace anchorscope {
namespace {

bool isRun(const QString& folder) {
  return QFileInfo::exists(folder + QStringLiteral("/trace.sqlite"));
}

}  // namespace

StartFlow::StartFlow(StartPage& page, RunController& run, RunView& view, LeftoverList& leftovers,
                     Notifier& notifier)
    : page_(page), run_(run), view_(view), notifier_(notifier) {
  page_.setRecent(recentEntries());
  connect(&page_, &StartPage::demoWanted, this, [this] { demo(); });
  connect(&page_, &StartPage::startWanted, this, [this](const RunConfig& config, bool startPaused) {
    SessionOptions options;
    options.startPaused = startPaused;
    run_.start(config, std::move(options));
  });
  connect(&page_, &StartPage::runWanted, this, &StartFlow::openRun);
  connect(&page_, &StartPage::helpWanted, this, &StartFlow::helpWanted);
  connect(&run_, &RunController::beginning, this, [this] { page_.showProblem({}); });
  connect(&run_, &RunController::began, this, [this] {
    if (run_.isContinued() && !run_.isTemporary()) remember(run_.folder());
  });
  connect(&run_, &RunController::keptAside, this, &StartFlow::remember);
  connect(&view_, &RunView::dataOpened, this, &StartFlow::remember);
  connect(&view_, &RunView::runOpened, this, &StartFlow::remember);
  connect(&view_, &RunView::neverBegan, this, &StartFlow::onNeverBegan);
  wireLeftovers(leftovers);
}

void StartFlow::wireLeftovers(LeftoverList& leftovers) {
  connect(&page_, &StartPage::leftoverOpened, &view_, &RunView::open);
  connect(&page_, &StartPage::leftoverKept, &run_, &RunController::keepLeftover);
  connect(&page_, &StartPage::leftoverDiscarded, &run_, &RunController::discardLeftover);
  connect(&leftovers, &LeftoverList::changed, this, [this, &leftovers] {
    QList<LeftoverEntry> entries;
    for (const Leftover& leftover : leftovers.all())
      entries << LeftoverEntry{leftover.run->folder(), leftover.title, leftover.text(),
                               leftover.problem.isEmpty()};
    page_.setLeftovers(entries);
  });
  connect(&leftovers, &LeftoverList::found, this, [this](const QString& title) {
    if (!page_.isHidden()) return;  // it is told there
    notifier_.tell(
        {MessageKind::kNote,
         tr("An earlier recording was not kept: %1. File ▸ New run offers to open, keep or discard it.")
             .arg(title)});
  });
}

void StartFlow::demo(SessionOptions options) {
  if (auto config = presetConfig("demo"))
    run_.start(*config, std::move(options));
  else
    notifier_.tell(messageOf(config.error()));
}

void StartFlow::open(const QString& path) {
  if (isRun(path))
    view_.open(path);
  else if (const QString spec = guessDataSpec(path); !spec.isEmpty())
    choose(spec);
  else
    notifier_.tell({MessageKind::kWarning,
                    tr("'%1' is neither a data set nor a recorded run that can be recognised.").arg(path)});
}

void StartFlow::openRecent(const QString& entry) {
  if (QDir::isAbsolutePath(entry))
    openRun(entry);
  else
    choose(entry);
}

void StartFlow::openRun(const QString& folder) {
  if (isRun(folder) || !recentEntries().contains(folder)) return view_.open(folder);
  removeRecentEntry(folder);
  page_.setRecent(recentEntries());
  notifier_.tell(
      {MessageKind::kWarning,
       tr("There is no recorded run in '%1' any more: it is taken off the list. Where it has moved, "
          "File ▸ Open recorded run finds it.")
           .arg(folder)});
}

void StartFlow::choose(const QString& dataSpec) {
  if (!run_.confirmEnding()) return;
  emit pageWanted();
  page_.setDataSpec(dataSpec);
}

void StartFlow::remember(const QString& entry) {
  addRecentEntry(entry);
  page_.setRecent(recentEntries());
}

void StartFlow::onNeverBegan(const Error& error) {
  // There is nothing to look at: back to where the data was named.
  const RunConfig asked = run_.asked();
  const bool resumed = run_.isContinued();
  emit pageWanted();
  if (!resumed && asked.data != "demo") {
    page_.setConfig(asked);  // to be mended, wherever it came from
    page_.dataEdit()->setFocus();
  }
  notifier_.withdraw(QString::fromStdString(error.text()));  // it is told beside what was chosen
  if (resumed)
    notifier_.tell(messageOf(error, MessageScope::kRun));
  else if (error.code == ErrorCode::kExists && !asked.out.empty())
    page_.showTakenFolder(QString::fromStdString(asked.out));
  else
    page_.showProblem(QString::fromStdString(error.text()));
}

}  // namespace anchorscope
