// The objects of several images as one table.
#include "widgets/panels/all_objects_view.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/models/all_objects_model.h"
#include "widgets/panels/jump_table.h"

namespace anchorscope {
namespace {

std::shared_ptr<const StageEvidence> imageNamed(const std::string& name, std::uint64_t seed) {
  testing::SyntheticFrameOptions options;
  options.seed = seed;
  options.objectCount = 5 + static_cast<int>(seed);
  auto evidence = std::make_shared<StageEvidence>(*testing::makeSyntheticEvidence(options));
  auto image = std::make_shared<ProbeImage>(*evidence->image);
  image->name = name;
  evidence->image = image;
  return evidence;
}

class AllObjectsTest : public ::testing::Test {
 protected:
  AllObjectsTest() {
    view.resize(460, 600);
    view.setVisible(true);
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&view));
  }
  QString cell(int row, int column) { return view.table()->model()->index(row, column).data().toString(); }

  const std::vector<std::shared_ptr<const StageEvidence>> images{imageNamed("a.jpg", 1),
                                                                 imageNamed("b.jpg", 2)};
  AllObjectsView view;
};

TEST_F(AllObjectsTest, EveryObjectOfEveryImageHasTheRowThatItsImagesTableHas) {
  view.show(images, 0);
  ASSERT_EQ(view.model()->rowCount(), 6 + 7);
  int row = 0;
  for (const auto& evidence : images) {
    ObjectsModel alone;
    alone.show(evidence);
    for (int object = 0; object < alone.rowCount(); ++object, ++row) {
      EXPECT_EQ(cell(row, 0).toStdString(), evidence->image->name);
      for (int column = 0; column < ObjectsModel::kColumns; ++column)
        EXPECT_EQ(cell(row, column + 1), alone.index(object, column).data().toString());
      EXPECT_EQ(view.model()->at(row).object, object);
      EXPECT_EQ(view.model()->at(row).image.toStdString(), evidence->image->name);
    }
  }
  EXPECT_EQ(view.model()->at(13).object, -1);
}

TEST_F(AllObjectsTest, IsSortedOverAllImagesAndAClickOrEnterGoesToTheObject) {
  view.show(images, 0);
  QSignalSpy wanted(&view, &AllObjectsView::objectWanted);
  constexpr int kSize = int{AllObjectsModel::kFirstOfObject} + int{ObjectsModel::kSize};
  view.table()->sortByColumn(kSize, Qt::DescendingOrder);
  double last = 1e9;
  for (int row = 0; row < 13; ++row) {
    const double size = view.table()->model()->index(row, kSize).data(ObjectsModel::kSortRole).toDouble();
    EXPECT_LE(size, last);
    last = size;
  }
  const QString image = cell(2, 0), object = cell(2, 1);
  QTest::mouseClick(view.table()->viewport(), Qt::LeftButton, {},
                    view.table()->visualRect(view.table()->model()->index(2, 2)).center());
  ASSERT_TRUE(QTest::qWaitFor([&] { return wanted.count() == 1; }));
  EXPECT_EQ(wanted[0][0], image);
  EXPECT_EQ(wanted[0][2].toString(), object);
  QTest::keyClick(view.table(), Qt::Key_Down);
  QTest::keyClick(view.table(), Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return wanted.count() == 2; }));
  EXPECT_EQ(wanted[1][2].toString(), cell(3, 1));
}

TEST_F(AllObjectsTest, StatesAreCountedAndListedAloneAndAnotherStepKeepsTheRows) {
  view.show(images, 1);
  auto* title = view.findChild<QLabel*>("allObjectsTitle");
  EXPECT_TRUE(title->text().startsWith("13 OBJECTS")) << title->text().toStdString();
  auto* states = view.findChild<QComboBox*>("objectStates");
  const ObjectState served = ObjectState::kServed;
  states->setCurrentIndex(states->findData(static_cast<int>(served)));
  EXPECT_EQ(view.table()->model()->rowCount(), view.model()->countOf(served));
  EXPECT_GT(view.model()->countOf(served), 0);
  states->setCurrentIndex(0);
  EXPECT_EQ(view.table()->model()->rowCount(), 13);
  view.table()->setCurrentIndex(view.table()->model()->index(9, 0));
  auto later = std::make_shared<StageEvidence>(*images[1]);
  later->step += 5;
  view.show({images[0], later}, 0);
  EXPECT_EQ(view.table()->currentIndex().row(), 9);
  view.show({}, 0);
  EXPECT_EQ(view.table()->model()->rowCount(), 0);
}

}  // namespace
}  // namespace anchorscope
