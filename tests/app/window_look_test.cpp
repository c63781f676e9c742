// Every view of the window in both themes and two sizes: nothing stands outside the window, over something
// else or cut off. With ANCHORSCOPE_SHOTS the pictures are kept for people.

#include <gtest/gtest.h>

#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <cmath>

#include "core/methods/method_info.h"
#include "tests/app/window_fixture.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/synthetic_maps.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/help/help_browser.h"
#include "widgets/help/help_window.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/layer_presets.h"
#include "widgets/panels/start_page.h"
#include "widgets/plot/curve_legend.h"
#include "widgets/plot/curves_view.h"
#include "widgets/theme/app_theme.h"

namespace anchorscope {
namespace {

using testing::keepPicture;
using testing::makeSyntheticFrame;

struct Look {
  ThemeChoice theme;
  QSize size;
  QString name() const {
    return QStringLiteral("%1_%2").arg(theme == ThemeChoice::kDark ? "dark" : "light").arg(size.width());
  }
};

class WindowLookTest : public ::testing::TestWithParam<Look>, protected testing::FreshWindow {
 protected:
  WindowLookTest() : FreshWindow([] { applyTheme(*qApp, GetParam().theme); }, GetParam().size) {}

  void startFakeRun() {
    start();
    trainer.send(ProgressEvent{"Opening the data set", 0.4});
  }

  void publishRun() {
    std::vector<std::string> names;
    std::vector<std::shared_ptr<const ProbeFrame>> frames;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      testing::SyntheticFrameOptions options;
      options.seed = seed;
      frames.push_back(makeSyntheticFrame(options));
      names.push_back(frames.back()->image->name);
    }
    frames = {makeSyntheticFrame()};
    trainer.publishFacts(names);
    trainer.setState(TrainerState::kRunning);
    for (std::int64_t step = 1; step <= 1284; ++step)
      trainer.send(StepEvent{
          step,
          {{"loss.cls", 0.3 + 0.8 * std::exp(-0.004 * double(step)) + 0.03 * std::sin(double(step * step))},
           {"loss.loc",
            0.4 + 0.6 * std::exp(-0.002 * double(step)) + 0.03 * std::cos(double(step * step))}}});
    trainer.send(NoteEvent{{840, "parameter", "lr 0.01 → 0.003"}});
    trainer.publish(1284, frames);
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
    QTest::qWait(120);  // the curves replot at most 20 times a second
  }

  void keep(const QString& what) {
    QCoreApplication::processEvents();
    keepPicture(window.grab().toImage(), what + '_' + GetParam().name());
  }

  /// No visible label or button is cut off by its parent or narrower than its text.
  void expectNothingCutOff() {
    for (const QWidget* widget : window.findChildren<QWidget*>()) {
      if (!widget->isVisible() || widget->window() != &window) continue;
      const auto* button = qobject_cast<const QToolButton*>(widget);
      const auto* label = qobject_cast<const QLabel*>(widget);
      if (!button && !label) continue;
      if (label &&
          (label->text().isEmpty() || label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored))
        continue;
      const QString what = widget->objectName() + ' ' + (label ? label->text() : button->text());
      if (button || !label->wordWrap()) {
        EXPECT_GE(widget->width(), widget->minimumSizeHint().width()) << what.toStdString();
      }
      const QRect inWindow(widget->mapTo(&window, QPoint()), widget->size());
      EXPECT_TRUE(window.rect().contains(inWindow) || widget->visibleRegion().isEmpty())
          << what.toStdString() << " " << inWindow.right() << " > " << window.width();
    }
  }
};

TEST_P(WindowLookTest, StartPage) {
  window.startPage().setRecent({"voc:/data/bccd#train", "coco:/data/coco/instances.json,/data/coco/images"});
  keep("start");
  EXPECT_EQ(window.size(), GetParam().size);
  expectNothingCutOff();
}

TEST_P(WindowLookTest, TheStartPageTellsAllOfWhatEachMethodIs) {
  auto* help = window.startPage().findChild<QLabel*>(QStringLiteral("methodHelp"));
  ASSERT_NE(help, nullptr);
  for (const MethodInfo& info : methodInfos()) {
    auto config = makeRunConfig(info.name, "retina-small");
    ASSERT_TRUE(config);
    window.startPage().setConfig(*config);
    QCoreApplication::processEvents();
    EXPECT_EQ(help->text().toStdString(), info.description);
    const int needed = help->heightForWidth(help->width());
    EXPECT_EQ(help->height(), needed) << info.name;
    EXPECT_GT(needed, help->fontMetrics().lineSpacing()) << "too short to tell: " << info.name;
  }
  EXPECT_EQ(window.size(), GetParam().size);
  expectNothingCutOff();
}

TEST_P(WindowLookTest, PreparingThenTrainingThenAnObjectThenAnAnchor) {
  startFakeRun();
  QTest::qWait(30);
  keep("preparing");
  publishRun();
  EXPECT_EQ(window.size(), GetParam().size);
  keep("training");
  expectNothingCutOff();
  window.workspace().active().selectObject(0);
  keep("object");
  const auto& table = *window.workspace().active().evidence();
  const auto [first, last] = table.pairTables.front().rowsOfObject(0);
  ASSERT_LT(first, last);
  window.workspace().active().selectPair(0, table.pairTables.front().candidate[first + (last - first) / 2]);
  keep("anchor");
  expectNothingCutOff();
  EXPECT_FALSE(window.page().inspector().bagTable()->horizontalScrollBar()->isVisible());
}

/// As a screen of 1920 pixels shows it at a scale of 2.
TEST_P(WindowLookTest, TheMiddleFitsBetweenTheDocksOfANarrowWindow) {
  startFakeRun();
  publishRun();
  EvaluationEvent evaluation;
  evaluation.step = 1200;
  evaluation.metrics = {{"ap", 0.387}, {"ap50", 0.735}};
  trainer.send(evaluation);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.page().curves().history().find("eval.ap") != nullptr; }));
  window.workspace().active().selectObject(0);
  window.resize(960, 600);
  QTest::qWait(120);
  keep("narrow");
  EXPECT_EQ(window.width(), 960);
  EXPECT_GE(window.page().canvas().width(), 370);
  EXPECT_EQ(window.page().curves().legend()->shownCount(), 2u);
  EXPECT_GE(window.page().curves().legend()->width(), 300);
  for (const QDockWidget* dock : window.page().docks().all())
    if (dock->isVisible()) {
      EXPECT_LE(dock->mapTo(&window, QPoint(dock->width(), 0)).x(), 960) << dock->objectName().toStdString();
    }
}

