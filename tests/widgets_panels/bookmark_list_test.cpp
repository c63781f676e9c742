#include "widgets/models/bookmark_list.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <filesystem>

#include "tests/support/qt_application.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

struct BookmarkListTest : ::testing::Test {
  std::vector<Bookmark> kept() const {
    const auto read = readBookmarks(folder);
    return read ? *read : std::vector<Bookmark>();
  }
  const testing::TemporaryFolder temporary;
  const std::string folder = temporary.path().string();
};

TEST_F(BookmarkListTest, WhatIsMarkedBeforeTheOldOnesAreReadIsKeptWithThem) {
  ASSERT_TRUE(writeBookmarks(folder, {{1, "one"}, {5, "five"}, {9, "nine"}}));
  {
    BookmarkList list;
    list.open(QString::fromStdString(folder));
    list.put(5, "mine");
    list.put(3, "three");
    list.put(9, "gone");
    list.remove(9);
    const std::vector<Bookmark> expected{{1, "one"}, {3, "three"}, {5, "mine"}};
    ASSERT_TRUE(QTest::qWaitFor([&] { return list.all() == expected; }));
    list.put(7, {});
  }
  // Its end waits for what is being written.
  EXPECT_EQ(kept(), (std::vector<Bookmark>{{1, "one"}, {3, "three"}, {5, "mine"}, {7, ""}}));
}

TEST_F(BookmarkListTest, AnotherRunHasItsOwn) {
  ASSERT_TRUE(writeBookmarks(folder, {{1, "one"}}));
  BookmarkList list;
  list.open(QString::fromStdString(folder));
  list.open({});
  list.put(4, "of no folder");
  QTest::qWait(0);
  EXPECT_EQ(list.all(), (std::vector<Bookmark>{{4, "of no folder"}}));
  list.open(QString::fromStdString(folder));
  ASSERT_TRUE(QTest::qWaitFor([&] { return list.all() == std::vector<Bookmark>({{1, "one"}}); }));
  EXPECT_EQ(kept(), (std::vector<Bookmark>{{1, "one"}}));
}

TEST_F(BookmarkListTest, AFolderThatIsGoneIsSaidOnce) {
  BookmarkList list;
  const QSignalSpy failed(&list, &BookmarkList::failed);
  const QSignalSpy changed(&list, &BookmarkList::changed);
  list.open(QString::fromStdString(folder + "/gone"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return changed.count() == 2; })) << "no file, no bookmarks";
  list.put(1, "a");
  ASSERT_TRUE(QTest::qWaitFor([&] { return failed.count() == 1; }));
  list.put(2, "b");
  list.remove(1);
  EXPECT_EQ(list.all(), (std::vector<Bookmark>{{2, "b"}}));
  QTest::qWait(50);
  EXPECT_EQ(failed.count(), 1);
}

}  // namespace
}  // namespace anchorscope
