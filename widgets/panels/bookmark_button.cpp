#include "widgets/panels/bookmark_button.h"

#include <QInputDialog>
#include <QMenu>

#include "widgets/models/number_text.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

/// As the text of a menu's entry, in which "&" is none of ours.
QString menuText(const Bookmark& bookmark) {
  constexpr qsizetype kLongest = 60;
  QString text = BookmarkButton::textOf(bookmark);
  if (text.size() > kLongest) text = text.left(kLongest - 1) + QStringLiteral("…");
  return text.replace(QLatin1Char('&'), QLatin1String("&&"));
}

}  // namespace

BookmarkButton::BookmarkButton(BookmarkList& bookmarks, QWidget* parent)
    : QToolButton(parent), bookmarks_(bookmarks) {
  setObjectName(QStringLiteral("bookmarks"));
  setIcon(themedIcon(QStringLiteral("bookmark"), &Theme::secondaryText));
  setPopupMode(QToolButton::InstantPopup);
  setFocusPolicy(Qt::TabFocus);
  setToolTip(tr("Bookmarks: steps to find again, with a note each (B marks the shown step)"));
  setAccessibleName(tr("Bookmarks"));
  setMenu(new QMenu(this));
  connect(menu(), &QMenu::aboutToShow, this, &BookmarkButton::fill);
}

QString BookmarkButton::textOf(const Bookmark& bookmark) {
  const QString step = tr("step %1").arg(countText(bookmark.step));
  return bookmark.note.empty() ? step : tr("%1 · %2").arg(step, QString::fromStdString(bookmark.note));
}

void BookmarkButton::setStep(std::int64_t step) {
  step_ = step;
  setEnabled(step >= 0 || !bookmarks_.all().empty());
}

void BookmarkButton::mark() {
  if (step_ < 0) return;
  if (bookmarks_.at(step_))
    askForNote(step_);
  else
    bookmarks_.put(step_, {});
}

void BookmarkButton::askForNote(std::int64_t step) {
  const Bookmark* bookmark = bookmarks_.at(step);
  if (!bookmark) return;
  auto* dialog = new QInputDialog(this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Bookmark"));
  dialog->setLabelText(tr("Note for step %1:").arg(countText(step)));
  dialog->setTextValue(QString::fromStdString(bookmark->note));
  connect(dialog, &QInputDialog::textValueSelected, this, [this, step](const QString& note) {
    if (bookmarks_.at(step)) bookmarks_.put(step, note.trimmed());
  });
  dialog->open();
}

void BookmarkButton::showMenuOf(std::int64_t step, const QPoint& global) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  addEntries(*menu, step);
  menu->popup(global);
}

void BookmarkButton::addEntries(QMenu& menu, std::int64_t step) {
  menu.addAction(tr("&Go there"), this, [this, step] { emit stepWanted(step); });
  menu.addAction(tr("&Rename…"), this, [this, step] { askForNote(step); });
  menu.addAction(tr("Re&move"), this, [this, step] { bookmarks_.remove(step); });
}

void BookmarkButton::fill() {
  QMenu& menu = *this->menu();
  menu.clear();
  if (step_ >= 0 && !bookmarks_.at(step_))
    menu.addAction(tr("&Mark step %1").arg(countText(step_)), this, &BookmarkButton::mark);
  else if (step_ >= 0)
    menu.addAction(tr("&Note for step %1…").arg(countText(step_)), this, &BookmarkButton::mark);
  menu.addSeparator();
  for (const Bookmark& bookmark : bookmarks_.all())
    addEntries(*menu.addMenu(menuText(bookmark)), bookmark.step);
  if (bookmarks_.all().empty()) menu.addAction(tr("No bookmarks yet"))->setEnabled(false);
}

}  // namespace anchorscope
