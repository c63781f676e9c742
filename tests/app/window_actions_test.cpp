// Everything the window offers: each action with its id, help and keys, and every text open to translation.

#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QAbstractItemModel>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QRegularExpression>
#include <QTableView>
#include <QToolButton>
#include <QTranslator>

#include "tests/app/window_fixture.h"
#include "widgets/actions/action_registry.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/layer_row.h"
#include "widgets/panels/layers_panel.h"
#include "widgets/panels/param_form.h"
#include "widgets/panels/start_page.h"
#include "widgets/plot/curve_legend.h"
#include "widgets/plot/curves_view.h"

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

TEST_F(WindowActionsTest, NoKeyIsExplainedTwice) {
  QTest::keyClick(&window, Qt::Key_Question);
  auto* sheet = window.findChild<QDialog*>("cheatSheet");
  ASSERT_NE(sheet, nullptr);
  const QString text = sheet->findChild<QLabel*>()->text();
  for (const char* key : {"I", "M"})
    EXPECT_EQ(text.count(QStringLiteral("<td><b>%1</b></td>").arg(QLatin1String(key))), 1) << key;
}

TEST_F(WindowActionsTest, WhatCannotBeDoneSaysWhy) {
  EXPECT_FALSE(window.actions().find("history.live")->isEnabled()) << "there is no run";
  EXPECT_EQ(window.actions().whyNot("history.live"), "no run trains");
  run();
  EXPECT_TRUE(window.actions().find("history.live")->isEnabled());
  EXPECT_EQ(window.actions().whyNot("file.closeBeside"), "the active canvas shows no run beside the first");
  window.showStartPage();
  EXPECT_TRUE(window.actions().whyNot("training.rewind").startsWith("no run with a folder is shown"))
      << window.actions().whyNot("training.rewind").toStdString();
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
  openSettings().clear();  // of the recent entries, which are nobody's words
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

/// Puts what was declared in core into brackets, and nothing else.
class DeclaredInBrackets : public QTranslator {
 public:
  QString translate(const char* context, const char* text, const char*, int) const override {
    return qstrcmp(context, "core") == 0 ? QStringLiteral("⟦%1⟧").arg(QString::fromUtf8(text)) : QString();
  }
  bool isEmpty() const override { return false; }
};

TEST(WindowTextsTest, WhatIsDeclaredInCoreIsOpenToTranslation) {
  testing::removeUnkeptRuns();
  DeclaredInBrackets brackets;
  ASSERT_TRUE(QCoreApplication::installTranslator(&brackets));
  {
    testing::FreshWindow fresh;
    MainWindow& window = fresh.window;
    int options = 0;
    for (const ParamForm* form : window.startPage().findChildren<ParamForm*>())
      for (const QLabel* label : form->findChildren<QLabel*>())
        if (label->buddy()) {
          EXPECT_TRUE(label->toolTip().contains("⟦")) << label->text().toStdString();
          ++options;
        }
    EXPECT_GT(options, 30);
    EXPECT_TRUE(window.startPage().findChild<QComboBox*>("method")->currentText().startsWith("⟦"));

    fresh.start();
    EvidenceDeclaration declaration;
    ScalarSpec loss;
    loss.name = "loss.cls";
    loss.title = "Classification loss";
    declaration.scalars = {loss};
    fresh.trainer.publishFacts({"a.jpg"}, declaration);
    fresh.trainer.setState(TrainerState::kRunning);
    fresh.trainer.publish(5, {testing::makeSyntheticFrame()});
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
    const auto& legend = *window.page().curves().legend();
    EXPECT_TRUE(QTest::qWaitFor([&] {
      return legend.entries().size() == 2 && legend.entries()[0].title == "⟦Classification loss⟧";
    }));
    EXPECT_EQ(legend.entries()[1].title, "loss.loc") << "a name is the same in every language";
    QStringList titles;
    // What is not drawn is folded under its subject.
    window.page().layers().findChild<QToolButton*>(QStringLiteral("subject:losses"))->click();
    for (const LayerRow* row : window.page().layers().findChildren<LayerRow*>()) {
      EXPECT_TRUE(row->toolTip().startsWith("⟦")) << row->toolTip().toStdString();
      for (const QLabel* label : row->findChildren<QLabel*>())
        titles << label->text();
    }
    EXPECT_TRUE(titles.contains("⟦Classification loss⟧")) << titles.join('|').toStdString();
    window.workspace().active().selectObject(0);
    const QAbstractItemModel* pairs = window.page().inspector().bagTable()->model();
    int columns = 0;
    for (int column = 0; column < pairs->columnCount(); ++column)
      columns += pairs->headerData(column, Qt::Horizontal).toString().startsWith("⟦") ? 1 : 0;
    EXPECT_GT(columns, 3);
    testing::keepPicture(window.grab().toImage(), "declared_translated");
  }
  QCoreApplication::removeTranslator(&brackets);
}

}  // namespace
}  // namespace anchorscope
