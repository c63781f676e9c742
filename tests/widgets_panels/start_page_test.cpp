#include "widgets/panels/start_page.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt_application.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

class StartPageTest : public ::testing::Test {
 protected:
  StartPageTest() {
    QObject::connect(&page, &StartPage::startWanted, [this](const RunConfig& config, bool startPaused) {
      wanted.push_back(config);
      paused = startPaused;
    });
    page.resize(1200, 800);
    page.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&page));
  }

  StartPage page;
  std::vector<RunConfig> wanted;
  bool paused = false;
};

TEST_F(StartPageTest, OneClickAsksForTheDemo) {
  const QSignalSpy demo(&page, &StartPage::demoWanted);
  QTest::mouseClick(page.demoButton(), Qt::LeftButton);
  EXPECT_EQ(demo.count(), 1);
}

TEST_F(StartPageTest, TypedDataAndOptionsBecomeTheConfig) {
  EXPECT_FALSE(page.startButton()->isEnabled());
  page.dataEdit()->setFocus();
  QTest::keyClicks(page.dataEdit(), "voc:/data/cells#train");
  EXPECT_TRUE(page.startButton()->isEnabled());
  auto* steps = page.findChild<QLineEdit*>("train.steps");
  ASSERT_NE(steps, nullptr);
  steps->setText("77");
  emit steps->textEdited("77");
  emit steps->editingFinished();
  page.findChild<QCheckBox*>("startPaused")->click();
  QTest::mouseClick(page.startButton(), Qt::LeftButton);
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_EQ(wanted[0].data, "voc:/data/cells#train");
  EXPECT_EQ(wanted[0].method, "musu");
  EXPECT_EQ(wanted[0].train.getInt("steps"), 77);
  EXPECT_TRUE(paused);
}

TEST_F(StartPageTest, AWrongOptionHoldsTheStartBack) {
  page.setDataSpec("demo");
  ASSERT_TRUE(page.startButton()->isEnabled());
  auto* steps = page.findChild<QLineEdit*>("train.steps");
  steps->setText("many");
  emit steps->textEdited("many");
  EXPECT_FALSE(page.startButton()->isEnabled());
  EXPECT_FALSE(page.startButton()->toolTip().isEmpty());
  QTest::keyClick(page.dataEdit(), Qt::Key_Return);
  EXPECT_TRUE(wanted.empty());
}

TEST_F(StartPageTest, RecentEntriesFillTheFormOrOpenTheRun) {
  const testing::TemporaryFolder run;
  const QString folder = QString::fromStdString(run.path().string());
  page.setRecent({"yolo:/data/coco/data.yaml#train", folder});
  const QSignalSpy opened(&page, &StartPage::runWanted);
  for (QPushButton* link : page.findChildren<QPushButton*>())
    if (link->property("role").toString() == "link" && !link->toolTip().isEmpty()) link->click();
  EXPECT_EQ(page.dataEdit()->text(), "yolo:/data/coco/data.yaml#train");
  ASSERT_EQ(opened.count(), 1);
  EXPECT_EQ(opened[0][0].toString(), folder);
}

TEST(GuessDataSpecTest, KnowsTheFormatsByWhatLiesInTheFolder) {
  const testing::TemporaryFolder folder;
  const auto path = [&](const char* name) { return QString::fromStdString((folder / name).string()); };
  folder.write("voc/Annotations/a.xml", "");
  folder.write("voc/JPEGImages/a.jpg", "");
  EXPECT_EQ(guessDataSpec(path("voc")), "voc:" + path("voc"));
  folder.write("voc/ImageSets/Main/train.txt", "a");
  EXPECT_EQ(guessDataSpec(path("voc")), "voc:" + path("voc") + "#train");
  folder.write("yolo/data.yaml", "");
  EXPECT_EQ(guessDataSpec(path("yolo")), "yolo:" + path("yolo/data.yaml"));
  EXPECT_EQ(guessDataSpec(path("yolo/data.yaml")), "yolo:" + path("yolo/data.yaml"));
  folder.write("coco/annotations/instances_train.json", "");
  folder.write("coco/images/a.jpg", "");
  EXPECT_TRUE(
      guessDataSpec(path("coco")).startsWith("coco:" + path("coco/annotations/instances_train.json") + ","));
  EXPECT_TRUE(guessDataSpec(path("coco")).endsWith("/images"));
  EXPECT_EQ(guessDataSpec(path("coco/images")), "folder:" + path("coco/images"));
  folder.write("other/readme.txt", "");
  EXPECT_EQ(guessDataSpec(path("other")), "");
  EXPECT_EQ(guessDataSpec(path("none")), "");
}

}  // namespace
}  // namespace anchorscope
