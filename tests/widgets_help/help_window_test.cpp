// The help window under real mouse and key events: contents, links, back, find, copy, both themes.
#include "widgets/help/help_window.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QScrollBar>
#include <QTest>
#include <QTextBlock>
#include <QToolButton>

#include "tests/support/qt_application.h"
#include "widgets/help/help_browser.h"
#include "widgets/help/help_pages.h"
#include "widgets/state/theme.h"
#include "widgets/theme/app_theme.h"

namespace anchorscope {
namespace {

class HelpWindowTest : public ::testing::Test {
 protected:
  HelpWindowTest() {
    applyTheme(*qApp, ThemeChoice::kDark);
    window.show();
    window.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&window));
  }
  ~HelpWindowTest() override { applyTheme(*qApp, ThemeChoice::kDark); }
  HelpBrowser& browser() { return *window.browser(); }
  /// Clicks a link by its text.
  void clickLink(const QString& text) {
    QTextCursor cursor = browser().document()->find(text);
    ASSERT_FALSE(cursor.isNull());
    cursor.setPosition(cursor.selectionStart() + 2);
    browser().setTextCursor(cursor);
    browser().ensureCursorVisible();
    QTest::mouseClick(browser().viewport(), Qt::LeftButton, {}, browser().cursorRect(cursor).center());
  }

  HelpWindow window;
};

TEST_F(HelpWindowTest, LinksContentsBackAndForward) {
  EXPECT_EQ(browser().page(), "index");
  clickLink("MuSu: mutual supervision");
  EXPECT_EQ(browser().page(), "musu");
  auto* contents = window.findChild<QListWidget*>("helpContents");
  EXPECT_EQ(contents->currentItem()->data(Qt::UserRole).toString(), "musu");
  for (int row = 0; row < contents->count(); ++row)
    if (contents->item(row)->data(Qt::UserRole).toString() == "lip")
      QTest::mouseClick(contents->viewport(), Qt::LeftButton, {},
                        contents->visualItemRect(contents->item(row)).center());
  EXPECT_EQ(browser().page(), "lip");
  QTest::mouseClick(window.findChild<QToolButton*>("helpBack"), Qt::LeftButton);
  EXPECT_EQ(browser().page(), "musu");
  QTest::keyClick(&window, Qt::Key_Right, Qt::AltModifier);
  EXPECT_EQ(browser().page(), "lip");
  EXPECT_FALSE(window.findChild<QToolButton*>("helpForward")->isEnabled());
}

TEST_F(HelpWindowTest, FindsGoesOnAndTellsWhenThereIsNothing) {
  window.showTopic("musu");
  QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
  ASSERT_TRUE(window.findEdit()->hasFocus());
  QTest::keyClicks(window.findEdit(), "threshold");
  EXPECT_EQ(browser().textCursor().selectedText().toLower(), "threshold");
  const int first = browser().textCursor().selectionStart();
  QTest::keyClick(window.findEdit(), Qt::Key_Return);
  EXPECT_GT(browser().textCursor().selectionStart(), first);
  QTest::keyClick(window.findEdit(), Qt::Key_Return, Qt::ShiftModifier);
  EXPECT_EQ(browser().textCursor().selectionStart(), first);
  window.findEdit()->selectAll();
  QTest::keyClicks(window.findEdit(), "zzz");
  bool told = false;
  for (const QLabel* label : window.findChildren<QLabel*>())
    told = told || label->text().contains("not on this page");
  EXPECT_TRUE(told);
}

TEST_F(HelpWindowTest, FormulasAreCopiedAsTex) {
  window.showTopic("musu");
  browser().selectAll();
  browser().copy();
  const QString copied = QApplication::clipboard()->text();
  EXPECT_TRUE(copied.contains("P_{ig} = p_{ig}^{\\,1-\\beta}")) << copied.left(2000).toStdString();
  EXPECT_FALSE(copied.contains(QChar(QChar::ObjectReplacementCharacter)));
}

TEST_F(HelpWindowTest, FollowsTheThemeAndKeepsThePlace) {
  window.showTopic("musu");
  browser().verticalScrollBar()->setValue(120);
  const QUrl formula("formula:musu_joint");
  const auto inkOf = [&] {
    const QImage image =
        browser().document()->resource(QTextDocument::ImageResource, formula).value<QImage>();
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x)
        if (image.pixelColor(x, y).alpha() == 255) return image.pixelColor(x, y);
    return QColor();
  };
  EXPECT_EQ(inkOf().rgb(), darkTheme().text.rgb());
  testing::keepPicture(window.grab().toImage(), "help_musu_dark");
  applyTheme(*qApp, ThemeChoice::kLight);
  EXPECT_EQ(inkOf().rgb(), lightTheme().text.rgb());
  EXPECT_EQ(browser().verticalScrollBar()->value(), 120);
  testing::keepPicture(window.grab().toImage(), "help_musu_light");
}

TEST_F(HelpWindowTest, NothingIsWiderThanThePage) {
  window.resize(900, 700);
  for (const HelpPage& page : helpPages()) {
    window.showTopic(page.name);
    QCoreApplication::processEvents();
    EXPECT_EQ(browser().horizontalScrollBar()->maximum(), 0) << page.name.toStdString();
    testing::keepPicture(window.grab().toImage(), "help_" + page.name);
  }
}

TEST_F(HelpWindowTest, EscapeClearsTheSearchThenCloses) {
  window.findEdit()->setFocus();
  QTest::keyClicks(window.findEdit(), "bag");
  QTest::keyClick(window.findEdit(), Qt::Key_Escape);
  EXPECT_TRUE(window.findEdit()->text().isEmpty());
  EXPECT_TRUE(window.isVisible());
  QTest::keyClick(window.findEdit(), Qt::Key_Escape);
  EXPECT_FALSE(window.isVisible());
}

}  // namespace
}  // namespace anchorscope
