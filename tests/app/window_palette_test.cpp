// The palette in the window: everything it offers is done with the keyboard alone.

#include <gtest/gtest.h>

#include <QLabel>
#include <QLineEdit>
#include <QTest>

#include "tests/app/window_fixture.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/palette/command_palette.h"

namespace anchorscope {
namespace {

class WindowPaletteTest : public testing::WindowFixture {
 protected:
  ~WindowPaletteTest() override { openSettings().remove("palette/recent"); }
  CommandPalette& palette() { return *window.findChild<CommandPalette*>(); }
  void open() {
    QTest::keyClick(&window, Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_TRUE(palette().isVisible());
  }
  void type(const QString& text) {
    open();
    QTest::keyClicks(QApplication::focusWidget(), text);
  }
  void enter() { QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return); }
  QString first(int role = Qt::DisplayRole) { return palette().model().index(0).data(role).toString(); }
};

TEST_F(WindowPaletteTest, OffersEveryActionWithItsMenuAndKeysAndSaysWhyOneCannotBeDone) {
  type("export curves");
  EXPECT_EQ(first(), "Export curves…");
  EXPECT_EQ(first(PaletteModel::kDetailRole), "Figure");
  EXPECT_EQ(first(PaletteModel::kKeysRole), QKeySequence("Ctrl+Shift+C").toString(QKeySequence::NativeText));
  EXPECT_EQ(first(PaletteModel::kWhyNotRole), "no run is shown");
  enter();
  EXPECT_TRUE(palette().isVisible());
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  type("link zoom");
  EXPECT_EQ(first(PaletteModel::kDetailRole), "View ▸ Canvases");
  EXPECT_EQ(first(PaletteModel::kWhyNotRole), "no run is shown, and there is but one canvas");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  // Every one of the menus' is there, but for panels, which are a kind of their own, and the palette itself.
  open();
  QStringList texts;
  for (int row = 0; row < palette().model().rowCount(); ++row)
    if (palette().model().index(row).data(PaletteModel::kKindRole) == "command")
      texts << palette().model().index(row).data().toString();
  EXPECT_EQ(texts.size(), window.actions().ids().size() - window.page().docks().all().size() - 1);
  run();
  type("export curves");
  EXPECT_EQ(first(PaletteModel::kWhyNotRole), "");
}

TEST_F(WindowPaletteTest, GoesToPanelsLayersOptionsAndImages) {
  run();
  const CanvasModel& canvas = window.workspace().active();
  type("live parameters");
  EXPECT_EQ(first(PaletteModel::kKindRole), "panel");
  enter();
  EXPECT_TRUE(window.page().docks().find("parameters")->isVisible());

  ASSERT_FALSE(canvas.layers().find("predictions")->visible);
  type("predictions");
  EXPECT_EQ(first(PaletteModel::kKindRole), "layer");
  enter();
  EXPECT_TRUE(canvas.layers().find("predictions")->visible);

  type("train.lr");
  EXPECT_EQ(first(), "train.lr");
  EXPECT_EQ(first(PaletteModel::kKindRole), "option");
  testing::keepPicture(window.grab().toImage(), "palette_dark");
  enter();
  EXPECT_TRUE(QTest::qWaitFor(
      [] { return QApplication::focusWidget() && QApplication::focusWidget()->objectName() == "train.lr"; }));

  trainer.takeCommands();
  type("b.jpg");
  EXPECT_EQ(first(), "b.jpg");
  EXPECT_EQ(first(PaletteModel::kDetailRole), "becomes a probe");
  enter();
  std::vector<std::string> wanted;
  for (const Command& command : trainer.takeCommands())
    if (const auto* probes = std::get_if<SetProbesCommand>(&command)) wanted = probes->imageNames;
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[1], "b.jpg");
}

TEST_F(WindowPaletteTest, RemembersWhatWasUsedLastForTheNextWindow) {
  type("reading the window");
  enter();
  EXPECT_EQ(openSettings().value("palette/recent").toStringList(), QStringList{"command/help.window"});
  MainWindow next(trainer.factory());
  next.show();
  next.showPalette();
  EXPECT_EQ(next.findChild<CommandPalette*>()->model().index(0).data().toString(), "Reading the window");
}

}  // namespace
}  // namespace anchorscope
