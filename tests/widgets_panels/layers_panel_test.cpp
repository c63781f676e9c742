// The layer list and what belongs to the active layer: rows, order, presets, range, filter, levels.
#include "widgets/panels/layers_panel.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSet>
#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <utility>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/synthetic_maps.h"
#include "widgets/panels/layer_presets.h"
#include "widgets/panels/range_editor.h"

namespace anchorscope {
namespace {

class LayersPanelTest : public ::testing::Test {
 protected:
  LayersPanelTest() : panel(state) {
    state.showProbes({testing::makeSyntheticFrame()});
    panel.resize(240, 700);
    panel.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
  }
  const Layer& layer(const char* id) { return *state.layers().find(id); }
  QWidget* row(const QString& id) { return panel.findChild<QWidget*>("layer:" + id); }
  /// Lists what a subject has, or folds it again.
  void unfold(const QString& subject) {
    auto* line = panel.findChild<QToolButton*>(subject);
    ASSERT_NE(line, nullptr) << subject.toStdString();
    QTest::mouseClick(line, Qt::LeftButton);
  }

  ViewLink link;
  CanvasModel state{link};
  LayersPanel panel;
};

TEST_F(LayersPanelTest, TheEyeShowsAndHides) {
  auto* eye = panel.findChild<QToolButton*>("eye:objects");
  ASSERT_TRUE(layer("objects").visible);
  QTest::mouseClick(eye, Qt::LeftButton);
  EXPECT_FALSE(layer("objects").visible);
  EXPECT_FALSE(eye->isChecked());
  state.layers().setVisible("objects", true);
  EXPECT_TRUE(eye->isChecked());
}

TEST_F(LayersPanelTest, AClickOnARowMakesItTheActiveLayerAndADoubleClickShowsItAlone) {
  unfold("subject:weights");
  QTest::mouseClick(row("channel:musu.w_cls"), Qt::LeftButton, {}, {60, 14});
  EXPECT_EQ(state.layers().active()->id, "channel:musu.w_cls");
  QTest::mouseDClick(row("channel:musu.w_cls"), Qt::LeftButton, {}, {60, 14});
  for (const Layer& other : state.layers().layers()) {
    if (!other.hasChannel()) continue;
    EXPECT_EQ(other.visible, other.id == "channel:musu.w_cls") << other.id;
  }
}

TEST_F(LayersPanelTest, TheSliderSetsTheOpacity) {
  auto* slider = panel.findChild<QSlider*>("opacity:objects");
  slider->setValue(40);
  EXPECT_FLOAT_EQ(layer("objects").opacity, 0.4f);
  state.layers().setOpacity("objects", 0.75f);
  EXPECT_EQ(slider->value(), 75);
}

TEST_F(LayersPanelTest, DraggingARowChangesTheOrder) {
  const QStringList before = panel.shownLayers();
  const QString dragged = before[1];
  QWidget* held = row(dragged);
  const int height = held->height();
  QTest::mousePress(held, Qt::LeftButton, {}, {80, height / 2});
  QTest::mouseMove(held, {80, height / 2 + 2 * height + 4});
  QTest::mouseRelease(held, Qt::LeftButton, {}, {80, height / 2});
  QStringList expected = before;
  expected.move(1, 3);
  EXPECT_EQ(panel.shownLayers(), expected);
  EXPECT_EQ(row(dragged), held) << "the row that the mouse holds must live on";
  EXPECT_TRUE(QTest::qWaitFor([&] { return row(expected[1])->y() < held->y(); }));
}

TEST_F(LayersPanelTest, ButtonsMoveTheActiveLayer) {
  state.layers().setActive("objects");
  const QStringList before = panel.shownLayers();
  const qsizetype at = before.indexOf("objects");
  QTest::mouseClick(panel.findChild<QToolButton*>("layerDown"), Qt::LeftButton);
  EXPECT_EQ(panel.shownLayers().indexOf("objects"), at + 1);
  QTest::mouseClick(panel.findChild<QToolButton*>("layerUp"), Qt::LeftButton);
  EXPECT_EQ(panel.shownLayers(), before);
}

TEST_F(LayersPanelTest, WhatIsDrawnStandsOnTopAndTheRestIsFoldedBySubject) {
  EXPECT_EQ(panel.shownLayers(),
            (QStringList{"objects", "bag", "channel:musu.joint", "image", "predictions", "arrows"}));
  QStringList subjects;
  for (const LayerSubject& subject : layerSubjects(state.layers().layers(), *state.evidence())) {
    EXPECT_NE(panel.findChild<QToolButton*>(subject.id), nullptr) << subject.id.toStdString();
    subjects << subject.id;
  }
  EXPECT_TRUE(subjects.contains("subject:scores"));
  EXPECT_TRUE(subjects.contains("subject:weights"));
  // Every layer of a channel is in one of them, once.
  std::vector<std::string> all, listed;
  for (const Layer& each : state.layers().layers())
    if (each.hasChannel()) all.push_back(each.id);
  for (const LayerSubject& subject : layerSubjects(state.layers().layers(), *state.evidence()))
    listed.insert(listed.end(), subject.layers.begin(), subject.layers.end());
  std::ranges::sort(all);
  std::ranges::sort(listed);
  EXPECT_EQ(listed, all);

  unfold("subject:scores");
  ASSERT_TRUE(panel.shownLayers().contains("channel:iou"));
  EXPECT_GT(panel.shownLayers().indexOf("channel:iou"), panel.shownLayers().indexOf("predictions"));
  QTest::mouseClick(panel.findChild<QToolButton*>("eye:channel:iou"), Qt::LeftButton);
  EXPECT_LT(panel.shownLayers().indexOf("channel:iou"), panel.shownLayers().indexOf("image"));
  unfold("subject:scores");
  EXPECT_TRUE(panel.shownLayers().contains("channel:iou")) << "it is drawn";
  EXPECT_FALSE(panel.shownLayers().contains("channel:cls_score"));
}

TEST_F(LayersPanelTest, ALayerThatIsSwitchedOffStaysUnderTheMouseUntilItLeaves) {
  state.layers().setVisible("channel:iou", true);
  state.layers().setActive("channel:musu.joint");
  const QStringList before = panel.shownLayers();
  row("channel:iou")->setAttribute(Qt::WA_UnderMouse);
  QTest::mouseClick(panel.findChild<QToolButton*>("eye:channel:iou"), Qt::LeftButton);
  EXPECT_FALSE(layer("channel:iou").visible);
  EXPECT_EQ(panel.shownLayers(), before);
  QTest::mouseClick(panel.findChild<QToolButton*>("eye:channel:iou"), Qt::LeftButton);
  EXPECT_TRUE(layer("channel:iou").visible);
  QTest::mouseClick(panel.findChild<QToolButton*>("eye:channel:iou"), Qt::LeftButton);
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(&panel, &leave);
  EXPECT_FALSE(panel.shownLayers().contains("channel:iou"));
}

TEST_F(LayersPanelTest, LayersOfChannelsThatAreNotThereHaveNoRowButKeepTheirSettings) {
  unfold("subject:weights");
  EXPECT_TRUE(panel.shownLayers().contains("channel:musu.w_cls"));
  state.layers().setOpacity("channel:musu.w_cls", 0.3f);
  auto other = std::make_shared<StageEvidence>(*state.evidence());
  std::erase_if(other->channels, [](const Channel& channel) { return channel.spec.name == "musu.w_cls"; });
  state.showProbes({ProbeFrame::of(*other)});
  EXPECT_FALSE(panel.shownLayers().contains("channel:musu.w_cls"));
  EXPECT_EQ(row("channel:musu.w_cls"), nullptr);
  state.showProbes({testing::makeSyntheticFrame()});
  EXPECT_NE(row("channel:musu.w_cls"), nullptr);
  EXPECT_FLOAT_EQ(layer("channel:musu.w_cls").opacity, 0.3f);
}

TEST_F(LayersPanelTest, PresetsFollowFromTheDeclarations) {
  QStringList titles;
  for (const LayerPreset& preset : layerPresets(*state.evidence()))
    titles << preset.title;
  EXPECT_TRUE(titles.contains("Weights of both heads"));
  EXPECT_TRUE(titles.contains("Losses"));
  EXPECT_TRUE(titles.contains("Objects and predictions"));
  for (const LayerPreset& preset : layerPresets(*state.evidence())) {
    applyPreset(state.layers(), preset);
    for (const Layer& shown : state.layers().layers()) {
      const bool named =
          std::find(preset.layerIds.begin(), preset.layerIds.end(), shown.id) != preset.layerIds.end();
      if (shown.hasChannel() || shown.kind == LayerKind::kPredictions) {
        EXPECT_EQ(shown.visible, named) << shown.id;
      }
    }
  }
  // A method without weights has no such question.
  auto plain = std::make_shared<StageEvidence>(*state.evidence());
  plain->decisions.clear();
  titles.clear();
  for (const LayerPreset& preset : layerPresets(*plain))
    titles << preset.title;
  EXPECT_FALSE(titles.contains("Weights of both heads"));
}

TEST_F(LayersPanelTest, PresetsDoNotTakeOverlapsForScoresOrWeightsOfTheMethod) {
  // As programs publish it: the boxes' overlaps come after the method's own channels.
  auto frame = std::make_shared<StageEvidence>(*state.evidence());
  const auto iou = std::find_if(frame->channels.begin(), frame->channels.end(),
                                [](const Channel& channel) { return channel.spec.name == "iou"; });
  ASSERT_NE(iou, frame->channels.end());
  iou->spec.scale = ColorScale::kRegression;
  Channel anchorIou = *iou;
  anchorIou.spec.name = "anchor_iou";
  anchorIou.spec.scale = ColorScale::kSequential;
  frame->channels.push_back(anchorIou);
  const auto layersOf = [](const StageEvidence& of, const QString& title) {
    for (const LayerPreset& preset : layerPresets(of))
      if (preset.title == title) return preset.layerIds;
    return std::vector<std::string>();
  };
  EXPECT_EQ(layersOf(*frame, "Joint scores"), (std::vector<std::string>{"channel:musu.joint"}));
  EXPECT_EQ(layersOf(*frame, "Overlap"), (std::vector<std::string>{"channel:iou"}));
  // A method that decides with a pair's IoU has neither joint scores nor weights.
  for (DecisionSpec& decision : frame->decisions)
    for (OutcomeSpec& outcome : decision.outcomes)
      outcome.weightColumn = "iou";
  std::erase_if(frame->channels, [](const Channel& channel) { return channel.spec.name == "musu.joint"; });
  EXPECT_TRUE(layersOf(*frame, "Weights of both heads").empty());
  std::erase_if(frame->channels, [](const Channel& channel) { return channel.spec.name == "cls_score"; });
  EXPECT_TRUE(layersOf(*frame, "Joint scores").empty());
  applyFirstLook(state.layers(), *frame);
  EXPECT_EQ(state.layers().active()->id, "channel:iou");
}

TEST_F(LayersPanelTest, ALookKeptFromAnotherMethodGivesWayToOneThatThisMethodHas) {
  state.layers().showOnly("channel:musu.w_cls");
  replaceForeignLook(state.layers(), *state.evidence());
  EXPECT_EQ(state.layers().active()->id, "channel:musu.w_cls");  // it is the frame's own
  auto other = std::make_shared<StageEvidence>(*state.evidence());
  other->decisions.clear();
  std::erase_if(other->channels,
                [](const Channel& channel) { return channel.spec.name.starts_with("musu."); });
  replaceForeignLook(state.layers(), *other);
  ASSERT_NE(state.layers().active(), nullptr);
  EXPECT_NE(other->channel(state.layers().active()->channel), nullptr) << state.layers().active()->id;
  EXPECT_TRUE(state.layers().active()->visible);
}

/// Of a method without MuSu's channels and weights.
std::shared_ptr<StageEvidence> frameOfAnotherMethod() {
  auto frame = std::make_shared<StageEvidence>(*testing::makeSyntheticEvidence());
  frame->decisions.clear();
  std::erase_if(frame->channels,
                [](const Channel& channel) { return channel.spec.name.starts_with("musu."); });
  return frame;
}

TEST_F(LayersPanelTest, WhatStandsInForLayersThatAreNotThereIsSaidAndUndoneByAClick) {
  auto* notice = panel.findChild<QWidget*>("standInNotice");
  auto* undo = panel.findChild<QToolButton*>("standInNoticeUndo");
  ASSERT_TRUE(notice && undo);
  state.layers().showOnly("channel:musu.w_cls");
  EXPECT_FALSE(notice->isVisible());
  const auto frame = frameOfAnotherMethod();
  state.showProbes({ProbeFrame::of(*frame)});
  replaceForeignLook(state.layers(), *frame);
  ASSERT_TRUE(notice->isVisible());
  const auto said = [&] { return notice->findChild<QLabel*>()->text(); };
  EXPECT_TRUE(said().contains("“Weight, classification”")) << said().toStdString();
  EXPECT_TRUE(said().contains("instead")) << said().toStdString();
  const std::string instead = state.layers().active()->id;
  EXPECT_NE(frame->channel(state.layers().active()->channel), nullptr) << instead;
  EXPECT_TRUE(said().contains(QString::fromStdString(state.layers().active()->title)));

  QTest::mouseClick(undo, Qt::LeftButton);
  EXPECT_FALSE(state.layers().find(instead)->visible);
  EXPECT_TRUE(said().contains("nothing is coloured")) << said().toStdString();
  replaceForeignLook(state.layers(), *frame);  // as with the next frame
  EXPECT_FALSE(state.layers().find(instead)->visible) << "what was undone stays so";
  QTest::mouseClick(undo, Qt::LeftButton);
  EXPECT_TRUE(state.layers().find(instead)->visible);

  state.showProbes({testing::makeSyntheticFrame()});
  EXPECT_FALSE(notice->isVisible());
  EXPECT_TRUE(layer("channel:musu.w_cls").visible);
  EXPECT_FALSE(state.layers().find(instead)->visible);
}

TEST_F(LayersPanelTest, ALookThatTheMethodHasIsLeftAloneAlsoWhenAnotherLayerWasActive) {
  state.layers().showOnly("channel:iou");
  state.layers().setVisible("channel:musu.w_cls", true);
  state.layers().setActive("channel:musu.w_cls");
  const auto frame = frameOfAnotherMethod();
  state.showProbes({ProbeFrame::of(*frame)});
  replaceForeignLook(state.layers(), *frame);
  EXPECT_FALSE(state.layers().standIn());
  EXPECT_TRUE(layer("channel:iou").visible);
  EXPECT_TRUE(layer("channel:musu.w_cls").visible);
  EXPECT_EQ(state.layers().active()->id, "channel:iou") << "its range can be edited";
}

TEST_F(LayersPanelTest, SoloSaysWhatItHidesAndEndsByAClick) {
  auto* notice = panel.findChild<QWidget*>("soloNotice");
  ASSERT_NE(notice, nullptr);
  EXPECT_FALSE(notice->isVisible());
  state.layers().setSolo("objects", true);
  ASSERT_TRUE(notice->isVisible());
  int on = 0;
  for (const Layer& each : state.layers().layers())
    on += each.visible ? 1 : 0;
  EXPECT_TRUE(notice->findChild<QLabel*>()->text().contains(QString::number(on - 2)))
      << notice->findChild<QLabel*>()->text().toStdString();
  QTest::mouseClick(panel.findChild<QToolButton*>("soloNoticeUndo"), Qt::LeftButton);
  EXPECT_FALSE(layer("objects").solo);
  EXPECT_FALSE(notice->isVisible());
}

TEST_F(LayersPanelTest, TheScoreSliderFiltersPredictionsAndSaysHowManyAreHidden) {
  auto frame = std::make_shared<StageEvidence>(*state.evidence());
  frame->predictions.clear();
  for (int i = 0; i < 100; ++i)
    frame->predictions.push_back({{0, 0, 9, 9}, 0, 0.99f - 0.01f * static_cast<float>(i), -1});
  state.showProbes({ProbeFrame::of(*frame)});
  auto* score = panel.findChild<QSlider*>("score:predictions");
  auto* adaptive = panel.findChild<QToolButton*>("adaptive:predictions");
  ASSERT_TRUE(score && adaptive);
  EXPECT_FALSE(score->isVisible()) << "nothing to filter while the layer is off";
  QTest::mouseClick(panel.findChild<QToolButton*>("eye:predictions"), Qt::LeftButton);
  ASSERT_TRUE(score->isVisible());
  EXPECT_TRUE(adaptive->isChecked());
  const auto said = [&] { return panel.findChild<QLabel*>("hint:predictions")->text(); };
  // Twice the 18 objects: 36 of them, down to 0.64.
  EXPECT_EQ(said(), QStringLiteral("≥ 0.64 · 36 of 100"));
  EXPECT_EQ(score->value(), 64);

  score->setFocus(Qt::TabFocusReason);
  QTest::keyClick(score, Qt::Key_End);
  EXPECT_FALSE(layer("predictions").adaptiveFilter);
  EXPECT_FALSE(adaptive->isChecked());
  EXPECT_EQ(said(), QStringLiteral("≥ 1.00 · 0 of 100"));
  QTest::keyClick(score, Qt::Key_Home);
  EXPECT_EQ(said(), QStringLiteral("≥ 0.00 · 100 of 100"));
  EXPECT_EQ(layer("predictions").filterMin, 0);
  // A drag of the handle, as with the mouse.
  QTest::mousePress(score, Qt::LeftButton, {}, {5, score->height() / 2});
  QTest::mouseMove(score, {score->width() / 2, score->height() / 2});
  QTest::mouseRelease(score, Qt::LeftButton, {}, {score->width() / 2, score->height() / 2});
  EXPECT_GT(layer("predictions").filterMin, 0.3f);
  EXPECT_LT(layer("predictions").filterMin, 0.7f);
  QTest::mouseClick(adaptive, Qt::LeftButton);
  EXPECT_TRUE(layer("predictions").adaptiveFilter);
  EXPECT_EQ(said(), QStringLiteral("≥ 0.64 · 36 of 100"));
}

TEST_F(LayersPanelTest, WhatAFilterOrFadedWeightsLeaveOutIsCounted) {
  const auto said = [&](const char* id) {
    const auto* hint = panel.findChild<QLabel*>(QStringLiteral("hint:%1").arg(id));
    return hint && hint->isVisible() ? hint->text() : QString();
  };
  state.layers().setVisible("channel:iou", true);
  EXPECT_EQ(said("channel:iou"), QString());
  state.layers().update("channel:iou", [](Layer& edited) { edited.filterMin = 0.5f; });
  EXPECT_TRUE(said("channel:iou").contains("of 19,200")) << said("channel:iou").toStdString();

  auto frame = std::make_shared<StageEvidence>(*state.evidence());
  PairTable& table = frame->pairTables.front();
  const auto [first, last] = table.rowsOfObject(0);
  for (const char* weight : {"w_cls", "w_reg"}) {
    auto& column = table.columns[static_cast<std::size_t>(table.columnIndex(weight))];
    bool kept = false;
    for (std::size_t row = first; row < last; ++row)
      if (column[row] > 0) column[row] = std::exchange(kept, true) ? 1e-9f : 1.f;
  }
  state.showProbes({ProbeFrame::of(*frame)});
  state.selectObject(0);
  EXPECT_EQ(said("bag"), QStringLiteral("1 of 14 drawn"));
  state.selectObject(1);
  EXPECT_EQ(said("bag"), QString());
}

TEST_F(LayersPanelTest, ThePresetMenuAppliesWhatIsChosen) {
  auto* button = panel.findChild<QToolButton*>("layerPresets");
  emit button->menu()->aboutToShow();
  const auto actions = button->menu()->actions();
  ASSERT_FALSE(actions.isEmpty());
  for (QAction* action : actions)
    if (action->text() == "Weights of both heads") action->trigger();
  EXPECT_TRUE(layer("channel:musu.w_cls").visible);
  EXPECT_TRUE(layer("channel:musu.w_reg").visible);
  EXPECT_FALSE(layer("predictions").visible);
}

TEST_F(LayersPanelTest, WhatAPresetShowsHeadsTheChannels) {
  auto* button = panel.findChild<QToolButton*>("layerPresets");
  emit button->menu()->aboutToShow();
  ASSERT_FALSE(panel.shownLayers().contains("channel:musu.w_cls")) << "nothing to raise";
  for (QAction* action : button->menu()->actions())
    if (action->text() == "Weights of both heads") action->trigger();
  QStringList channels = panel.shownLayers();
  channels.removeIf([](const QString& id) { return !id.startsWith("channel:"); });
  EXPECT_EQ(QSet<QString>(channels.begin(), channels.end()),
            (QSet<QString>{"channel:musu.w_cls", "channel:musu.w_reg"}));
  EXPECT_EQ(panel.shownLayers(),
            (QStringList{"objects", "bag"} + channels + QStringList{"image", "predictions", "arrows"}));
  auto* details = panel.findChild<QLabel*>("layerDetails");
  EXPECT_EQ(details->text(), QString::fromStdString(layer("channel:musu.w_cls").title).toUpper());
  EXPECT_EQ(details->toolTip(), QStringLiteral("musu.w_cls"));
}

TEST_F(LayersPanelTest, DraggingAHandleOfTheRangeSetsItByHand) {
  state.layers().setActive("channel:iou");
  RangeEditor* range = panel.rangeEditor();
  const ValueRange before = range->range();
  const int y = range->height() - 30;
  QTest::mousePress(range, Qt::LeftButton, {}, {static_cast<int>(range->xOf(before.low)), y});
  QTest::mouseMove(range, {range->width() / 4, y});
  QTest::mouseRelease(range, Qt::LeftButton, {}, {range->width() / 4, y});
  EXPECT_EQ(layer("channel:iou").rangeMode, RangeMode::kManual);
  EXPECT_NEAR(layer("channel:iou").rangeLow, range->valueAt(range->width() / 4), 1e-6);
  EXPECT_EQ(layer("channel:iou").rangeHigh, before.high);
  // A handle never passes the other.
  QTest::mousePress(range, Qt::LeftButton, {}, {static_cast<int>(range->xOf(range->range().low)), y});
  QTest::mouseMove(range, {range->width() + 50, y});
  QTest::mouseRelease(range, Qt::LeftButton, {}, {range->width() + 50, y});
  EXPECT_LE(layer("channel:iou").rangeLow, layer("channel:iou").rangeHigh);
}

class ImportanceMapsTest : public LayersPanelTest {
 protected:
  ImportanceMapsTest() {
    state.showProbes({ProbeFrame::of(*testing::withLipMaps(testing::makeSyntheticEvidence()))});
  }
  QStringList mapsListed() {
    QStringList maps = panel.shownLayers();
    maps.removeIf([](const QString& id) { return !id.startsWith("channel:lip."); });
    return maps;
  }
};

TEST_F(ImportanceMapsTest, AreFoldedUnderOneLineUntilItIsClicked) {
  auto* line = panel.findChild<QToolButton*>("family:lip");
  ASSERT_NE(line, nullptr);
  EXPECT_TRUE(line->text().contains("LIP")) << line->text().toStdString();
  EXPECT_TRUE(line->text().contains("21"));
  EXPECT_TRUE(mapsListed().isEmpty());
  QTest::mouseClick(line, Qt::LeftButton);
  EXPECT_EQ(mapsListed().size(), 21);
  QTest::mouseClick(panel.findChild<QToolButton*>("eye:channel:lip.stem.importance"), Qt::LeftButton);
  QTest::mouseClick(line, Qt::LeftButton);
  EXPECT_EQ(mapsListed(), QStringList{"channel:lip.stem.importance"}) << "what is shown stays listed";
  QTest::mouseClick(panel.findChild<QToolButton*>("eye:channel:lip.stem.importance"), Qt::LeftButton);
  EXPECT_TRUE(mapsListed().isEmpty());
  EXPECT_EQ(panel.findChild<QToolButton*>("family:importance"), nullptr) << "a single map is no family";
}

TEST_F(ImportanceMapsTest, ThePresetShowsTheFinestAndTheBoxGoesThroughThePlaces) {
  auto* presets = panel.findChild<QToolButton*>("layerPresets");
  emit presets->menu()->aboutToShow();
  QAction* wanted = nullptr;
  for (QAction* action : presets->menu()->actions())
    if (action->text() == "LIP importance") wanted = action;
  ASSERT_NE(wanted, nullptr);
  wanted->trigger();
  EXPECT_TRUE(layer("channel:lip.stem.importance").visible);
  EXPECT_EQ(state.layers().active()->id, "channel:lip.stem.importance");
  EXPECT_TRUE(layer("objects").visible);

  auto* place = panel.findChild<QComboBox*>("cellPlace");
  ASSERT_TRUE(place->isVisible());
  EXPECT_EQ(place->count(), 7);
  panel.findChild<QCheckBox*>("cellSmooth")->click();
  state.layers().setOpacity("channel:lip.stem.importance", 0.8f);
  place->setFocus();
  QTest::keyClick(place, Qt::Key_Down);
  EXPECT_EQ(state.layers().active()->id, "channel:lip.layer2.conv.importance");
  EXPECT_TRUE(layer("channel:lip.layer2.conv.importance").visible);
  EXPECT_FALSE(layer("channel:lip.stem.importance").visible);
  EXPECT_TRUE(layer("channel:lip.layer2.conv.importance").smooth) << "the look goes along";
  EXPECT_FLOAT_EQ(layer("channel:lip.layer2.conv.importance").opacity, 0.8f);

  auto* measure = panel.findChild<QComboBox*>("cellMeasure");
  measure->setFocus();
  QTest::keyClick(measure, Qt::Key_Down);
  EXPECT_EQ(state.layers().active()->id, "channel:lip.layer2.conv.entropy");
  EXPECT_EQ(mapsListed(), QStringList{"channel:lip.layer2.conv.entropy"});
}

TEST_F(ImportanceMapsTest, HaveNoPyramidLevels) {
  state.layers().setActive("channel:lip.stem.importance");
  for (const QCheckBox* box : panel.findChildren<QCheckBox*>())
    if (box->text() == "P3") {
      EXPECT_FALSE(box->isVisible());
    }
  EXPECT_TRUE(panel.findChild<QComboBox*>("cellPlace")->isVisible());
  state.layers().setActive("channel:iou");
  EXPECT_FALSE(panel.findChild<QComboBox*>("cellPlace")->isVisible());
}

TEST_F(LayersPanelTest, ACenternessHeadHasItsPresetAndIsNotTheFirstLook) {
  auto frame = std::make_shared<StageEvidence>(*state.evidence());
  for (const char* name : {"centerness", "centerness_target", "loss.quality"}) {
    Channel channel = *frame->channel("musu.joint");
    channel.spec.name = name;
    if (channel.spec.name == "loss.quality") channel.spec.sense = Sense::kLowerIsBetter;
    frame->channels.push_back(channel);
  }
  for (const Layer& shown : defaultLayers(*frame))
    if (shown.hasChannel()) {
      EXPECT_EQ(shown.visible, shown.id == "channel:musu.joint") << shown.id;
    }
  std::vector<std::string> centerness, joint, losses;
  for (const LayerPreset& preset : layerPresets(*frame)) {
    if (preset.title == "Centerness") centerness = preset.layerIds;
    if (preset.title == "Joint scores") joint = preset.layerIds;
    if (preset.title == "Losses") losses = preset.layerIds;
  }
  EXPECT_EQ(centerness, (std::vector<std::string>{"channel:centerness", "channel:centerness_target"}));
  EXPECT_EQ(joint, std::vector<std::string>{"channel:musu.joint"});
  EXPECT_EQ(losses.back(), "channel:loss.quality");
}

TEST_F(LayersPanelTest, LevelsAndFilterBelongToTheActiveLayer) {
  state.layers().setActive("channel:iou");
  QCheckBox* first = nullptr;
  for (QCheckBox* box : panel.findChildren<QCheckBox*>())
    if (box->text() == "P3") first = box;
  ASSERT_NE(first, nullptr);
  ASSERT_TRUE(first->isChecked());
  first->click();
  EXPECT_FALSE(layer("channel:iou").showsLevel(0));
  EXPECT_TRUE(layer("channel:iou").showsLevel(1));
  EXPECT_TRUE(layer("channel:musu.w_cls").showsLevel(0));
  QTest::mouseClick(panel.findChild<QToolButton*>("layerSettings"), Qt::LeftButton);
  auto* from = panel.findChild<QLineEdit*>("filterMin");
  ASSERT_TRUE(from->isVisible());
  from->setFocus();
  QTest::keyClicks(from, "0.25");
  QTest::keyClick(from, Qt::Key_Return);
  EXPECT_FLOAT_EQ(layer("channel:iou").filterMin, 0.25f);
  from->clear();
  QTest::keyClick(from, Qt::Key_Return);
  EXPECT_EQ(layer("channel:iou").filterMin, -std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace anchorscope
