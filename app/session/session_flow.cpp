#include "app/session/session_flow.h"

#include <QFileInfo>
#include <QLocale>
#include <utility>

#include "app/run/run_controller.h"
#include "app/workspace/run_view.h"
#include "app/workspace/source_watch.h"
#include "app/workspace/workspace.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/session_card.h"
#include "widgets/panels/start_page.h"

namespace anchorscope {

namespace {

bool holdsRun(const QString& folder) {
  return !folder.isEmpty() && QFileInfo::exists(folder + QStringLiteral("/trace.sqlite"));
}

}  // namespace

SessionFlow::SessionFlow(StartPage& page, RunController& run, RunView& view, Workspace& workspace,
                         Notifier& notifier)
    : page_(page), run_(run), view_(view), workspace_(workspace), notifier_(notifier), keeper_([this] {
        return present();
      }) {
  if (const auto& last = keeper_.last(); last && !last->folder.isEmpty()) {
    SessionOffer offer{last->title, last->folder, {}, last->endedWell, holdsRun(last->folder)};
    offer.when = QLocale().toString(last->when.toLocalTime(), QLocale::ShortFormat);
    page_.sessionCard().show(offer);
  }
  connect(&page_.sessionCard(), &SessionCard::wanted, this, &SessionFlow::goOn);
  connect(&page_.sessionCard(), &SessionCard::forgotten, this, [this] {
    keeper_.forget();
    page_.sessionCard().hide();
  });
  connect(&keeper_, &SessionKeeper::kept, this, &SessionFlow::kept);
  connect(&keeper_, &SessionKeeper::failed, this, [this](const Error& error) {
    Message message = messageOf(error);
    message.kind = MessageKind::kWarning;
    message.text = tr("Where the window is left cannot be kept for the next start. %1").arg(message.text);
    notifier_.tellOnce(message);
  });
  connect(&view_, &RunView::notOpened, this, [this] { opening_.reset(); });
  watchSource(workspace_, WatchedRun::kFirst, this, [this](const EvidenceSource* source) {
    if (!opening_ || !source) return;
    // Another run was opened meanwhile.
    if (QFileInfo(source->folder()) != QFileInfo(opening_->folder)) return opening_.reset();
    // Once all is told of the run, which begins at its last step.
    QMetaObject::invokeMethod(this, &SessionFlow::restoreLook, Qt::QueuedConnection);
  });
}

std::optional<SessionState> SessionFlow::present() const {
  const EvidenceSource* source = workspace_.sourceOf(QString());
  if (!source || source->folder().isEmpty() || opening_) return {};
  SessionState state;
  state.title = view_.title();
  state.folder = QFileInfo(source->folder()).absoluteFilePath();
  state.looked = workspace_.save();
  state.when = QDateTime::currentDateTimeUtc();
  return state;
}

void SessionFlow::goOn() {
  if (keeper_.last()) show(*keeper_.last());
}

void SessionFlow::open(const QString& file) {
  if (const auto state = readSession(file))
    show(*state);
  else
    notifier_.tell(messageOf(state.error()));
}

void SessionFlow::save(const QString& file) {
  const auto state = present();
  if (!state) return;
  if (const Status written = writeSession(file, *state); !written)
    return notifier_.tell(messageOf(written.error()));
  if (run_.isTemporary())
    notifier_.tell(
        {MessageKind::kNote,
         tr("The session is saved. Its run is recorded in a temporary folder: keep it (File ▸ Keep "
            "recorded run), and save the session then, for it to be found again.")});
  else
    notifier_.mention(tr("The session is saved in %1.").arg(file));
}

void SessionFlow::show(const SessionState& state) {
  if (state.folder.isEmpty()) {
    // How things were looked at, without a run.
    if (const Status status = workspace_.restore(state.looked); !status)
      notifier_.tell(messageOf(status.error()));
    return;
  }
  if (!holdsRun(state.folder)) {
    notifier_.tell(
        {MessageKind::kWarning,
         tr("The session's run is not in '%1' any more. Where it has moved, File ▸ Open recorded run "
            "finds it.")
             .arg(state.folder)});
    return;
  }
  opening_ = state;
  view_.open(state.folder);
}

void SessionFlow::restoreLook() {
  const auto state = std::exchange(opening_, std::nullopt);
  const EvidenceSource* source = workspace_.sourceOf(QString());
  if (!state || !source) return;
  if (const Status status = workspace_.restore(state->looked); !status)
    return notifier_.tell(messageOf(status.error()));
  // What was followed live is over: its last step is where it was.
  const RecordedSteps steps = source->steps();
  for (int i = 0; i < workspace_.canvasCount() && !steps->empty(); ++i)
    if (TimeCursor& time = workspace_.canvas(i).time(); time.followsLive()) time.pin(steps->back());
  for (const auto& [run, folder] : Workspace::besideIn(state->looked))
    view_.beside().open(folder, run);
}

void SessionFlow::end(std::optional<SessionState> present) {
  // A recording that was given up went with its run.
  if (present && !holdsRun(present->folder)) {
    keeper_.forget();
    present.reset();
  }
  keeper_.end(present);
}

}  // namespace anchorscope
