// Several canvases in the window: split, looked at apart, zoomed together, undone, exported, remembered.

#include <gtest/gtest.h>

#include <QComboBox>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QToolButton>
#include <cmath>

#include "app/settings.h"
#include "app/workspace/canvas_grid.h"
#include "core/store/run_writer.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/canvas_header.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/layers_panel.h"

namespace anchorscope {
namespace {

std::shared_ptr<const ProbeFrame> frameOf(const std::string& name, std::int64_t step,
                                          std::shared_ptr<const Variant> variant = nullptr) {
  StageEvidence evidence = *testing::makeSyntheticEvidence({.step = step});
  auto image = std::make_shared<ProbeImage>(*evidence.image);
  image->name = name;
  evidence.image = std::move(image);
  if (variant) {
    // The other method weighs the other way round.
    for (Channel& channel : evidence.channels)
      if (channel.spec.name.ends_with("w_cls"))
        for (float& value : channel.values)
          value = 1 - value;
    evidence.variant = std::move(variant);
  }
  return ProbeFrame::of(std::move(evidence));
}

class WindowCanvasesTest : public testing::WindowFixture {
 protected:
  ~WindowCanvasesTest() override { openSettings().clear(); }

  void runTwoProbes() {
    run();
    trainer.publish(6, {frameOf("a.jpg", 6), frameOf("b.jpg", 6)});
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().probes().size() == 2; }));
  }
  void record() {
    auto writer = createRun(recorded, RunHeader(), Overwrite::kYes);
    ASSERT_TRUE(writer) << writer.error().text();
    const auto atss =
        std::make_shared<const Variant>(Variant{"atss", {{"assigner", "atss"}, {"top_k", "9"}}});
    for (std::int64_t step = 0; step < 4; ++step) {
      StepRecord made{step, {}, {frameOf("a.jpg", step), frameOf("b.jpg", step)}};
      if (step != 1) made.frames.push_back(frameOf("a.jpg", step, atss));
      (*writer)->record(std::move(made));
    }
  }
  void open() {
    record();
    window.runView().open(QString::fromStdString(recorded));
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.runView().recordedRun() && rested(); }));
  }
  bool rested() { return window.runView().recordedRun()->isRested(); }
  CanvasView& canvas(int index) { return window.page().canvases().canvas(index); }
  CanvasHeader& header(int index) { return window.page().canvases().header(index); }
  CanvasModel& model(int index) { return window.workspace().canvas(index); }
  void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
    QTest::keyClick(window.focusWidget() ? window.focusWidget() : &window, key, modifiers);
    QCoreApplication::sendPostedEvents();
  }
  void click(int index, QPoint at = {5, 5}) {
    QTest::mouseClick(&canvas(index), Qt::LeftButton, {}, at);
    QCoreApplication::sendPostedEvents();
  }
  QString title(int index) { return header(index).findChildren<QLabel*>().first()->text(); }

  const testing::TemporaryFolder folder;
  const std::string recorded = (folder / "run").string();
};

TEST_F(WindowCanvasesTest, TwoShowTwoImagesAndZoomTogether) {
  runTwoProbes();
  EXPECT_FALSE(header(0).findChild<QToolButton*>("ownStep")->isVisible()) << "one canvas goes with itself";
  press(Qt::Key_2, Qt::ControlModifier | Qt::AltModifier);
  ASSERT_EQ(window.workspace().canvasCount(), 2);
  QCoreApplication::sendPostedEvents();
  EXPECT_NEAR(canvas(0).width(), canvas(1).width(), 1);
  EXPECT_EQ(canvas(0).height(), canvas(1).height());
  EXPECT_TRUE(header(1).findChild<QToolButton*>("ownStep")->isVisible());
  click(1);
  EXPECT_EQ(window.workspace().activeIndex(), 1);
  auto* probes = window.findChild<QListWidget*>("probeList");
  QTest::mouseClick(probes->viewport(), Qt::LeftButton, {}, probes->visualItemRect(probes->item(1)).center());
  EXPECT_EQ(title(0), "a.jpg");
  EXPECT_EQ(title(1), "b.jpg");
  click(0);
  EXPECT_EQ(probes->currentRow(), 0) << "panels tell of the active canvas";
  const double before = canvas(1).zoom();
  QWheelEvent wheel({100, 100}, canvas(0).mapToGlobal(QPointF(100, 100)), {}, {0, 240}, {}, {}, {}, false);
  QApplication::sendEvent(&canvas(0), &wheel);
  EXPECT_GT(canvas(0).zoom(), before);
  EXPECT_NEAR(canvas(1).zoom(), canvas(0).zoom(), 1e-9);
  window.actions().find("view.canvases.link")->trigger();
  EXPECT_FALSE(window.actions().find("view.canvases.link")->isChecked());
  const double own = canvas(1).zoom();
  QApplication::sendEvent(&canvas(0), &wheel);
  EXPECT_NE(canvas(0).zoom(), own);
  EXPECT_EQ(canvas(1).zoom(), own);
  testing::keepPicture(window.grab().toImage(), "canvases_two");
  press(Qt::Key_F6);
  EXPECT_EQ(window.workspace().activeIndex(), 1);
  EXPECT_TRUE(canvas(1).hasFocus());
  press(Qt::Key_1, Qt::ControlModifier | Qt::AltModifier);
  ASSERT_EQ(window.workspace().canvasCount(), 1);
  EXPECT_EQ(title(0), "b.jpg") << "the one that was worked with stays";
  EXPECT_TRUE(canvas(0).hasFocus());
  EXPECT_TRUE(window.findChild<QToolButton*>("ownStep")->isHidden());
}

