#include "app/run/leftover_list.h"

#include <QMetaObject>
#include <algorithm>

#include "app/run/temporary_run.h"

namespace anchorscope {

void LeftoverList::search() {
  search_ = std::async(std::launch::async, [this] {
    auto all = std::make_shared<std::vector<Leftover>>(findLeftovers());
    QMetaObject::invokeMethod(this, [this, all] {
      if (all->empty()) return;
      leftovers_.insert(leftovers_.end(), all->begin(), all->end());
      emit changed();
      emit found(all->front().title);
    });
  });
}

void LeftoverList::add(std::shared_ptr<TemporaryRun> run) {
  leftovers_.push_back(describe(std::move(run)));
  emit changed();
}

const Leftover* LeftoverList::find(const QString& folder) const {
  const auto at =
      std::ranges::find(leftovers_, folder, [](const Leftover& leftover) { return leftover.run->folder(); });
  return at == leftovers_.end() ? nullptr : &*at;
}

std::shared_ptr<TemporaryRun> LeftoverList::take(const QString& folder) {
  const Leftover* leftover = find(folder);
  if (!leftover) return nullptr;
  auto run = leftover->run;
  leftovers_.erase(leftovers_.begin() + (leftover - leftovers_.data()));
  emit changed();
  return run;
}

}  // namespace anchorscope
