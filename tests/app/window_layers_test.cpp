// What was shown of one method's run, and another method's run opened after it.

#include <gtest/gtest.h>

#include <QJsonDocument>
#include <QLabel>
#include <QTest>
#include <QToolButton>

#include "app/settings.h"
#include "tests/app/window_fixture.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/layers_panel.h"

namespace anchorscope {
namespace {

std::shared_ptr<const StageEvidence> frameOfAnotherMethod(std::int64_t step) {
  auto frame = std::make_shared<StageEvidence>(*testing::makeSyntheticEvidence());
  frame->step = step;
  frame->decisions.clear();
  std::erase_if(frame->channels,
                [](const Channel& channel) { return channel.spec.name.starts_with("musu."); });
  return frame;
}

/// Settings as a window leaves them that last showed one weight of MuSu, solo.
void rememberASoloLayer() {
  LayerStack stack;
  stack.adopt(*testing::makeSyntheticEvidence());
  stack.showOnly("channel:musu.w_cls");
  stack.setSolo("channel:musu.w_cls", true);
  openSettings().setValue(QStringLiteral("window/layers"),
                          QJsonDocument(stack.save()).toJson(QJsonDocument::Compact));
}

class WindowLayersTest : public ::testing::Test, protected testing::FreshWindow {
 protected:
  WindowLayersTest() : FreshWindow(rememberASoloLayer) {
    startPaused({frameOfAnotherMethod(0)->image->name});
  }
  void publish(const std::shared_ptr<const StageEvidence>& evidence) {
    const auto frame = ProbeFrame::of(*evidence);
    trainer.publish(frame->step, {frame});
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() == frame; }));
  }
  LayerStack& layers() { return window.workspace().active().layers(); }
  QWidget* notice(const char* name) {
    return window.page().layers().findChild<QWidget*>(QLatin1String(name));
  }
};

TEST_F(WindowLayersTest, ALayerOfAnotherMethodGivesWayVisiblyAndIsBackWithItsMethod) {
  publish(frameOfAnotherMethod(1));
  ASSERT_TRUE(layers().standIn());
  EXPECT_TRUE(notice("standInNotice")->isVisible());
  EXPECT_FALSE(notice("soloNotice")->isVisible()) << "the solo layer is not there";
  const std::string instead = layers().active()->id;
  EXPECT_TRUE(layers().find(instead)->visible);
  const QImage coloured = window.page().canvas().grab().toImage();

  auto* undo = window.page().layers().findChild<QToolButton*>(QStringLiteral("standInNoticeUndo"));
  QTest::mouseClick(undo, Qt::LeftButton);
  EXPECT_NE(window.page().canvas().grab().toImage(), coloured);
  publish(frameOfAnotherMethod(2));
  EXPECT_FALSE(layers().find(instead)->visible) << "undone for good";
  QTest::mouseClick(undo, Qt::LeftButton);
  publish(frameOfAnotherMethod(3));
  EXPECT_TRUE(layers().find(instead)->visible);

  publish(testing::makeSyntheticEvidence());
  EXPECT_FALSE(notice("standInNotice")->isVisible());
  EXPECT_TRUE(layers().find("channel:musu.w_cls")->visible);
  EXPECT_FALSE(layers().find(instead)->visible);
}

TEST_F(WindowLayersTest, ASavedSoloLayerSaysWhatItHides) {
  publish(testing::makeSyntheticEvidence());
  ASSERT_TRUE(notice("soloNotice")->isVisible());
  const QImage solo = window.page().canvas().grab().toImage();
  QTest::mouseClick(window.page().layers().findChild<QToolButton*>(QStringLiteral("soloNoticeUndo")),
                    Qt::LeftButton);
  EXPECT_FALSE(notice("soloNotice")->isVisible());
  EXPECT_NE(window.page().canvas().grab().toImage(), solo) << "the objects are drawn again";
}

}  // namespace
}  // namespace anchorscope
