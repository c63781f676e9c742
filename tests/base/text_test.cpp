#include "core/base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/words.h"

namespace anchorscope {
namespace {

TEST(Text, KnowsWellFormedUtf8) {
  // One of each length, and the borders of each range.
  for (const char* text :
       {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "mu\xC3\xB1oz \xE7\x8C\xAB"}) {
    EXPECT_TRUE(isUtf8(text)) << text;
    EXPECT_EQ(toUtf8(text), text);
  }
  // Lone continuation, cut, overlong (2, 3, 4 bytes), surrogate, above U+10FFFF, never a first byte.
  for (const char* text :
       {"\x80", "a\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80",
        "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    EXPECT_FALSE(isUtf8(text));
}

TEST(Text, WritesOtherBytesAsTheirNumbers) {
  EXPECT_EQ(toUtf8("mu\xF1oz.png"), "mu\\xf1oz.png");
  EXPECT_EQ(toUtf8("\xE7\x8C"), "\\xe7\\x8c");
  EXPECT_EQ(toUtf8("\xC3\xA8\xFF\xC3\xA8"), "\xC3\xA8\\xff\xC3\xA8");
}

TEST(Text, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[31mred\x07\n\r\t\x7f"), "a\\x1b[31mred\\x07\\n\\r\\t\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J \xE2\x80\xAE"
                      "gnp \xE2\x80\xA8"),
            "\\u009b2J \\u202egnp \\u2028");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("caf\xC3\xA9 \xE7\x8C\xAB"), "caf\xC3\xA9 \xE7\x8C\xAB");
  EXPECT_EQ(printableLines("one\n\ttwo\x1b"), "one\n\ttwo\\x1b");
}

TEST(Text, ListsOfManyItemsTheFirst) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed({"a"}), "a");
  EXPECT_EQ(listed({"a", "b", "c"}, 3), "a, b, c");
  EXPECT_EQ(listed({"a", "b", "c"}, 2), "a, b and 1 more");
}

TEST(Words, StandBetweenBlanks) {
  EXPECT_EQ(wordsOf("  max_iou\tt=0.5 \n x "), (std::vector<std::string>{"max_iou", "t=0.5", "x"}));
  EXPECT_TRUE(wordsOf(" ").empty());
}

}  // namespace
}  // namespace anchorscope
