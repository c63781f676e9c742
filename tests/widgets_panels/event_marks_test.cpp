#include "widgets/plot/event_marks.h"

#include <gtest/gtest.h>

#include <QTest>

#include "tests/support/qt_application.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

using Steps = std::vector<std::pair<std::int64_t, std::vector<ScalarValue>>>;

void append(CurvesView& view, const Steps& steps) {
  for (const auto& [step, scalars] : steps)
    view.history().append(step, scalars);
  view.historyChanged();
}

TEST(EventMarksTest, KeepsEveryEventWhileTheyAreFew) {
  EventMarks marks;
  for (std::size_t i = 0; i < EventMarks::kMost; ++i)
    marks.add(
        {static_cast<std::int64_t>(i / 2), i % 2 == 0 ? "checkpoint" : "error", "text " + std::to_string(i)});
  ASSERT_EQ(marks.events().size(), EventMarks::kMost);
  EXPECT_EQ(marks.events()[7].text, "text 7");
  EXPECT_EQ(marks.text(7), "text 7");
  marks.clear();
  EXPECT_TRUE(marks.events().empty());
}

TEST(EventMarksTest, JoinsManyOfAKindCountsThemAndLosesNoOther) {
  EventMarks marks;
  std::vector<RunEvent> all;
  for (std::int64_t step = 1; step <= 100'000; ++step) {
    all.push_back({step, "thinned", "1 frame was not recorded"});
    if (step % 25'000 == 0) all.push_back({step, "error", "at " + std::to_string(step)});
  }
  for (const RunEvent& event : all)
    marks.add(event);
  EXPECT_LE(marks.events().size(), EventMarks::kMost);
  EXPECT_GE(marks.events().size(), EventMarks::kMost / 3) << "as close as they fit";
  std::vector<std::string> errors;
  for (const RunEvent& event : marks.events())
    if (event.kind == "error") errors.push_back(event.text);
  EXPECT_EQ(errors, (std::vector<std::string>{"at 25000", "at 50000", "at 75000", "at 100000"}));
  EXPECT_EQ(marks.events()[1].step, 128);
  EXPECT_EQ(marks.text(1), "1 frame was not recorded (and 127 more of this kind until step 255)");
  EventMarks read;
  read.set(all);
  ASSERT_EQ(read.events().size(), marks.events().size());
  for (std::size_t i = 0; i < read.events().size(); ++i)
    EXPECT_EQ(read.text(i), marks.text(i));
}

TEST(EventMarksTest, TheViewDrawsManyEventsAsFastAsFew) {
  CurvesView view;
  view.resize(700, 240);
  view.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
  append(view, {{1, {{"loss.cls", 1}}}, {100'000, {{"loss.cls", 2}}}});
  for (std::int64_t step = 1; step <= 100'000; ++step)
    view.addEvent({step, "thinned", "1 frame was not recorded"});
  auto* plot = view.findChild<QWidget*>("curvePlot");
  ASSERT_TRUE(QTest::qWaitFor([&] { return view.stepAt(plot->width() - 12) > 90'000; }, 2000));
}

}  // namespace
}  // namespace anchorscope
