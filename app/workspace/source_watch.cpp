#include "app/workspace/source_watch.h"

#include <QObject>
#include <QPointer>
#include <memory>
#include <utility>

#include "app/workspace/workspace.h"

namespace anchorscope {

void watchSource(Workspace& workspace, WatchedRun which, QObject* listener,
                 std::function<void(EvidenceSource* source)> met) {
  struct Watched {
    QPointer<EvidenceSource> source;
    bool none = true;  // a source that is gone is another than none
  };
  const auto look = [&workspace, which, listener, met = std::move(met),
                     watched = std::make_shared<Watched>()](bool first) {
    EvidenceSource* source =
        which == WatchedRun::kActive ? workspace.source() : workspace.sourceOf(QString());
    if (!first && watched->source == source && watched->none == (source == nullptr)) return;
    if (watched->source) watched->source->disconnect(listener);
    *watched = {source, source == nullptr};
    met(source);
  };
  QObject::connect(&workspace, &Workspace::sourceChanged, listener, [look] { look(false); });
  QObject::connect(&workspace, &Workspace::runsChanged, listener, [look] { look(false); });
  look(true);
}

}  // namespace anchorscope