TEST_P(WindowLookTest, AConflictOnTheStartPage) {
  auto config = makeRunConfig("max_iou", "fcos-small");
  ASSERT_TRUE(config);
  config->data = "voc:/data/bccd#train";
  window.startPage().setConfig(*config);
  window.startPage().findChild<QTabWidget*>()->setCurrentIndex(2);
  window.startPage().setRecent({"voc:/data/bccd#train"});
  QCoreApplication::processEvents();
  keep("start_conflict");
  EXPECT_FALSE(window.startPage().conflicts().empty());
  EXPECT_EQ(window.size(), GetParam().size);
  expectNothingCutOff();
}

TEST_P(WindowLookTest, ImportanceMaps) {
  startFakeRun();
  publishRun();
  const auto frame = ProbeFrame::of(*testing::withLipMaps(testing::makeSyntheticEvidence()));
  trainer.publish(1300, {frame});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() == frame; }));
  for (const LayerPreset& preset : layerPresets(*frame->stages.front()))
    if (preset.title == "LIP importance") applyPreset(window.workspace().active().layers(), preset);
  window.workspace().active().layers().update("channel:lip.stem.importance",
                                              [](Layer& layer) { layer.smooth = true; });
  QTest::mouseMove(&window.page().canvas(), window.page().canvas().toCanvas({300, 260}).toPoint());
  keep("lip");
  EXPECT_EQ(window.size(), GetParam().size);
  expectNothingCutOff();
  window.workspace().active().layers().setVisible("channel:lip.stem.importance", false);
  window.workspace().active().layers().showOnly("channel:lip.layer4.conv.importance");
  keep("lip_layer4");
}

TEST_P(WindowLookTest, Help) {
  window.showHelp("musu");
  ASSERT_TRUE(QTest::qWaitForWindowExposed(window.findChild<HelpWindow*>()));
  keepPicture(window.findChild<HelpWindow*>()->grab().toImage(), "help_musu_" + GetParam().name());
  window.showHelp("lip");
  QCoreApplication::processEvents();
  keepPicture(window.findChild<HelpWindow*>()->grab().toImage(), "help_lip_" + GetParam().name());
}

TEST_P(WindowLookTest, MessagesProblemsAndParameters) {
  startFakeRun();
  publishRun();
  Diagnostics diagnostics;
  diagnostics.add({"Annotations/BloodImage_00113.xml", "object 3", "box outside the image",
                   "x2 647 lies outside the image of 640 px", RecordAction::kClipped});
  diagnostics.add({"JPEGImages/BloodImage_00280.jpg", "", "truncated image", "The JPEG ends early",
                   RecordAction::kSkipped});
  trainer.send(DiagnosticsEvent{diagnostics});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.notifier().pending().isEmpty(); }));
  window.findChild<QToolButton*>("problemsButton")->click();
  for (QDockWidget* dock : window.page().docks().all())
    if (dock->objectName() == "parameters") {
      dock->show();
      dock->raise();
    }
  keep("problems_parameters");
  EXPECT_EQ(window.size(), GetParam().size);
  expectNothingCutOff();
}

INSTANTIATE_TEST_SUITE_P(Looks, WindowLookTest,
                         ::testing::Values(Look{ThemeChoice::kDark, {1280, 800}},
                                           Look{ThemeChoice::kDark, {1920, 1080}},
                                           Look{ThemeChoice::kLight, {1280, 800}},
                                           Look{ThemeChoice::kLight, {1920, 1080}}),
                         [](const auto& look) { return look.param.name().toStdString(); });

}  // namespace
}  // namespace anchorscope
