#include "widgets/panels/start_page.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTest>
#include <QToolButton>

#include "core/trainer/presets.h"
#include "tests/support/qt_application.h"
#include "tests/support/temporary_folder.h"
#include "widgets/panels/conflict_label.h"
#include "widgets/panels/data_spec_guess.h"

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

  void choose(const char* box, const char* name) {
    auto* combo = page.findChild<QComboBox*>(box);
    combo->setCurrentIndex(combo->findData(QString::fromLatin1(name)));
    ASSERT_EQ(combo->currentData().toString(), name);
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

TEST_F(StartPageTest, WhatRecordingWillTakeIsToldAndFollowsTheOptions) {
  const auto* told = page.findChild<QLabel*>("recordForecast");
  const auto type = [&](const char* option, const char* value) {
    auto* field = page.findChild<QLineEdit*>(option);
    field->setFocus();
    field->selectAll();
    QTest::keyClicks(field, value);
    QTest::keyClick(field, Qt::Key_Tab);
  };
  EXPECT_TRUE(told->isVisible());
  EXPECT_TRUE(told->text().startsWith("Recording: 4 probes × 21 steps ≈ ")) << told->text().toStdString();
  const QString small = told->text();
  type("train.steps", "2000");
  EXPECT_TRUE(told->text().startsWith("Recording: 4 probes × 41 steps ≈ ")) << told->text().toStdString();
  type("train.size", "640");
  const QString large = told->text();
  type("train.size", "160");
  EXPECT_NE(large, told->text());
  type("train.steps", "1000");
  EXPECT_EQ(told->text(), small);
  type("train.probe_count", "1");
  EXPECT_TRUE(told->text().startsWith("Recording: 1 probe × 21 steps ≈ ")) << told->text().toStdString();
  type("train.steps", "12e");
  EXPECT_TRUE(told->text().contains("steps is in epochs (12e)")) << told->text().toStdString();
  type("train.record_every", "0");
  EXPECT_EQ(told->text(), "Recording: scalars only: record_every is 0.");
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

TEST_F(StartPageTest, WhatDoesNotGoTogetherIsToldBesideItAndHoldsTheStartBack) {
  auto config = makeRunConfig("musu", "fcos-small");
  ASSERT_TRUE(config);
  ASSERT_FALSE(conflictsOf(*config).empty()) << "a centerness head without a target";
  page.setDataSpec("demo");
  ASSERT_TRUE(page.startButton()->isEnabled());
  choose("method", "musu");
  choose("model", "fcos-small");
  ASSERT_EQ(page.conflicts().size(), 1u);
  const OptionConflict conflict = page.conflicts().front();
  ASSERT_EQ(conflict.option, "model.centerness");
  auto* message = page.findChild<ConflictLabel*>("message:model.centerness");
  ASSERT_NE(message, nullptr);
  EXPECT_TRUE(message->text().startsWith(QString::fromStdString(conflict.message)));
  EXPECT_TRUE(page.findChild<QWidget*>("model.centerness")->property("invalid").toBool());
  EXPECT_FALSE(page.startButton()->isEnabled());
  const auto* problem = page.findChild<QLabel*>("startProblem");
  EXPECT_TRUE(problem->text().contains(QString::fromStdString(conflict.message)));
  QTest::keyClick(page.dataEdit(), Qt::Key_Return);
  EXPECT_TRUE(wanted.empty());
  testing::keepPicture(page.grab().toImage(), "start_conflict");

  emit message->fixWanted("model.centerness", "false");
  EXPECT_TRUE(page.conflicts().empty());
  EXPECT_TRUE(page.startButton()->isEnabled());
  EXPECT_TRUE(problem->text().isEmpty());
  QTest::mouseClick(page.startButton(), Qt::LeftButton);
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_FALSE(wanted[0].modelParams.getBool("centerness"));
}

TEST_F(StartPageTest, AConflictIsBroughtIntoSight) {
  page.resize(1000, 540);
  page.setDataSpec("demo");
  auto* tabs = page.findChild<QTabWidget*>();
  tabs->setCurrentIndex(0);
  choose("method", "musu");
  choose("model", "fcos-small");
  QCoreApplication::processEvents();
  auto* message = page.findChild<ConflictLabel*>("message:model.centerness");
  EXPECT_EQ(tabs->tabText(tabs->currentIndex()), "Detector");
  EXPECT_FALSE(message->visibleRegion().isEmpty());
  // And again from the line beside the start button.
  tabs->setCurrentIndex(0);
  EXPECT_TRUE(message->visibleRegion().isEmpty());
  auto* link = page.findChild<QPushButton*>("startProblemLink");
  ASSERT_TRUE(link->isVisible());
  QTest::mouseClick(link, Qt::LeftButton);
  QCoreApplication::processEvents();
  EXPECT_FALSE(message->visibleRegion().isEmpty());
  EXPECT_TRUE(page.findChild<QWidget*>("model.centerness")->hasFocus());
  emit message->fixWanted("model.centerness", "false");
  EXPECT_FALSE(link->isVisible());
}

TEST_F(StartPageTest, WhatStartsTrainingIsInSightInALowWindow) {
  for (const QSize size : {QSize(1280, 720), QSize(960, 460), QSize(1280, 460)}) {
    page.resize(size);
    QCoreApplication::processEvents();
    EXPECT_EQ(page.size(), size);
    for (const QPushButton* button : {page.startButton(), page.demoButton()})
      EXPECT_EQ(button->visibleRegion().boundingRect().size(), button->size())
          << size.width() << " x " << size.height();
  }
}

TEST_F(StartPageTest, ValidationDataMayBeNamed) {
  auto* validation = page.findChild<QLineEdit*>("validationSpec");
  page.setDataSpec("demo");
  EXPECT_EQ(validation->placeholderText(), "demo#val") << "what is taken when it is left empty";
  QTest::keyClicks(validation, "coco:b.json,images");
  QTest::mouseClick(page.startButton(), Qt::LeftButton);
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_EQ(wanted[0].validation, "coco:b.json,images");
}

TEST_F(StartPageTest, AConflictOfTheMethodItselfStandsUnderTheMethod) {
  page.setDataSpec("demo");
  choose("model", "fcos-small");
  choose("method", "atss");
  const auto* method = page.findChild<QComboBox*>("method");
  ASSERT_FALSE(page.conflicts().empty());
  EXPECT_EQ(page.conflicts().front().option, "run.method");
  EXPECT_TRUE(method->property("invalid").toBool());
  EXPECT_FALSE(page.startButton()->isEnabled());
  choose("method", "fcos");
  EXPECT_TRUE(page.conflicts().empty());
  EXPECT_FALSE(method->property("invalid").toBool());
  EXPECT_TRUE(page.startButton()->isEnabled());
}

TEST_F(StartPageTest, AModelOptionThatCannotBeReadIsTold) {
  page.setDataSpec("demo");
  auto* ratios = page.findChild<QLineEdit*>("model.ratios");
  ratios->setText("many");
  emit ratios->textEdited("many");
  emit ratios->editingFinished();
  EXPECT_FALSE(page.startButton()->isEnabled());
  ASSERT_EQ(page.conflicts().size(), 1u);
  EXPECT_TRUE(page.findChild<QLabel*>("startProblem")->text().contains("many"));
  ratios->setText("1");
  emit ratios->textEdited("1");
  emit ratios->editingFinished();
  EXPECT_TRUE(page.startButton()->isEnabled());
}

TEST_F(StartPageTest, PresetsAreListedByMethodAndFillTheForm) {
  auto* button = page.findChild<QToolButton*>("presets");
  emit button->menu()->aboutToShow();
  std::size_t listed = 0;
  for (const QAction* method : button->menu()->actions()) {
    ASSERT_NE(method->menu(), nullptr)
        << method->text().toStdString() << ": " << method->toolTip().toStdString();
    for (const QAction* action : method->menu()->actions())
      listed += action->objectName().startsWith("preset:") ? 1 : 0;
  }
  EXPECT_EQ(listed, presets().size());
  page.findChild<QAction*>("preset:bccd-max-iou")->trigger();
  const auto expected = presetConfig("bccd-max-iou");
  ASSERT_TRUE(expected);
  const RunConfig filled = page.config();
  EXPECT_EQ(toToml(filled), toToml(*expected));
  // Data that is named already stays.
  page.setDataSpec("coco:a.json,images");
  emit button->menu()->aboutToShow();
  page.findChild<QAction*>("preset:bccd-musu")->trigger();
  EXPECT_EQ(page.config().data, "coco:a.json,images");
  EXPECT_EQ(page.config().method, "musu");
}

TEST_F(StartPageTest, TheQuestionMarkAsksForThePageOfTheMethod) {
  const QSignalSpy help(&page, &StartPage::helpWanted);
  choose("method", "max_iou");
  QTest::mouseClick(page.findChild<QToolButton*>("methodPage"), Qt::LeftButton);
  ASSERT_EQ(help.count(), 1);
  EXPECT_EQ(help[0][0].toString(), "max_iou");
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
