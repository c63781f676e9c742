#include "widgets/panels/probes_panel.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/models/image_choice_model.h"

namespace anchorscope {
namespace {

std::shared_ptr<const ProbeFrame> frameNamed(const std::string& name, int starved) {
  StageEvidence evidence = *testing::makeSyntheticEvidence();
  auto image = std::make_shared<ProbeImage>(*evidence.image);
  image->name = name;
  evidence.image = image;
  std::erase_if(evidence.objectColumns,
                [](const ObjectColumn& column) { return column.spec.name == kStarvedColumn; });
  ObjectColumn column{{kStarvedColumn, "Starved", "", "", ""}, std::vector<float>(image->objects.size(), 0)};
  for (int i = 0; i < starved; ++i)
    column.values[static_cast<std::size_t>(i)] = 1;
  evidence.objectColumns.push_back(column);
  return ProbeFrame::of(std::move(evidence));
}

class ProbesPanelTest : public ::testing::Test {
 protected:
  ProbesPanelTest() : panel(state) {
    QObject::connect(&panel, &ProbesPanel::probesWanted,
                     [this](const std::vector<std::string>& names) { wanted = names; });
    panel.resize(240, 400);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
    state.showProbes({frameNamed("a.jpg", 0), frameNamed("b.jpg", 2)});
    panel.setPinned({"a.jpg", "b.jpg"});
  }

