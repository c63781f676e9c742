#include "widgets/models/bookmark_list.h"

#include <QMetaObject>
#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

auto placeOf(std::vector<Bookmark>& bookmarks, std::int64_t step) {
  return std::lower_bound(bookmarks.begin(), bookmarks.end(), step,
                          [](const Bookmark& bookmark, std::int64_t at) { return bookmark.step < at; });
}

}  // namespace

BookmarkList::BookmarkList(QObject* parent) : QObject(parent) {
  thread_.setMaxThreadCount(1);
}

BookmarkList::~BookmarkList() {
  thread_.waitForDone();
}

void BookmarkList::open(const QString& folder) {
  if (folder == folder_ && !folder.isEmpty()) return;
  folder_ = folder;
  all_.clear();
  removed_.clear();
  untouchable_ = told_ = false;
  reading_ = !folder.isEmpty();
  if (reading_)
    thread_.start([this, folder] {
      auto read = readBookmarks(folder.toStdString());
      QMetaObject::invokeMethod(
          this, [this, folder, read = std::move(read)]() mutable { onRead(folder, std::move(read)); },
          Qt::QueuedConnection);
    });
  emit changed();
}

/// What was added meanwhile stands.
void BookmarkList::onRead(const QString& folder, Result<std::vector<Bookmark>> read) {
  if (folder != folder_ || !reading_) return;
  reading_ = false;
  if (!read) {
    untouchable_ = true;
    return tell(std::move(read).error());
  }
  const bool changedMeanwhile = !all_.empty() || !removed_.empty();
  for (Bookmark& bookmark : *read)
    if (!at(bookmark.step) && std::find(removed_.begin(), removed_.end(), bookmark.step) == removed_.end())
      all_.insert(placeOf(all_, bookmark.step), std::move(bookmark));
  if (changedMeanwhile) save();
  emit changed();
}

const Bookmark* BookmarkList::at(std::int64_t step) const {
  for (const Bookmark& bookmark : all_)
    if (bookmark.step == step) return &bookmark;
  return nullptr;
}

void BookmarkList::put(std::int64_t step, const QString& note) {
  const auto place = placeOf(all_, step);
  if (place != all_.end() && place->step == step)
    place->note = note.toStdString();
  else
    all_.insert(place, {step, note.toStdString()});
  save();
  emit changed();
}

void BookmarkList::remove(std::int64_t step) {
  const auto place = placeOf(all_, step);
  if (place == all_.end() || place->step != step) return;
  all_.erase(place);
  if (reading_) removed_.push_back(step);
  save();
  emit changed();
}

void BookmarkList::save() {
  if (folder_.isEmpty() || reading_ || untouchable_) return;
  thread_.start([this, folder = folder_, all = all_] {
    Status written = writeBookmarks(folder.toStdString(), all);
    if (written) return;
    QMetaObject::invokeMethod(
        this,
        [this, folder, error = std::move(written).error()]() mutable {
          if (folder == folder_) tell(std::move(error));
        },
        Qt::QueuedConnection);
  });
}

void BookmarkList::tell(Error error) {
  if (std::exchange(told_, true)) return;
  error.message = concat("Bookmarks of this run are kept until the window is closed only: ", error.message);
  emit failed(error);
}

}  // namespace anchorscope