TEST_F(WindowCanvasesTest, LayersAreEachCanvasOwnAndAreUndone) {
  runTwoProbes();
  press(Qt::Key_2, Qt::ControlModifier | Qt::AltModifier);
  click(1);
  const auto eyeOf = [&](const char* id) {
    for (QToolButton* found :
         window.page().layers().findChildren<QToolButton*>(QStringLiteral("eye:") + QLatin1String(id)))
      if (found->isVisible()) return found;
    return static_cast<QToolButton*>(nullptr);
  };
  QToolButton* eye = eyeOf("objects");
  ASSERT_NE(eye, nullptr);
  ASSERT_TRUE(model(1).layers().find("objects")->visible);
  QTest::mouseClick(eye, Qt::LeftButton);
  QCoreApplication::sendPostedEvents();
  EXPECT_FALSE(model(1).layers().find("objects")->visible);
  EXPECT_TRUE(model(0).layers().find("objects")->visible);
  QAction* undo = window.actions().find("edit.undo");
  EXPECT_EQ(undo->text(), "&Undo layer Objects");
  press(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_TRUE(model(1).layers().find("objects")->visible);
  press(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_FALSE(model(1).layers().find("objects")->visible);
  click(0);
  QTest::mouseClick(eyeOf("objects"), Qt::LeftButton);
  EXPECT_FALSE(model(0).layers().find("objects")->visible) << "the panel works on the active one";
  QCoreApplication::sendPostedEvents();
  press(Qt::Key_Z, Qt::ControlModifier);
  press(Qt::Key_Z, Qt::ControlModifier);
  press(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_EQ(window.workspace().canvasCount(), 1);
  EXPECT_FALSE(undo->isEnabled()) << undo->text().toStdString();
}

TEST_F(WindowCanvasesTest, AFilterThatIsBeingTypedStaysWithItsCanvas) {
  runTwoProbes();
  press(Qt::Key_2, Qt::ControlModifier | Qt::AltModifier);
  auto* settings = window.page().layers().findChild<QToolButton*>("layerSettings");
  ASSERT_NE(settings, nullptr);
  if (!settings->isChecked()) QTest::mouseClick(settings, Qt::LeftButton);
  auto* from = window.page().layers().findChild<QLineEdit*>("filterMin");
  ASSERT_NE(from, nullptr);
  ASSERT_TRUE(from->isVisible());
  const std::string id = model(0).layers().active()->id;
  from->setFocus();
  QTest::keyClicks(from, "0.25");
  press(Qt::Key_F6);
  ASSERT_EQ(window.workspace().activeIndex(), 1);
  EXPECT_EQ(model(0).layers().find(id)->filterMin, 0.25F);
  EXPECT_FALSE(std::isfinite(model(1).layers().find(id)->filterMin));
  // A click on the line above a canvas is as good as one into it: keys work there.
  QTest::mouseClick(&header(0), Qt::LeftButton, {}, QPoint(4, 4));
  EXPECT_EQ(window.workspace().activeIndex(), 0);
  EXPECT_TRUE(canvas(0).hasFocus());
}

TEST_F(WindowCanvasesTest, StepsStandBesideEachOther) {
  open();
  press(Qt::Key_2, Qt::ControlModifier | Qt::AltModifier);
  click(1);
  auto* pin = header(1).findChild<QToolButton*>("ownStep");
  QTest::mouseClick(pin, Qt::LeftButton);
  EXPECT_TRUE(window.actions().find("view.canvases.ownStep")->isChecked());
  HistoryScrubber& scrubber = window.page().scrubber();
  scrubber.setFocus();
  QTest::keyClick(&scrubber, Qt::Key_Home);
  ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  EXPECT_EQ(model(0).frame()->step, 3);
  EXPECT_EQ(model(1).frame()->step, 0);
  EXPECT_EQ(scrubber.step(), 0);
  click(0);
  EXPECT_EQ(scrubber.step(), 3) << "it tells of the active one";
  scrubber.setFocus();
  QTest::keyClick(&scrubber, Qt::Key_Left);
  ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  EXPECT_EQ(model(0).frame()->step, 2);
  EXPECT_EQ(model(1).frame()->step, 0);
  const auto infoOf = [&](int index) { return header(index).findChildren<QLabel*>().at(1)->toolTip(); };
  EXPECT_TRUE(infoOf(0).startsWith("step 2 ")) << infoOf(0).toStdString();
  EXPECT_TRUE(infoOf(1).startsWith("step 0 ")) << infoOf(1).toStdString();
  QTest::mouseClick(pin, Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  EXPECT_EQ(model(1).frame()->step, 2) << "it goes with the others again";
}

TEST_F(WindowCanvasesTest, AVariantIsChosenInItsHeaderAndExported) {
  open();
  auto* first = header(0).findChild<QComboBox*>("variantPicker");
  ASSERT_TRUE(first->isVisible());
  EXPECT_EQ(first->currentText(), "as trained");
  press(Qt::Key_4, Qt::ControlModifier | Qt::AltModifier);
  auto* picker = header(1).findChild<QComboBox*>("variantPicker");
  ASSERT_EQ(picker->count(), 2);
  EXPECT_EQ(picker->itemData(1, Qt::ToolTipRole).toString(), "assigner = atss\ntop_k = 9");
  picker->setFocus();
  QTest::keyClick(picker, Qt::Key_Down);
  ASSERT_TRUE(QTest::qWaitFor([&] { return model(1).frame() && model(1).frame()->variant; }));
  EXPECT_EQ(window.workspace().activeIndex(), 1) << "what is worked with is the active one";
  EXPECT_FALSE(model(0).frame()->variant);
  EXPECT_NEAR(canvas(0).width(), canvas(1).width(), 1) << "whatever stands above them";
  EXPECT_NE(canvas(0).grab().toImage(), canvas(1).grab().toImage());
  click(2);
  auto* probes = window.findChild<QListWidget*>("probeList");
  QTest::mouseClick(probes->viewport(), Qt::LeftButton, {}, probes->visualItemRect(probes->item(1)).center());
  ASSERT_TRUE(QTest::qWaitFor([&] { return rested() && title(2) == "b.jpg"; }));
  EXPECT_FALSE(header(2).findChild<QComboBox*>("variantPicker")->isVisible()) << "none was recorded of it";
  testing::keepPicture(window.grab().toImage(), "canvases_four");

  const QString path = QString::fromStdString((folder / "view.pdf").string());
  window.page().exports().writeView(path);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.page().exports().isBusy(); }));
  EXPECT_TRUE(QFileInfo::exists(path));

  HistoryScrubber& scrubber = window.page().scrubber();
  scrubber.setFocus();
  QTest::keyClick(&scrubber, Qt::Key_Home);
  ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  QTest::keyClick(&scrubber, Qt::Key_Right);
  ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  EXPECT_EQ(model(0).frame()->step, 1);
  EXPECT_FALSE(model(1).frame()) << "nothing is shown in its place";
  EXPECT_EQ(picker->currentText(), "atss") << "it can be left";
  testing::keepPicture(window.grab().toImage(), "canvases_variant_missing");
  QTest::keyClick(&scrubber, Qt::Key_Right);
  ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  ASSERT_TRUE(model(1).frame());
  EXPECT_TRUE(model(1).frame()->variant);
}

TEST_F(WindowCanvasesTest, TheNextWindowHasTheSameCanvases) {
  runTwoProbes();
  press(Qt::Key_2, Qt::ControlModifier | Qt::AltModifier);
  model(1).layers().setOpacity("objects", 0.25F);
  window.run().setAsk([](const Question&) { return Answer::kGoAhead; });
  window.close();
  testing::FakeTrainer other;
  MainWindow next(other.factory());
  ASSERT_EQ(next.workspace().canvasCount(), 2);
  EXPECT_EQ(next.workspace().canvas(1).layers().find("objects")->opacity, 0.25F);
  EXPECT_FALSE(next.actions().find("edit.undo")->isEnabled());
  EXPECT_TRUE(next.notifier().pending().isEmpty());
}

TEST_F(WindowCanvasesTest, ASessionThatCannotBeReadIsTold) {
  openSettings().setValue(QStringLiteral("window/workspace"), QByteArray(R"({"version": 7})"));
  testing::FakeTrainer other;
  const MainWindow next(other.factory());
  auto& told = const_cast<MainWindow&>(next).notifier();
  ASSERT_EQ(told.pending().size(), 1);
  EXPECT_TRUE(told.pending().first().contains("another version")) << told.pending().first().toStdString();
}

}  // namespace
}  // namespace anchorscope
