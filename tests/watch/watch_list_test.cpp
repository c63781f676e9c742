#include "core/watch/watch_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(WatchList, IsReadFromItsTextAndWrittenAsSuch) {
  const auto asked = askedWatches(" non_finite ;; off loss_spike factor=8; expression loss.cls > 2 ? 1 : 0");
  ASSERT_TRUE(asked) << asked.error().text();
  ASSERT_THAT(*asked, SizeIs(3));
  EXPECT_EQ((*asked)[0].kind, "non_finite");
  EXPECT_TRUE((*asked)[0].on);
  EXPECT_FALSE((*asked)[1].on);
  EXPECT_EQ((*asked)[1].params.getFloat("factor"), 8);
  EXPECT_EQ((*asked)[1].params.getInt("window"), 50);
  EXPECT_EQ((*asked)[2].params.getText("condition"), "loss.cls > 2 ? 1 : 0");
  EXPECT_EQ(watchText(*asked), "non_finite; off loss_spike factor=8; expression loss.cls > 2 ? 1 : 0");
  EXPECT_TRUE(askedWatches("")->empty());
}

TEST(WatchList, EveryKindIsDescribedAndMadeWithItsDefaults) {
  std::set<std::string> names;
  for (const WatchKind& kind : watchKinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_FALSE(kind.title.empty() || kind.description.empty()) << kind.name;
    if (kind.wholeText.empty()) {
      EXPECT_TRUE(askedWatches(kind.name)) << kind.name;
    } else {
      EXPECT_FALSE(askedWatches(kind.name)) << kind.name << " needs its text";
    }
  }
}

TEST(WatchList, WhatIsWrongWithOneIsSaidWithItsName) {
  for (const auto& [text, says] : std::initializer_list<std::pair<const char*, const char*>>{
           {"non_finite; loss_spik", "The watchpoint 'loss_spik'"},
           {"loss_spik", "loss_spike"},
           {"loss_spike factor", "'factor' is no option with its value"},
           {"loss_spike factor=low", "factor"},
           {"loss_spike factr=2", "factor"},
           {"expression loss.cls >", "is no condition"},
           {"off", "The watchpoint 'off'"}}) {
    const auto asked = askedWatches(text);
    ASSERT_FALSE(asked) << text;
    EXPECT_EQ(asked.error().code, ErrorCode::kUsage) << text;
    EXPECT_THAT(asked.error().text(), HasSubstr(says)) << text;
  }
}

TEST(WatchList, ScalarsHaveToBeDeclared) {
  EXPECT_TRUE(askedWatches("expression loss.clss > 1")) << "a configuration does not know them";
  const auto list = WatchList::make("expression loss.clss > 1", {"loss.cls"});
  ASSERT_FALSE(list);
  EXPECT_THAT(list.error().text(), HasSubstr("The watchpoint 'expression loss.clss > 1'"));
  EXPECT_THAT(list.error().text(), HasSubstr("loss.cls?"));
  EXPECT_FALSE(WatchList::make("loss_spike scalar=loss.clss", {"loss.cls"}));
}

TEST(WatchList, ThoseThatAreOffDoNotWatch) {
  const auto list =
      WatchList::make("off expression loss.cls > 1; off unserved_object of=batch", {"loss.cls"});
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->empty());
  EXPECT_FALSE(list->looksAt(WatchSource::kBatch));
}

TEST(WatchEvent, IsReadAsItWasWritten) {
  WatchReport report{"expression a.b > 2 ? 1 : 0",
                     {"a.b is 3", {"batch 3: odd ] [at image=x.png", "roi", 4, {7, 12}}}};
  for (const bool whole : {true, false}) {
    if (!whole) report.hit.where = {"plain.png", "", -1, {}};
    const WatchReport read = readWatchEvent(watchEventText(report));
    EXPECT_EQ(read.watch, report.watch);
    EXPECT_EQ(read.hit.what, report.hit.what);
    EXPECT_EQ(read.hit.where, report.hit.where);
  }
  report.hit.where = {};
  EXPECT_EQ(readWatchEvent(watchEventText(report)).hit.where, WatchPlace());
}

TEST(WatchEvent, WhateverTheTextIs) {
  for (const char* text :
       {"", "x", " [at ", "a [at object=9x candidates=1,,x image=", " [at image=]", " → ", "] [at image=a]"})
    (void)readWatchEvent(text);
  EXPECT_THAT(readWatchEvent("a → b [at object=x candidates=1,y,2 image=c]").hit.where.candidates,
              ElementsAre(1, 2));
}

}  // namespace
}  // namespace anchorscope
