// Everything the window offers: each action with its id, help and keys, and every text open to translation.

#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QDockWidget>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QRegularExpression>
#include <QTranslator>

#include "tests/app/window_fixture.h"
#include "widgets/actions/action_registry.h"
#include "widgets/panels/param_form.h"

namespace anchorscope {
namespace {

using WindowActionsTest = testing::WindowFixture;

TEST_F(WindowActionsTest, EachHasATextAHelpAndKeysOfItsOwn) {
  const ActionRegistry& actions = window.actions();
  QHash<QString, QString> taken;
  ASSERT_GT(actions.ids().size(), 30);
  for (const QString& id : actions.ids()) {
    const QAction* found = actions.find(id);
    EXPECT_FALSE(found->text().isEmpty()) << id.toStdString();
    EXPECT_FALSE(found->statusTip().isEmpty()) << id.toStdString();
    for (const QKeySequence& keys : found->shortcuts()) {
      const QString text = keys.toString();
      EXPECT_FALSE(taken.contains(text)) << id.toStdString() << " and " << taken[text].toStdString();
      taken.insert(text, id);
    }
  }
  EXPECT_GT(taken.size(), 20);
}

TEST_F(WindowActionsTest, NothingHasKeysThatIsNoAction) {
  QSet<const QAction*> known;
  for (const QString& id : window.actions().ids())
    known << window.actions().find(id);
  for (const QAction* found : window.findChildren<QAction*>())
    EXPECT_TRUE(found->shortcut().isEmpty() || known.contains(found)) << found->text().toStdString();
}

TEST_F(WindowActionsTest, EachStandsInTheMenusAndThoseWithKeysOnTheSheet) {
  QSet<const QAction*> inMenus;
  const std::function<void(const QList<QAction*>&)> walk = [&](const QList<QAction*>& list) {
    for (const QAction* entry : list)
      if (entry->menu())
        walk(entry->menu()->actions());
      else
        inMenus << entry;
  };
  walk(window.findChild<QMenuBar*>()->actions());
  const QString sheet = window.actions().cheatSheet({});
  for (const QString& id : window.actions().ids()) {
    const QAction* found = window.actions().find(id);
    EXPECT_TRUE(inMenus.contains(found)) << id.toStdString();
    if (!found->shortcut().isEmpty()) {
      EXPECT_TRUE(sheet.contains(found->statusTip().toHtmlEscaped())) << id.toStdString();
    }
  }
}

/// Translates into the same in brackets.
class Brackets : public QTranslator {
 public:
  QString translate(const char*, const char* text, const char*, int) const override {
    return QStringLiteral("⟦%1⟧").arg(QString::fromUtf8(text));
  }
  bool isEmpty() const override { return false; }
};

TEST(WindowTextsTest, MenusAndActionsAreOpenToTranslation) {
  Brackets brackets;
  ASSERT_TRUE(QCoreApplication::installTranslator(&brackets));
  {
    testing::FakeTrainer trainer;
    MainWindow window(trainer.factory());
    for (const QString& id : window.actions().ids()) {
      EXPECT_TRUE(window.actions().find(id)->text().startsWith("⟦")) << id.toStdString();
      EXPECT_TRUE(window.actions().find(id)->statusTip().contains("⟦")) << id.toStdString();
    }
    for (const QAction* menu : window.findChild<QMenuBar*>()->actions())
      EXPECT_TRUE(menu->text().startsWith("⟦")) << menu->text().toStdString();
  }
  QCoreApplication::removeTranslator(&brackets);
}

/// Whether somebody could read this who knows no English; numbers and signs need no translation.
bool isTranslated(const QString& text) {
  static const QRegularExpression words(QStringLiteral("[A-Za-z]{2,}"));
  return !text.contains(words) || text.contains(QStringLiteral("⟦"));
}

TEST(WindowTextsTest, WhatControlsAndTitlesSayIsOpenToTranslation) {
  Brackets brackets;
  ASSERT_TRUE(QCoreApplication::installTranslator(&brackets));
  {
    testing::FakeTrainer trainer;
    MainWindow window(trainer.factory());
    int texts = 0;
    const auto check = [&](const QWidget* widget, const char* what, const QString& text) {
      texts += text.isEmpty() ? 0 : 1;
      EXPECT_TRUE(isTranslated(text))
          << widget->metaObject()->className() << " '" << widget->objectName().toStdString() << "', " << what
          << ": " << text.toStdString();
    };
    for (const QWidget* widget : window.findChildren<QWidget*>()) {
      // Options, methods, metrics and scalars are named and described by those who declare them.
      const QWidget* form = widget;
      while (form && !qobject_cast<const ParamForm*>(form))
        form = form->parentWidget();
      if (form || widget->objectName() == QLatin1String("curveLegend")) continue;
      if (const auto* label = qobject_cast<const QLabel*>(widget)) {
        if (label->property("role") == "section" && label->objectName() != QLatin1String("layerDetails"))
          check(widget, "title", label->text());
        continue;
      }
      check(widget, "tooltip", widget->toolTip());
      check(widget, "accessible name", widget->accessibleName());
      if (const auto* button = qobject_cast<const QAbstractButton*>(widget))
        check(widget, "text", button->text());
      if (const auto* edit = qobject_cast<const QLineEdit*>(widget))
        check(widget, "placeholder", edit->placeholderText());
      if (const auto* dock = qobject_cast<const QDockWidget*>(widget))
        check(widget, "title", dock->windowTitle());
    }
    EXPECT_GT(texts, 80);
  }
  QCoreApplication::removeTranslator(&brackets);
}

}  // namespace
}  // namespace anchorscope
