#include "widgets/panels/param_form.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt_application.h"
#include "widgets/panels/conflict_label.h"

namespace anchorscope {
namespace {

class ParamFormTest : public ::testing::Test {
 protected:
  ParamFormTest() {
    form.setParams(ParamSet({floatParam("beta", 2, 0, 10, "1", "Sharpness.", "ours"),
                             intParam("bag", 9, 1, std::nullopt, "anchors", "Size.", "paper"),
                             boolParam("centered", true, "Only near the centre.", "ours"),
                             choiceParam("kind", "soft", {"soft", "hard"}, "How.", "ours")}),
                   "method.");
    QObject::connect(&form, &ParamForm::paramEdited,
                     [this](const QString& key, const QString& value) { edits << key + '=' + value; });
    form.resize(400, 300);
    form.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&form));
  }
  QLineEdit* field(const char* name) { return form.findChild<QLineEdit*>(name); }
  void type(QLineEdit* edit, const QString& text) {
    edit->setFocus();
    edit->selectAll();
    QTest::keyClicks(edit, text);
  }
  QStringList shownMessages() {
    QStringList texts;
    for (const QLabel* label : form.findChildren<QLabel*>())
      if (label->property("role").toString() == "error" && label->isVisible()) texts << label->text();
    return texts;
  }

  QStringList edits;
  ParamForm form;
};

TEST_F(ParamFormTest, AValidEditIsTakenWhenReturnIsPressed) {
  type(field("method.beta"), "3.5");
  EXPECT_TRUE(edits.isEmpty()) << "not while typing";
  QTest::keyClick(field("method.beta"), Qt::Key_Return);
  EXPECT_EQ(edits, QStringList{"method.beta=3.5"});
  EXPECT_DOUBLE_EQ(form.params().getFloat("beta"), 3.5);
  QTest::keyClick(field("method.beta"), Qt::Key_Return);
  EXPECT_EQ(edits.size(), 1) << "the same value is no edit";
}

TEST_F(ParamFormTest, AnInvalidTextIsToldBesideItsFieldAndNotTaken) {
  const QSignalSpy validity(&form, &ParamForm::validityChanged);
  type(field("method.beta"), "12");
  EXPECT_FALSE(form.valid());
  ASSERT_EQ(shownMessages().size(), 1);
  EXPECT_TRUE(shownMessages()[0].contains("10")) << shownMessages()[0].toStdString();
  EXPECT_TRUE(field("method.beta")->property("invalid").toBool());
  QTest::keyClick(field("method.beta"), Qt::Key_Return);
  EXPECT_TRUE(edits.isEmpty());
  EXPECT_DOUBLE_EQ(form.params().getFloat("beta"), 2);
  type(field("method.beta"), "abc");
  EXPECT_FALSE(form.valid());
  type(field("method.beta"), "1");
  EXPECT_TRUE(form.valid());
  EXPECT_TRUE(shownMessages().isEmpty());
  EXPECT_EQ(validity.count(), 2);
}

TEST_F(ParamFormTest, TwoWrongFieldsAreBothTold) {
  type(field("method.beta"), "-1");
  type(field("method.bag"), "0");
  EXPECT_EQ(shownMessages().size(), 2);
  type(field("method.bag"), "4");
  EXPECT_EQ(shownMessages().size(), 1);
  EXPECT_FALSE(form.valid());
}

TEST_F(ParamFormTest, BoxesAndChoicesAreTakenAtOnce) {
  form.findChild<QCheckBox*>("method.centered")->click();
  form.findChild<QComboBox*>("method.kind")->setCurrentText("hard");
  EXPECT_EQ(edits, (QStringList{"method.centered=false", "method.kind=hard"}));
}

TEST_F(ParamFormTest, InANarrowDockTheFieldsGiveWayAndTheNamesDoNot) {
  form.setParams(ParamSet({intParam("max_skipped_steps", 10, 0, std::nullopt, "steps", "So many.", "ours"),
                           intParam("eval_max_images", 0, 0, std::nullopt, "images", "So many.", "ours")}),
                 "train.");
  form.resize(290, 300);
  QCoreApplication::processEvents();
  EXPECT_EQ(form.width(), 290);
  for (const QLabel* label : form.findChildren<QLabel*>()) {
    if (!label->isVisible()) continue;
    EXPECT_GE(label->width(), label->fontMetrics().horizontalAdvance(label->text()))
        << label->text().toStdString();
    EXPECT_LE(label->mapTo(&form, QPoint(label->width(), 0)).x(), form.width())
        << label->text().toStdString();
  }
  for (const QLineEdit* edit : form.findChildren<QLineEdit*>())
    EXPECT_GE(edit->width(), 40);
}

TEST_F(ParamFormTest, AFieldThatGoesWhileItIsTypedIntoChangesNothing) {
  type(field("method.beta"), "5");
  form.setParams(form.params(), "method.");
  EXPECT_TRUE(edits.isEmpty());
  EXPECT_DOUBLE_EQ(form.params().getFloat("beta"), 2);
  type(field("method.beta"), "5");  // and the form itself goes now
}

