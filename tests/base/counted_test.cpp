#include "core/base/counted.h"

#include <gtest/gtest.h>

namespace anchorscope {
namespace {

TEST(CountedTest, OneIsSingular) {
  EXPECT_EQ(counted(1, "object"), "1 object");
  EXPECT_EQ(counted(0, "object"), "0 objects");
  EXPECT_EQ(counted(19, "object"), "19 objects");
  EXPECT_EQ(counted(1, "box", "boxes"), "1 box");
  EXPECT_EQ(counted(2, "box", "boxes"), "2 boxes");
}

TEST(UnitOfTest, FollowsItsNumber) {
  EXPECT_EQ(unitOf(1, "anchors"), "anchor");
  EXPECT_EQ(unitOf(2, "anchors"), "anchors");
  EXPECT_EQ(unitOf(0.5, "anchors"), "anchors");
  EXPECT_EQ(unitOf(1, "px"), "px");
  EXPECT_EQ(unitOf(1, "1"), "");
  EXPECT_EQ(unitOf(3, ""), "");
}

}  // namespace
}  // namespace anchorscope
