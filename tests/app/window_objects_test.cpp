// The objects of all probes of a recorded step: read from the run, and gone to by a click.

#include <gtest/gtest.h>

#include <QTest>

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

}  // namespace
}  // namespace anchorscope
