// Figures that are written while the window goes on: what is seen of it, giving it up, closing the window.

#include <gtest/gtest.h>

#include <QLabel>
#include <QProgressBar>
#include <QTest>
#include <QToolButton>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <stop_token>

#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

/// A figure that is `share` done and waits there for `goOn`.
class HeldFigure {
 public:
  HeldFigure(const CanvasModel& view, const std::filesystem::path& path, double share)
      : path_(path.string()), share_(share) {
    spec_.panels = {panelFromView(view, {})};
  }
  QString path() const { return QString::fromStdString(path_); }
  Exporter::Write write() {
    return [this, hold = hold_.get_future().share()](const FigureProgress& progress) {
      progress.done(share_);
      hold.wait();
      return renderFigure(spec_, path_, Overwrite::kYes, progress);
    };
  }
  void goOn() { hold_.set_value(); }

 private:
  FigureSpec spec_;
  std::string path_;
  double share_;
  std::promise<void> hold_;
};

class WindowExportsTest : public testing::WindowFixture {
 protected:
  void SetUp() override { run(); }

  template <typename T>
  T& part(const char* name) {
    T* found = window.findChild<T*>(name);
    EXPECT_NE(found, nullptr) << name;
    return *found;
  }
  bool isShown() { return part<QWidget>("exportStatus").isVisible(); }
  void begin(HeldFigure& figure) {
    window.page().exports().exporter().start(
        figure.path(), figure.write(),
        [this](const Result<FigureReport>& report) { ended.push_back(report); });
  }
  bool ends(std::size_t count) {
    return QTest::qWaitFor([&] { return ended.size() == count; }, 20'000);
  }

  testing::TemporaryFolder folder;
  std::vector<Result<FigureReport>> ended;
};

TEST_F(WindowExportsTest, AFigureThatIsBeingWrittenIsSeenInTheStatusBar) {
  EXPECT_FALSE(isShown());
  HeldFigure figure(window.workspace().active(), folder / "view.pdf", 0.4);
  begin(figure);
  EXPECT_TRUE(isShown());
  auto& bar = part<QProgressBar>("exportBar");
  EXPECT_TRUE(QTest::qWaitFor([&] { return bar.value() == 400; }));
  EXPECT_EQ(part<QLabel>("exportFiles").text(), "Writing view.pdf");
  EXPECT_EQ(bar.accessibleName(), "Writing view.pdf");
  EXPECT_EQ(bar.toolTip(), figure.path());
  EXPECT_EQ(part<QToolButton>("cancelExport").accessibleName(), "Cancel: Writing view.pdf");
  EXPECT_TRUE(
      window.rect().contains(bar.geometry().translated(bar.parentWidget()->mapTo(&window, QPoint()))));
  testing::keepPicture(window.grab().toImage(), "export_going_on");
  QTest::keyClick(&window, Qt::Key_Escape);
  figure.goOn();
  ASSERT_TRUE(ends(1));
  EXPECT_TRUE(ended[0]) << "Escape has other uses";
  EXPECT_FALSE(isShown());
  EXPECT_GT(std::filesystem::file_size(folder / "view.pdf"), 1000u);
}

TEST_F(WindowExportsTest, GivenUpNothingIsLeftAndItIsSaid) {
  std::ofstream(folder / "there.svg") << "was there";
  HeldFigure figure(window.workspace().active(), folder / "view.png", 0.2),
      over(window.workspace().active(), folder / "there.svg", 0.6);
  begin(figure);
  begin(over);
  EXPECT_EQ(part<QLabel>("exportFiles").text(), "Writing view.png, there.svg");
  EXPECT_TRUE(QTest::qWaitFor([&] { return part<QProgressBar>("exportBar").value() == 400; }));
  auto& cancel = part<QToolButton>("cancelExport");
  QTest::mouseClick(&cancel, Qt::LeftButton);
  EXPECT_EQ(part<QLabel>("exportFiles").text(), "Giving up view.png, there.svg");
  EXPECT_FALSE(cancel.isEnabled());
  EXPECT_TRUE(isShown()) << "until it has ended";
  figure.goOn();
  over.goOn();
  ASSERT_TRUE(ends(2));
  EXPECT_FALSE(isShown());
  for (const Result<FigureReport>& report : ended) {
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
  }
  EXPECT_EQ(testing::readFile(folder / "there.svg"), "was there");
  EXPECT_FALSE(std::filesystem::exists(folder / "view.png"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  // The next one can be cancelled, too.
  HeldFigure next(window.workspace().active(), folder / "next.pdf", 0.1);
  begin(next);
  EXPECT_TRUE(cancel.isEnabled());
  EXPECT_EQ(part<QLabel>("exportFiles").text(), "Writing next.pdf");
  next.goOn();
  ASSERT_TRUE(ends(3));
  EXPECT_TRUE(ended[2]);
}

TEST_F(WindowExportsTest, TheViewAndTheCurvesTellWhatCameOfThem) {
  Exports& exports = window.page().exports();
  const QString view = QString::fromStdString((folder / "view.svg").string());
  // Given up before the window looks at anything else: whatever was reached, the file is whole or not there.
  exports.writeView(view);
  EXPECT_TRUE(isShown());
  QTest::mouseClick(&part<QToolButton>("cancelExport"), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !exports.isBusy(); }, 20'000));
  const bool written = std::filesystem::exists(folder / "view.svg");
  ASSERT_EQ(window.notifier().messages().size(), 1);
  const Message& told = window.notifier().messages().first();
  EXPECT_EQ(told.kind, MessageKind::kNote);
  EXPECT_TRUE(told.text.startsWith(
      written ? QStringLiteral("Wrote %1").arg(view)
              : QStringLiteral("Writing %1 was cancelled: nothing was written").arg(view)))
      << told.text.toStdString();
  window.notifier().dismissAll();
  exports.writeCurves(QString::fromStdString((folder / "curves.csv").string()));
  EXPECT_EQ(part<QLabel>("exportFiles").text(), "Writing curves.csv");
  ASSERT_TRUE(QTest::qWaitFor([&] { return !exports.isBusy(); }, 20'000));
  EXPECT_TRUE(std::filesystem::exists(folder / "curves.csv"));
  EXPECT_FALSE(isShown());
}

TEST(WindowExportsEndTest, ClosingTheWindowGivesUpWhatIsBeingWritten) {
  testing::removeUnkeptRuns();
  const testing::TemporaryFolder folder;
  testing::FakeTrainer trainer;
  auto window = std::make_unique<MainWindow>(trainer.factory());
  window->show();
  std::promise<ErrorCode> ended;
  // Goes on for as long as somebody wants it.
  window->page().exports().exporter().start(
      QString::fromStdString((folder / "view.pdf").string()),
      [&](const FigureProgress& progress) -> Result<FigureReport> {
        std::mutex mutex;
        std::condition_variable_any asked;
        std::unique_lock lock(mutex);
        asked.wait_for(lock, progress.stop, std::chrono::seconds(30), [] { return false; });
        const Status wanted = progress.wanted("view.pdf");
        ended.set_value(wanted ? ErrorCode::kInternal : wanted.error().code);
        if (!wanted) return wanted.error();
        return FigureReport();
      },
      [](const Result<FigureReport>&) { ADD_FAILURE() << "told to a window that is gone"; });
  window->close();
  EXPECT_FALSE(window->isVisible());
  window.reset();
  EXPECT_EQ(ended.get_future().get(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace anchorscope
