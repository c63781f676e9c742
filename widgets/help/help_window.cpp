#include "widgets/help/help_window.h"

#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/help/help_browser.h"
#include "widgets/help/help_pages.h"
#include "widgets/theme/icons.h"

namespace anchorscope {

HelpWindow::HelpWindow(QWidget* parent) : QWidget(parent, Qt::Window) {
  setObjectName(QStringLiteral("helpWindow"));
  setWindowTitle(tr("Help – Anchorscope"));
  resize(980, 760);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->setSpacing(0);

  auto* head = new QWidget;
  head->setObjectName(QStringLiteral("canvasHeader"));
  head->setAttribute(Qt::WA_StyledBackground);
  auto* line = new QHBoxLayout(head);
  line->setContentsMargins(10, 6, 10, 6);
  browser_ = new HelpBrowser;
  const auto button = [&](const char* name, const char* icon, const QString& help, const QKeySequence& keys) {
    auto* made = new QToolButton;
    made->setObjectName(QLatin1String(name));
    made->setIcon(themedIcon(QLatin1String(icon), &Theme::text));
    made->setToolTip(QStringLiteral("%1 (%2)").arg(help, keys.toString(QKeySequence::NativeText)));
    made->setAccessibleName(help);
    made->setFixedSize(30, 26);
    auto* action = new QAction(this);
    action->setShortcut(keys);
    addAction(action);
    connect(action, &QAction::triggered, made, &QToolButton::click);
    line->addWidget(made);
    return made;
  };
  back_ = button("helpBack", "nav-back", tr("Back"), QKeySequence(Qt::ALT | Qt::Key_Left));
  forward_ = button("helpForward", "nav-forward", tr("Forward"), QKeySequence(Qt::ALT | Qt::Key_Right));
  connect(back_, &QToolButton::clicked, browser_, &HelpBrowser::backward);
  connect(forward_, &QToolButton::clicked, browser_, &HelpBrowser::forward);
  line->addStretch(1);
  found_ = new QLabel;
  found_->setProperty("role", "error");
  line->addWidget(found_);
  find_ = new QLineEdit;
  find_->setObjectName(QStringLiteral("helpFind"));
  find_->setPlaceholderText(tr("Find in page (Ctrl+F)"));
  find_->setAccessibleName(tr("Find in page"));
  find_->setClearButtonEnabled(true);
  find_->setToolTip(tr("Return: the next place; Shift+Return: the one before"));
  find_->setFixedWidth(240);
  line->addWidget(find_);
  auto* focusFind = new QAction(this);
  focusFind->setShortcut(QKeySequence::Find);
  addAction(focusFind);
  connect(focusFind, &QAction::triggered, this, [this] {
    find_->setFocus(Qt::ShortcutFocusReason);
    find_->selectAll();
  });
  outer->addWidget(head);

  auto* body = new QHBoxLayout;
  body->setSpacing(0);
  contents_ = new QListWidget;
  contents_->setObjectName(QStringLiteral("helpContents"));
  contents_->setAccessibleName(tr("Contents"));
  contents_->setFixedWidth(248);
  contents_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  contents_->setTextElideMode(Qt::ElideRight);
  contents_->setFrameShape(QFrame::NoFrame);
  contents_->setSpacing(3);
  for (const HelpPage& page : helpPages()) {
    auto* item = new QListWidgetItem(page.title, contents_);
    item->setData(Qt::UserRole, page.name);
    item->setToolTip(page.title);
  }
  body->addWidget(contents_);
  auto* rule = new QWidget;
  rule->setProperty("role", "separator");
  rule->setAttribute(Qt::WA_StyledBackground);
  rule->setFixedWidth(1);
  body->addWidget(rule);
  body->addWidget(browser_, 1);
  outer->addLayout(body, 1);

  connect(contents_, &QListWidget::currentItemChanged, this, [this](const QListWidgetItem* item) {
    if (item) browser_->showPage(item->data(Qt::UserRole).toString());
  });
  connect(browser_, &HelpBrowser::sourceChanged, this, &HelpWindow::refresh);
  connect(browser_, &HelpBrowser::historyChanged, this, &HelpWindow::refresh);
  connect(find_, &QLineEdit::textChanged, this, [this] { findNext(false, false); });
  browser_->showPage(QStringLiteral("index"));
  browser_->setFocus();
}

void HelpWindow::showTopic(const QString& what) {
  const QString page = helpPageOf(what);
  if (browser_->page() != page) browser_->showPage(page);
}

void HelpWindow::refresh() {
  back_->setEnabled(browser_->isBackwardAvailable());
  forward_->setEnabled(browser_->isForwardAvailable());
  const QSignalBlocker quiet(contents_);
  for (int row = 0; row < contents_->count(); ++row)
    if (contents_->item(row)->data(Qt::UserRole).toString() == browser_->page())
      contents_->setCurrentRow(row);
}

void HelpWindow::findNext(bool backward, bool fromHere) {
  const QString text = find_->text();
  const QTextDocument::FindFlags flags = backward ? QTextDocument::FindBackward : QTextDocument::FindFlags();
  QTextCursor cursor = browser_->textCursor();
  if (!fromHere) {
    cursor.setPosition(cursor.selectionStart());
    browser_->setTextCursor(cursor);
  }
  bool found = text.isEmpty() || browser_->find(text, flags);
  if (!found) {  // on from the other end
    const QTextCursor here = browser_->textCursor();
    browser_->moveCursor(backward ? QTextCursor::End : QTextCursor::Start);
    found = browser_->find(text, flags);
    if (!found) browser_->setTextCursor(here);
  }
  found_->setText(found ? QString() : tr("not on this page"));
}

void HelpWindow::keyPressEvent(QKeyEvent* event) {
  if (find_->hasFocus() && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter))
    return findNext((event->modifiers() & Qt::ShiftModifier) != 0, true);
  if (event->key() == Qt::Key_Escape) {
    if (find_->hasFocus() && !find_->text().isEmpty())
      find_->clear();
    else
      close();
    return;
  }
  QWidget::keyPressEvent(event);
}

}  // namespace anchorscope