  ViewLink link;
  CanvasModel state{link};
  ProbesPanel panel;
  std::vector<std::string> wanted;
};

TEST_F(ProbesPanelTest, AClickShowsThatProbe) {
  ASSERT_EQ(panel.list()->count(), 2);
  EXPECT_EQ(state.probeName(), "a.jpg");
  QTest::mouseClick(panel.list()->viewport(), Qt::LeftButton, {},
                    panel.list()->visualItemRect(panel.list()->item(1)).center());
  EXPECT_EQ(state.probeName(), "b.jpg");
  EXPECT_EQ(state.frame()->image->name, "b.jpg");
}

TEST_F(ProbesPanelTest, NewFramesOfTheSameProbesKeepTheListAndTheChoice) {
  panel.list()->setCurrentRow(1);
  state.showProbes({frameNamed("a.jpg", 1), frameNamed("b.jpg", 0)});
  EXPECT_EQ(panel.list()->currentRow(), 1);
  EXPECT_EQ(state.probeName(), "b.jpg");
  state.showProbes({frameNamed("c.jpg", 1)});
  EXPECT_EQ(panel.list()->count(), 1);
  EXPECT_EQ(state.probeName(), "c.jpg");
}

TEST_F(ProbesPanelTest, PinningIsOfferedOnlyWhereThereIsADataSet) {
  auto* pin = panel.findChild<QToolButton*>("pinButton");
  EXPECT_FALSE(pin->isVisible());
  panel.setAvailableImages({"a.jpg", "b.jpg", "c.jpg"});
  EXPECT_TRUE(pin->isVisible());
}

TEST_F(ProbesPanelTest, TheSearchFindsProbesByEvidenceAndOtherImagesByName) {
  panel.setAvailableImages({"a.jpg", "b.jpg", "cell_1.jpg", "cell_2.jpg"});
  auto* search = panel.findChild<QLineEdit*>("probeSearch");
  auto* found = panel.findChild<QLabel*>("probesFound");
  auto* images = panel.findChild<QListView*>("imageList");
  const auto shown = [&] {
    QString names;
    for (int row = 0; row < panel.list()->count(); ++row)
      if (!panel.list()->item(row)->isHidden())
        names += QString::fromStdString(state.probes()[static_cast<std::size_t>(row)]->image->name) + ' ';
    return names;
  };
  const auto type = [&](const char* text) {
    search->clear();
    QTest::keyClicks(search, QLatin1String(text));
  };
  type("b.jpg");
  EXPECT_EQ(shown(), "b.jpg ");
  EXPECT_EQ(found->text(), "1 of 2 probes");
  EXPECT_FALSE(images->isVisible());
  type("cell");
  EXPECT_EQ(shown(), "");
  ASSERT_TRUE(images->isVisible());
  EXPECT_EQ(images->model()->rowCount(), 2);
  EXPECT_EQ(panel.findChild<QLabel*>("imagesFound")->text(), "OTHER IMAGES · 2");
  QString image;
  QObject::connect(&panel, &ProbesPanel::imageWanted, [&](const QString& name) { image = name; });
  QTest::mouseClick(images->viewport(), Qt::LeftButton, {},
                    images->visualRect(images->model()->index(1, 0)).center());
  EXPECT_EQ(image, "cell_2.jpg");

  type("served>0 class:rbc");
  EXPECT_EQ(shown(), "a.jpg b.jpg ");
  type("class:unicorn");
  EXPECT_EQ(shown(), "");
  EXPECT_TRUE(found->text().contains("0 of 2 probes")) << found->text().toStdString();
  // What is shown stays while a word is not understood.
  type("a.jpg");
  search->setText("a.jpg speed>3");
  EXPECT_TRUE(found->text().contains("'speed'")) << found->text().toStdString();
  EXPECT_EQ(found->property("role"), "error");
  EXPECT_EQ(shown(), "a.jpg ");
  search->clear();
  EXPECT_FALSE(found->isVisible());
  EXPECT_EQ(shown(), "a.jpg b.jpg ");
}

TEST_F(ProbesPanelTest, WhatIsNotKnownOfAProbeIsCountedNotLeftOutInSilence) {
  // As thumbnails of a recorded step are: image, objects and object columns.
  const auto whole = frameNamed("b.jpg", 2);
  StageEvidence summary;
  static_cast<ProbeMoment&>(summary) = *whole;
  summary.objectColumns = whole->stages.front()->objectColumns;
  state.showProbes({frameNamed("a.jpg", 0), ProbeFrame::of(std::move(summary))});
  auto* search = panel.findChild<QLineEdit*>("probeSearch");
  QTest::keyClicks(search, "loss>0");
  EXPECT_EQ(panel.findChild<QLabel*>("probesFound")->text(), "1 of 2 probes · of 1 it is not known here");
  search->clear();
  QTest::keyClicks(search, "starved>1");
  EXPECT_FALSE(panel.list()->item(1)->isHidden()) << "thumbnails tell of starved objects";
}

TEST(ImageChoiceModelTest, WhatIsCheckedComesFirstAndStaysSoOutOfSight) {
  std::vector<std::string> names;
  for (int i = 0; i < 118'000; ++i)
    names.push_back("train2017/" + std::to_string(i) + ".jpg");
  ImageChoiceModel model(names, {names[500], names[7]});
  ASSERT_EQ(model.rowCount(), 118'000);
  const auto nameAt = [&](int row) { return model.index(row, 0).data().toString().toStdString(); };
  EXPECT_EQ(nameAt(0), names[7]);
  EXPECT_EQ(nameAt(1), names[500]);
  EXPECT_EQ(nameAt(2), names[0]);
  model.setFilter("/1179");
  EXPECT_EQ(model.rowCount(), 111);  // itself, ten of five figures and a hundred of six
  model.setFilter("/11799");
  EXPECT_EQ(model.rowCount(), 11);
  EXPECT_TRUE(model.setData(model.index(1, 0), Qt::Checked, Qt::CheckStateRole));
  EXPECT_EQ(nameAt(1), names[117'990]);
  model.setFilter("/500.");
  ASSERT_EQ(model.rowCount(), 1);
  EXPECT_EQ(model.index(0, 0).data(Qt::CheckStateRole).toInt(), Qt::Checked);
  EXPECT_TRUE(model.setData(model.index(0, 0), Qt::Unchecked, Qt::CheckStateRole));
  model.setFilter("nowhere");
  EXPECT_EQ(model.rowCount(), 0);
  EXPECT_EQ(model.checked(), (std::vector<std::string>{names[7], names[117'990]}));
  model.setFilter({});
  EXPECT_EQ(model.rowCount(), 118'000);
}

TEST_F(ProbesPanelTest, WhatIsUnpinnedIsOneOfThoseThatAreWatchedNow) {
  panel.setAvailableImages({"a.jpg", "b.jpg", "c.jpg"});
  panel.setPinned({"b.jpg", "c.jpg"});  // an earlier moment is shown, with others
  const auto unpin = [&](int row) {
    bool enabled = false;
    QTimer::singleShot(0, [&enabled] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      ASSERT_NE(menu, nullptr);
      enabled = menu->actions().front()->isEnabled();
      menu->setActiveAction(menu->actions().front());
      QTest::keyClick(menu, enabled ? Qt::Key_Return : Qt::Key_Escape);
      menu->close();
    });
    const QRect item = panel.list()->visualItemRect(panel.list()->item(row));
    emit panel.list()->customContextMenuRequested(item.center());
    return enabled;
  };
  EXPECT_FALSE(unpin(0)) << "a.jpg is watched no more";
  EXPECT_TRUE(wanted.empty());
  EXPECT_TRUE(unpin(1));
  EXPECT_EQ(wanted, std::vector<std::string>{"c.jpg"});
}

TEST_F(ProbesPanelTest, TheDialogSearchesAndPins) {
  panel.setAvailableImages({"a.jpg", "b.jpg", "cell.jpg"});
  QTimer::singleShot(0, [] {
    auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
    ASSERT_NE(dialog, nullptr);
    auto* choices = dialog->findChild<QListView*>("probeChoices");
    auto* search = dialog->findChild<QLineEdit*>();
    auto* accept = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    const auto toggle = [&](int row) {
      choices->setCurrentIndex(choices->model()->index(row, 0));
      QTest::keyClick(choices, Qt::Key_Space);
    };
    EXPECT_EQ(choices->model()->rowCount(), 3);
    toggle(0);
    EXPECT_TRUE(accept->isEnabled());
    toggle(1);
    EXPECT_FALSE(accept->isEnabled()) << "a run needs at least one probe";
    QTest::keyClicks(search, "CELL");
    ASSERT_EQ(choices->model()->rowCount(), 1);
    EXPECT_EQ(choices->model()->index(0, 0).data().toString(), "cell.jpg");
    toggle(0);
    EXPECT_TRUE(accept->isEnabled());
    search->clear();
    EXPECT_EQ(choices->model()->rowCount(), 3);
    toggle(0);
    accept->click();
  });
  QTest::mouseClick(panel.findChild<QToolButton*>("pinButton"), Qt::LeftButton);
  EXPECT_EQ(wanted, (std::vector<std::string>{"a.jpg", "cell.jpg"}));
}

}  // namespace
}  // namespace anchorscope
