#pragma once
// The bookmarks of a run as a menu: adds one at the shown step, goes to one, renames and removes it.

#include <QToolButton>
#include <cstdint>

#include "widgets/models/bookmark_list.h"

class QMenu;

namespace anchorscope {

/// GUI thread only.
class BookmarkButton : public QToolButton {
  Q_OBJECT

 public:
  /// `bookmarks` must outlive it.
  explicit BookmarkButton(BookmarkList& bookmarks, QWidget* parent = nullptr);

  /// Where the views stand; -1: nowhere that could be marked.
  void setStep(std::int64_t step);
  /// Marks the shown step. One that is marked is asked for its note instead.
  void mark();
  /// Asks for the note of a bookmark.
  void askForNote(std::int64_t step);
  /// What can be done with one, as a menu at a place on the screen.
  void showMenuOf(std::int64_t step, const QPoint& global);

  /// "step 40 · before the rate falls"
  static QString textOf(const Bookmark& bookmark);

 signals:
  void stepWanted(std::int64_t step);

 private:
  void fill();
  void addEntries(QMenu& menu, std::int64_t step);

  BookmarkList& bookmarks_;
  std::int64_t step_ = -1;
};

}  // namespace anchorscope
