// The objects of all probes of a recorded step: read from the run, and gone to by a click.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <QLabel>
#include <QSignalSpy>
#include <QTest>

#include "core/store/run_folder.h"
#include "core/store/run_writer.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/models/all_objects_model.h"
#include "widgets/panels/all_objects_view.h"
#include "widgets/panels/jump_table.h"

namespace anchorscope {
namespace {

class WindowObjectsTest : public testing::WindowFixture {
 protected:
  /// Two probes at steps 0 and 3.
  void record() const {
    auto writer = createRun(recorded.toStdString(), testing::cellsHeader(), Overwrite::kYes);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < 5; ++step) {
      StepRecord made{step, {{"loss.cls", 1.0}}, {}};
      if (step % 3 == 0)
        for (const char* name : {"a.jpg", "b.jpg"}) {
          auto evidence = *testing::makeSyntheticEvidence({.objectCount = 6, .step = step});
          auto image = std::make_shared<ProbeImage>(*evidence.image);
          image->name = name;
          evidence.image = image;
          made.frames.push_back(ProbeFrame::of(std::move(evidence)));
        }
      (*writer)->record(std::move(made));
    }
    ASSERT_TRUE((*writer)->flush());
  }
  bool isShown(const char* probe, std::int64_t step) {
    const auto& frame = window.workspace().active().frame();
    return frame && frame->image->name == probe && frame->step == step;
  }

  const testing::TemporaryFolder folder;
  const QString recorded = QString::fromStdString((folder / "run").string());
};

TEST_F(WindowObjectsTest, EveryProbesObjectsAreReadAndGoneTo) {
  record();
  window.runView().open(recorded);
  ASSERT_TRUE(QTest::qWaitFor([&] { return isShown("a.jpg", 3); }));
  auto* view = window.findChild<AllObjectsView*>();
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(view->model()->rowCount(), 0) << "nothing is read while nobody looks";
  window.page().docks().show("objects");
  ASSERT_TRUE(QTest::qWaitFor([&] { return view->model()->rowCount() == 12; }));
  testing::keepPicture(window.grab().toImage(), "all_objects");
  for (int row = 0; row < 12; ++row)
    EXPECT_NE(view->model()->index(row, 7).data().toString(), "–") << "its state is told: " << row;
  QTest::mouseClick(view->table()->viewport(), Qt::LeftButton, {},
                    view->table()->visualRect(view->table()->model()->index(8, 0)).center());
  ASSERT_TRUE(QTest::qWaitFor([&] { return isShown("b.jpg", 3); }));
  EXPECT_EQ(window.workspace().active().selectedObject(), 2);
}

TEST_F(WindowObjectsTest, AnImageThatCannotBeReadIsAskedForOnceAndTheOthersAreTold) {
  record();
  sqlite3* trace = nullptr;
  ASSERT_EQ(sqlite3_open(tracePath(recorded.toStdString()).c_str(), &trace), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(trace,
                         "UPDATE array SET bytes=x'00' WHERE kind=1 AND frame_id=(SELECT max(id) FROM frame WHERE step=3)",
                         nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(trace);
  sqlite3_close(trace);
  window.runView().open(recorded);
  ASSERT_TRUE(QTest::qWaitFor([&] { return isShown("a.jpg", 3); }));
  int told = 0;
  QObject::connect(window.workspace().source(), &EvidenceSource::failed, [&told](const Error&) { ++told; });
  window.page().docks().show("objects");
  auto* view = window.findChild<AllObjectsView*>();
  const auto* note = view->findChild<QLabel*>("allObjectsNote");
  ASSERT_TRUE(QTest::qWaitFor([&] { return view->model()->rowCount() == 6 && told > 0; }));
  ASSERT_TRUE(QTest::qWaitFor([&] { return !note->text().contains("being read"); }))
      << note->text().toStdString();
  // Nothing is read again, however often what is shown is told anew.
  const int once = told;
  for (int i = 0; i < 3; ++i) {
    QSignalSpy refreshed(view, &AllObjectsView::shown);
    view->hide();
    view->setVisible(true);
    ASSERT_GE(refreshed.count(), 1);
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.runView().recordedRun()->isRested(); }));
  }
  EXPECT_EQ(told, once);
}

}  // namespace
}  // namespace anchorscope
