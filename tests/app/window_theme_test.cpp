// The theme changed while the window is open and a run is looked at.

#include <gtest/gtest.h>

#include <QElapsedTimer>
#include <QLabel>
#include <QTest>
#include <algorithm>

#include "tests/app/window_fixture.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/state/theme.h"
#include "widgets/theme/app_theme.h"

namespace anchorscope {
namespace {

using testing::keepPicture;

/// A window that shows a run with an anchor selected.
struct OpenWindow : testing::FreshWindow {
  OpenWindow() {
    const auto frame = testing::makeSyntheticFrame();
    startPaused({frame->image->name});
    trainer.send(StepEvent{1, {{"loss.cls", 1.0}, {"loss.loc", 0.5}}});
    trainer.publish(1, {frame});
    EXPECT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
    const PairTable& table = frame->stages.front()->pairTables.front();
    window.workspace().active().selectPair(0, table.candidate[table.rowsOfObject(0).first]);
    settle();
  }
  void settle() { QTest::qWait(150); }  // the curves replot at most 20 times a second
  QImage picture() { return window.grab().toImage().convertToFormat(QImage::Format_RGB32); }
};

double shareThatDiffers(const QImage& a, const QImage& b) {
  if (a.size() != b.size()) return 1;
  std::int64_t differ = 0;
  for (int y = 0; y < a.height(); ++y)
    for (int x = 0; x < a.width(); ++x) {
      const QColor p = a.pixelColor(x, y), q = b.pixelColor(x, y);
      const int most = std::max(
          {std::abs(p.red() - q.red()), std::abs(p.green() - q.green()), std::abs(p.blue() - q.blue())});
      differ += most > 8 ? 1 : 0;
    }
  return static_cast<double>(differ) / (static_cast<double>(a.width()) * a.height());
}

class WindowThemeTest : public ::testing::TestWithParam<ThemeChoice> {};

TEST_P(WindowThemeTest, ASwitchedWindowLooksAsOneThatStartedSo) {
  const ThemeChoice wanted = GetParam(),
                    other = wanted == ThemeChoice::kDark ? ThemeChoice::kLight : ThemeChoice::kDark;
  QImage started, switched, before;
  {
    applyTheme(*qApp, wanted);
    OpenWindow fresh;
    started = fresh.picture();
  }
  {
    applyTheme(*qApp, other);
    OpenWindow open;
    before = open.picture();
    open.window.setTheme(wanted);
    open.settle();
    switched = open.picture();
  }
  keepPicture(started, "theme_started_" + toString(wanted));
  keepPicture(switched, "theme_switched_" + toString(wanted));
  EXPECT_GT(shareThatDiffers(before, started), 0.2) << "the themes do not differ";
  EXPECT_LT(shareThatDiffers(switched, started), 1e-4);
}

int depthOf(const QWidget* widget) {
  return widget->isWindow() || !widget->parentWidget() ? 0 : 1 + depthOf(widget->parentWidget());
}

/// Polishing a widget anew is what a switch costs, and a window has a thousand of them: once for the style
/// sheet that goes and once for the one that comes, however deep a widget lies.
TEST_P(WindowThemeTest, ASwitchPolishesNoWidgetMoreThanTwice) {
  applyTheme(*qApp, GetParam() == ThemeChoice::kDark ? ThemeChoice::kLight : ThemeChoice::kDark);
  OpenWindow open;
  struct Counter : QObject {
    int styles = 0, fonts = 0;
    bool eventFilter(QObject*, QEvent* event) override {
      styles += event->type() == QEvent::StyleChange ? 1 : 0;
      fonts += event->type() == QEvent::FontChange ? 1 : 0;
      return false;
    }
  } counter;
  const QList<QLabel*> labels = open.window.findChildren<QLabel*>();
  QLabel* deepest = *std::max_element(
      labels.begin(), labels.end(), [](const QLabel* a, const QLabel* b) { return depthOf(a) < depthOf(b); });
  ASSERT_GE(depthOf(deepest), 6);
  deepest->installEventFilter(&counter);
  QElapsedTimer timer;
  timer.start();
  open.window.setTheme(GetParam());
  RecordProperty("switch_ms", static_cast<int>(timer.elapsed()));
  EXPECT_LE(counter.styles, 2);
  EXPECT_LE(counter.fonts, 2);
}

INSTANTIATE_TEST_SUITE_P(Themes, WindowThemeTest, ::testing::Values(ThemeChoice::kDark, ThemeChoice::kLight),
                         [](const auto& choice) { return toString(choice.param).toStdString(); });

}  // namespace
}  // namespace anchorscope
