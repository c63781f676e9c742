// Sliders of options: what they reach, what they give, and that a form takes every place at once.

#include "widgets/panels/value_slider.h"

#include <gtest/gtest.h>

#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt_application.h"
#include "widgets/panels/param_form.h"

namespace anchorscope {
namespace {

QStringList valuesOf(ValueSlider& slider) {
  QStringList values;
  QObject::connect(&slider, &ValueSlider::moved, [&](const QString& text) { values << text; });
  // From the other end first, so that every place is moved to.
  slider.setValue(slider.maximum());
  for (int place = slider.minimum(); place <= slider.maximum(); ++place)
    slider.setValue(place);
  return values.mid(1);
}

TEST(ValueSlider, ReachesTheBoundsInShortSteps) {
  ValueSlider slider(floatParam("t", 0.25, 0, 1, "1", "h", "s"), 0.25);
  const QStringList values = valuesOf(slider);
  EXPECT_EQ(values.first(), "0");
  EXPECT_EQ(values.last(), "1");
  EXPECT_TRUE(values.contains("0.25") && values.contains("0.5")) << values.join(' ').toStdString();
  for (const QString& value : values)
    EXPECT_LE(value.size(), 5) << value.toStdString();
}

TEST(ValueSlider, OfWholeNumbersEachIsAPlace) {
  ValueSlider slider(intParam("topk", 9, 1, std::nullopt, "anchors", "h", "s"), 9);
  const QStringList values = valuesOf(slider);
  EXPECT_EQ(values.first(), "1") << "the least there may be";
  EXPECT_EQ(values.last(), "36") << "without a bound, four times what it begins with";
  EXPECT_EQ(values.size(), 36);
  EXPECT_EQ(values.at(8), "9");
}

TEST(ValueSlider, WideRangesGoByFactors) {
  ValueSlider slider(floatParam("eps", 1e-3, 1e-6, 1, "1", "h", "s"), 1e-3);
  EXPECT_EQ(slider.value(), slider.maximum() / 2);
  const QStringList values = valuesOf(slider);
  EXPECT_EQ(values.first().toDouble(), 1e-6);
  EXPECT_EQ(values.last().toDouble(), 1);
  for (int i = 1; i < values.size(); ++i)
    EXPECT_GT(values[i].toDouble(), values[i - 1].toDouble());
}

TEST(ValueSlider, ValuesAreOnesTheOptionTakes) {
  for (const ParamSpec& spec :
       {floatParam("a", 0, std::nullopt, std::nullopt, "1", "h", "s"),
        floatParam("b", -2, std::nullopt, 0, "1", "h", "s"), floatParam("c", 4, 0, 1e9, "1", "h", "s"),
        intParam("d", 0, 0, 1'000'000'000, "px", "h", "s"),
        floatParam("e", 5, 5, std::nullopt, "1", "h", "s"), intParam("f", 300, 0, 1000, "px", "h", "s")}) {
    ValueSlider slider(spec, std::stod(toText(spec.defaultValue)));
    const QStringList values = valuesOf(slider);
    EXPECT_GT(values.size(), 1) << spec.name;
    for (const QString& value : values)
      EXPECT_TRUE(parseParam(spec, value.toStdString())) << spec.name << ' ' << value.toStdString();
  }
  EXPECT_FALSE(ValueSlider::fits(boolParam("on", true, "h", "s")));
  EXPECT_FALSE(ValueSlider::fits(floatParam("point", 1, 1, 1, "1", "h", "s")));
}

TEST(ValueSlider, AFormTakesEveryPlaceAtOnce) {
  ParamForm form(nullptr, NumberEditors::kSliders);
  form.setParams(ParamSet({floatParam("t", 0.25, 0, 1, "1", "h", "s"), boolParam("on", true, "h", "s")}));
  form.resize(400, 200);
  form.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&form));
  const QSignalSpy edited(&form, &ParamForm::paramEdited);
  auto* slider = form.findChild<ValueSlider*>("slider:t");
  ASSERT_NE(slider, nullptr);
  EXPECT_EQ(form.findChildren<ValueSlider*>().size(), 1) << "numbers alone have one";
  slider->setFocus();
  QTest::keyClick(slider, Qt::Key_End);
  QTest::keyClick(slider, Qt::Key_Left);
  ASSERT_EQ(edited.count(), 2);
  EXPECT_EQ(edited.at(0).at(1).toString(), "1");
  EXPECT_EQ(form.params().getFloat("t"), edited.at(1).at(1).toString().toDouble());
  auto* field = form.findChild<QLineEdit*>("t");
  EXPECT_EQ(field->text(), edited.at(1).at(1).toString());
  // What is typed moves it without an edit of its own.
  field->setFocus();
  field->selectAll();
  QTest::keyClicks(field, "0.5");
  QTest::keyClick(field, Qt::Key_Return);
  EXPECT_EQ(edited.count(), 3);
  EXPECT_EQ(slider->value(), slider->maximum() / 2);
}

}  // namespace
}  // namespace anchorscope