class FoldingFormTest : public ::testing::Test {
 protected:
  FoldingFormTest() {
    form.setParams(set(), "method.");
    QObject::connect(&form, &ParamForm::paramEdited,
                     [this](const QString& key, const QString& value) { edits << key + '=' + value; });
    form.resize(400, 300);
    form.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&form));
  }
  static ParamSet set() {
    ParamSpec fixed = intParam("places", 7, 1, 9, "", "Where.", "ours");
    fixed.effect = ParamEffect::kNextRun;
    return ParamSet({choiceParam("loss", "focal", {"focal", "bce"}, "Which.", "ours"),
                     onlyWhen(floatParam("gamma", 2, 0, 10, "1", "Exponent.", "paper"), "loss", {"focal"}),
                     onlyWhen(boolParam("detach", true, "No gradient.", "ours"), "loss", {"bce"}), fixed,
                     onlyWhen(floatParam("width", 3, 0, 10, "1", "Width.", "ours"), "places", {"7"})});
  }
  QWidget* field(const char* name) { return form.findChild<QWidget*>(name); }
  ConflictLabel* message(const char* name) {
    return form.findChild<ConflictLabel*>(QStringLiteral("message:") + QLatin1String(name));
  }
  void choose(const char* name, const QString& text) {
    auto* box = form.findChild<QComboBox*>(name);
    box->setFocus();
    QTest::keyClick(box, box->findText(text) == 0 ? Qt::Key_Home : Qt::Key_End);
    ASSERT_EQ(box->currentText(), text);
  }

  QStringList edits;
  ParamForm form;
};

TEST_F(FoldingFormTest, OptionsThatDoNotApplyAreFoldedAndKeepTheirValues) {
  auto* gamma = form.findChild<QLineEdit*>("method.gamma");
  EXPECT_TRUE(gamma->isVisible());
  EXPECT_FALSE(field("method.detach")->isVisible());
  gamma->setFocus();
  gamma->selectAll();
  QTest::keyClicks(gamma, "4");
  QTest::keyClick(gamma, Qt::Key_Return);
  choose("method.loss", "bce");
  EXPECT_FALSE(gamma->isVisible());
  EXPECT_TRUE(field("method.detach")->isVisible());
  EXPECT_DOUBLE_EQ(form.params().getFloat("gamma"), 4);
  choose("method.loss", "focal");
  EXPECT_TRUE(gamma->isVisible());
  EXPECT_EQ(gamma->text(), "4");
  EXPECT_EQ(edits, (QStringList{"method.gamma=4", "method.loss=bce", "method.loss=focal"}));
}

TEST_F(FoldingFormTest, AWrongTextThatIsFoldedAwayHoldsNobodyUp) {
  auto* gamma = form.findChild<QLineEdit*>("method.gamma");
  gamma->setFocus();
  gamma->selectAll();
  QTest::keyClicks(gamma, "99");
  ASSERT_FALSE(form.valid());
  choose("method.loss", "bce");
  EXPECT_TRUE(form.valid());
  choose("method.loss", "focal");
  EXPECT_EQ(gamma->text(), "2");
  EXPECT_FALSE(message("method.gamma")->isVisible());
}

TEST_F(FoldingFormTest, AFilterDoesNotUnfold) {
  form.setFilter("detach");
  EXPECT_FALSE(field("method.detach")->isVisible());
  EXPECT_FALSE(field("method.gamma")->isVisible());
  form.setFilter("");
  EXPECT_TRUE(field("method.gamma")->isVisible());
  EXPECT_FALSE(field("method.detach")->isVisible());
}

TEST_F(FoldingFormTest, LiveOptionsHaveRowsAndTheOthersStillCount) {
  form.setParams(set(), "method.", ParamScope::kLive);
  EXPECT_EQ(field("method.places"), nullptr);
  EXPECT_TRUE(field("method.width")->isVisible()) << "it applies while places is 7";
}

TEST_F(FoldingFormTest, AConflictStandsBesideItsFieldAlsoWhenThatIsFoldedAndOffersTheFix) {
  form.setConflicts({{"method.detach", "Detach does not go with points", "Set model.points to false"},
                     {"model.points", "Somebody else's", "Do something"}});
  EXPECT_TRUE(form.hasConflicts());
  EXPECT_TRUE(field("method.detach")->isVisible());
  EXPECT_TRUE(field("method.detach")->property("invalid").toBool());
  EXPECT_EQ(message("method.detach")->text(), "Detach does not go with points.");
  QSignalSpy fix(&form, &ParamForm::fixWanted);
  ASSERT_TRUE(message("method.detach")->fixButton()->isVisible());
  QTest::mouseClick(message("method.detach")->fixButton(), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return fix.count() == 1; }));
  EXPECT_EQ(fix[0][0].toString(), "model.points");
  EXPECT_EQ(fix[0][1].toString(), "false");
  form.setConflicts({});
  EXPECT_FALSE(form.hasConflicts());
  EXPECT_FALSE(field("method.detach")->isVisible());
  EXPECT_FALSE(field("method.detach")->property("invalid").toBool());
}

TEST(FixOfTest, OnlyAPlainOrderIsOne) {
  EXPECT_EQ(fixOf("Set model.centerness to false"),
            (std::pair<QString, QString>{"model.centerness", "false"}));
  EXPECT_EQ(fixOf("set assigner to musu."), (std::pair<QString, QString>{"assigner", "musu"}));
  EXPECT_EQ(fixOf("Set lr to 0.5"), (std::pair<QString, QString>{"lr", "0.5"}));
  EXPECT_FALSE(fixOf("Choose one for points (assigner or method fcos, method musu)"));
  EXPECT_FALSE(fixOf("Set topk to 9 or 11"));
  EXPECT_FALSE(fixOf("Set topk to 9, or choose another assigner"));
}

TEST_F(ParamFormTest, TheFilterLeavesRowsByNameAndHelp) {
  form.setFilter("CENTRE");
  EXPECT_TRUE(form.findChild<QCheckBox*>("method.centered")->isVisible());
  EXPECT_FALSE(field("method.beta")->isVisible());
  form.setFilter("bet");
  EXPECT_TRUE(field("method.beta")->isVisible());
  form.setFilter("");
  EXPECT_TRUE(field("method.bag")->isVisible());
}

}  // namespace
}  // namespace anchorscope
