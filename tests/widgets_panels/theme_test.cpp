// The style sheet and the icons in both themes.
#include <gtest/gtest.h>

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QRegularExpression>
#include <QSlider>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "tests/support/qt_application.h"
#include "widgets/theme/app_theme.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

/// Pixels that are wholly of this colour.
int countColor(const QIcon& icon, const QColor& color, QIcon::Mode mode = QIcon::Normal,
               QIcon::State state = QIcon::Off) {
  const QImage drawn =
      icon.pixmap(QSize(32, 32), mode, state).toImage().convertToFormat(QImage::Format_ARGB32);
  int count = 0;
  for (int y = 0; y < drawn.height(); ++y)
    for (int x = 0; x < drawn.width(); ++x)
      count += drawn.pixelColor(x, y) == color ? 1 : 0;
  return count;
}

class ThemeTest : public ::testing::TestWithParam<ThemeChoice> {
 protected:
  ThemeTest() { applyTheme(*qApp, GetParam()); }
  ~ThemeTest() override { qApp->setStyleSheet({}); }
  const Theme& theme() const { return GetParam() == ThemeChoice::kDark ? darkTheme() : lightTheme(); }
};

TEST_P(ThemeTest, EveryColourOfTheStyleSheetIsFilledIn) {
  EXPECT_EQ(&themeOf(QApplication::palette()), &theme());
  const QString sheet = qApp->styleSheet();
  EXPECT_FALSE(QRegularExpression(QStringLiteral("\\{[a-zA-Z]+\\}")).match(sheet).hasMatch());
  EXPECT_TRUE(sheet.contains(theme().panel.name()));
}

TEST_P(ThemeTest, EveryIconIsDrawnInTheThemesColour) {
  loadIcons();
  const QStringList files = QDir(QStringLiteral(":/icons")).entryList({QStringLiteral("*.svg")});
  ASSERT_GT(files.size(), 10);
  for (const QString& file : files) {
    const QString name = file.chopped(4);
    EXPECT_GT(countColor(themedIcon(name), theme().text), 4) << name.toStdString();
    EXPECT_GT(countColor(themedIcon(name, &Theme::failed), theme().failed), 4) << name.toStdString();
    EXPECT_EQ(countColor(themedIcon(name, &Theme::failed), theme().failed, QIcon::Disabled), 0);
  }
}

TEST_P(ThemeTest, AnIconThatWasMadeBeforeFollowsTheTheme) {
  const QIcon icon = themedIcon(QStringLiteral("stop"));
  applyTheme(*qApp, GetParam() == ThemeChoice::kDark ? ThemeChoice::kLight : ThemeChoice::kDark);
  const Theme& other = GetParam() == ThemeChoice::kDark ? lightTheme() : darkTheme();
  EXPECT_GT(countColor(icon, other.text), 20);
}

TEST_P(ThemeTest, ACheckedIconIsAnotherOne) {
  const QIcon eye = themedIcon(QStringLiteral("eye-off"), &Theme::text, QStringLiteral("eye"));
  EXPECT_GT(countColor(eye, theme().text, QIcon::Normal, QIcon::On), 4);
  EXPECT_EQ(countColor(eye, theme().text, QIcon::Normal, QIcon::Off), 0);
  EXPECT_GT(countColor(eye, theme().secondaryText, QIcon::Normal, QIcon::Off), 4);
}

TEST_P(ThemeTest, WhatHasTheFocusLooksSo) {
  QWidget window;
  auto* column = new QVBoxLayout(&window);
  const auto withRole = [](auto* widget, const char* role) {
    widget->setProperty("role", role);
    return widget;
  };
  auto* table = new QTableWidget(2, 2);
  auto* slider = new QSlider(Qt::Horizontal);
  auto* tool = new QToolButton;
  auto* icon = withRole(new QToolButton, "icon");
  auto* link = withRole(new QToolButton, "link");
  for (QToolButton* button : {tool, icon, link})
    button->setText("button");
  const QList<QWidget*> focusable{table,
                                  slider,
                                  tool,
                                  icon,
                                  link,
                                  withRole(new QToolButton, "transport"),
                                  new QPushButton("push"),
                                  withRole(new QPushButton("primary"), "primary"),
                                  withRole(new QPushButton("link"), "link"),
                                  new QCheckBox("check"),
                                  new QRadioButton("radio"),
                                  new QLineEdit,
                                  new QSpinBox,
                                  new QComboBox,
                                  new QTreeWidget};
  for (QWidget* widget : focusable) {
    widget->setFocusPolicy(Qt::StrongFocus);
    column->addWidget(widget);
  }
  auto* elsewhere = new QLineEdit;
  column->addWidget(elsewhere);
  window.show();
  window.activateWindow();
  ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
  const auto picture = [](QWidget* widget) { return widget->grab().toImage(); };
  for (QWidget* widget : focusable) {
    elsewhere->setFocus(Qt::TabFocusReason);
    const QImage without = picture(widget);
    widget->setFocus(Qt::TabFocusReason);
    ASSERT_EQ(QApplication::focusWidget(), widget);
    EXPECT_NE(picture(widget), without)
        << widget->metaObject()->className() << ' ' << widget->property("role").toString().toStdString();
  }
}

INSTANTIATE_TEST_SUITE_P(Themes, ThemeTest, ::testing::Values(ThemeChoice::kDark, ThemeChoice::kLight),
                         [](const auto& choice) { return toString(choice.param).toStdString(); });

}  // namespace
}  // namespace anchorscope
