// Actions: when they can be done, and the menus and the sheet of keys that are made from them.
#include "widgets/actions/action_registry.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QActionGroup>
#include <QMenu>
#include <QMenuBar>

#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

class ActionRegistryTest : public ::testing::Test {
 protected:
  ActionRegistryTest() {
    actions.addMenu("file", "&File");
    actions.addMenu("view", "&View");
    actions.addMenu("view.theme", "&Theme", "view");
  }
  QAction* add(const char* id, const char* text, const QKeySequence& keys = {}) {
    return actions.add({id, text, keys, QString("help of ") + id, [this, id] { done << id; }});
  }

  QMenuBar bar;
  ActionRegistry actions{bar};
  QStringList done;
};

TEST_F(ActionRegistryTest, AnActionStandsInItsMenuAndDoesWhatItSays) {
  QAction* open = add("file.open", "&Open…", Qt::CTRL | Qt::Key_O);
  actions.addSeparator("file");
  add("file.quit", "&Quit");
  QAction* dark = add("view.theme.dark", "Dark");
  EXPECT_EQ(actions.ids(), (QStringList{"file.open", "file.quit", "view.theme.dark"}));
  ASSERT_EQ(bar.actions().size(), 2);
  const QMenu* file = bar.actions()[0]->menu();
  EXPECT_EQ(file->title(), "&File");
  ASSERT_EQ(file->actions().size(), 3);
  EXPECT_EQ(file->actions()[0], open);
  EXPECT_TRUE(file->actions()[1]->isSeparator());
  EXPECT_EQ(bar.actions()[1]->menu()->actions()[0]->menu()->actions(), QList<QAction*>{dark});
  EXPECT_EQ(open->statusTip(), "help of file.open");
  EXPECT_EQ(open->toolTip(), "help of file.open (Ctrl+O)");
  EXPECT_EQ(dark->toolTip(), "help of view.theme.dark");
  open->trigger();
  EXPECT_EQ(done, QStringList{"file.open"});
  EXPECT_EQ(actions.find("file.open"), open);
  EXPECT_EQ(actions.find("file.close"), nullptr);
}

TEST_F(ActionRegistryTest, WhatCanBeDoneFollowsFromTheContextAlone) {
  QAction* always = add("file.open", "Open");
  ActionSpec spec{"file.evaluate", "Evaluate", Qt::Key_E, "Average precision", [] {}};
  spec.enabledWhen = [](const ActionContext& at) { return at.live && at.hasValidation; };
  spec.whyNot = [](const ActionContext& at) { return at.hasValidation ? QString() : "no validation images"; };
  const QAction* evaluate = actions.add(spec);
  ActionContext at;
  at.live = true;
  actions.refresh(at);
  EXPECT_TRUE(always->isEnabled());
  EXPECT_FALSE(evaluate->isEnabled());
  EXPECT_EQ(evaluate->toolTip(), "no validation images");
  at.hasValidation = true;
  actions.refresh(at);
  EXPECT_TRUE(evaluate->isEnabled());
  EXPECT_EQ(evaluate->toolTip(), "Average precision (E)");
}

TEST_F(ActionRegistryTest, AnAdoptedActionKeepsItsOwner) {
  QAction run("Run");
  run.setShortcut(Qt::Key_Space);
  run.setStatusTip("Run or pause");
  run.setEnabled(false);
  actions.adopt("file.run", &run);
  actions.refresh({});
  EXPECT_FALSE(run.isEnabled());
  EXPECT_EQ(actions.find("file.run"), &run);
  EXPECT_TRUE(actions.cheatSheet({}).contains("Run or pause"));
}

TEST_F(ActionRegistryTest, OfAGroupOneIsChosen) {
  QActionGroup group(nullptr);
  for (const char* id : {"view.theme.dark", "view.theme.light"}) {
    ActionSpec spec{id, id, {}, "help", [] {}};
    spec.group = &group;
    actions.add(std::move(spec));
  }
  actions.find("view.theme.dark")->trigger();
  actions.find("view.theme.light")->trigger();
  EXPECT_FALSE(actions.find("view.theme.dark")->isChecked());
  EXPECT_TRUE(actions.find("view.theme.light")->isChecked());
}

TEST_F(ActionRegistryTest, TheSheetHoldsWhatHasKeysByMenu) {
  add("file.open", "Open", Qt::CTRL | Qt::Key_O);
  add("file.quit", "Quit");
  const QString sheet = actions.cheatSheet({{"Canvas", {{"[ / ]", "Previous <next>"}}}});
  EXPECT_TRUE(sheet.contains("<i>File</i>"));
  EXPECT_FALSE(sheet.contains("<i>View</i>")) << "nothing in it has a key";
  EXPECT_TRUE(sheet.contains("<b>Ctrl+O</b></td><td>help of file.open"));
  EXPECT_FALSE(sheet.contains("file.quit"));
  EXPECT_TRUE(sheet.contains("<i>Canvas</i>"));
  EXPECT_TRUE(sheet.contains("Previous &lt;next&gt;"));
}

}  // namespace
}  // namespace anchorscope
