#include "core/base/numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(NumbersTest, AreAllOfTheText) {
  EXPECT_THAT(parseNumber<int>("-12"), Optional(-12));
  EXPECT_THAT(parseNumber<double>("2.5e-3"), Optional(2.5e-3));
  for (const char* text : {"", " ", " 1", "1 ", "+1", "1x", "0x10", "2.5", "99999999999999999999"})
    EXPECT_EQ(parseNumber<std::int64_t>(text), std::nullopt) << text;
}

TEST(NumbersTest, ItemsStandBetweenCommasWithoutSpaces) {
  EXPECT_THAT(listItems(" a b ,c,  d"), ElementsAre("a b", "c", "d"));
  EXPECT_THAT(listItems("a,,"), ElementsAre("a", "", ""));
  EXPECT_THAT(listItems(","), ElementsAre("", ""));
  EXPECT_THAT(listItems("  "), IsEmpty());
  EXPECT_THAT(listItems(""), IsEmpty());
}

TEST(NumbersTest, AListIsNoneWhereAnItemIsNone) {
  EXPECT_THAT(parseNumbers("0.5, 1 ,2"), Optional(ElementsAre(0.5, 1, 2)));
  EXPECT_THAT(parseNumbers(""), Optional(IsEmpty()));
  for (const char* text : {"1,", ",1", "1;2", "1 2", "1,two"})
    EXPECT_EQ(parseNumbers(text), std::nullopt) << text;
}

}  // namespace
}  // namespace anchorscope
