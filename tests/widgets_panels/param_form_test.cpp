#include "widgets/panels/param_form.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt_application.h"

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

TEST_F(ParamFormTest, AFieldThatGoesWhileItIsTypedIntoChangesNothing) {
  type(field("method.beta"), "5");
  form.setParams(form.params(), "method.");
  EXPECT_TRUE(edits.isEmpty());
  EXPECT_DOUBLE_EQ(form.params().getFloat("beta"), 2);
  type(field("method.beta"), "5");  // and the form itself goes now
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
