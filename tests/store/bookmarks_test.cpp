#include "core/store/bookmarks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/store/run_copy.h"
#include "core/store/run_folder.h"
#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::TemporaryFolder;

struct Bookmarks : ::testing::Test {
  void put(const std::string& text) const { std::ofstream(bookmarksPath(folder)) << text; }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(bookmarksPath(folder)).rdbuf();
    return out.str();
  }
  const TemporaryFolder temporary;
  const std::string folder = (temporary / "").string();
};

TEST_F(Bookmarks, ComeBackAsTheyWereKept) {
  EXPECT_TRUE(readBookmarks(folder)->empty()) << "there is no file yet";
  const std::vector<Bookmark> kept{
      {0, ""}, {40, "before the rate falls \u2014 \"see\"\nhere"}, {1LL << 40, "x"}};
  ASSERT_TRUE(writeBookmarks(folder, kept));
  EXPECT_EQ(*readBookmarks(folder), kept);
  ASSERT_TRUE(writeBookmarks(folder, {}));
  EXPECT_TRUE(readBookmarks(folder)->empty());
}

TEST_F(Bookmarks, WhatIsNoTextIsWrittenAsItsEscape) {
  ASSERT_TRUE(writeBookmarks(folder, {{3, "a\xff"}}));
  EXPECT_EQ(readBookmarks(folder)->at(0).note, "a\\xff");
}

TEST_F(Bookmarks, ADamagedFileIsSaidAndStaysAsItIs) {
  for (const char* damaged :
       {"", "{", "[]", R"({"version":1})", R"({"version":2,"bookmarks":[]})",
        R"({"version":1,"bookmarks":{"step":1,"note":""}})", R"({"version":1,"bookmarks":[{"step":1}]})",
        R"({"version":1,"bookmarks":[{"step":1.5,"note":""}]})",
        R"({"version":1,"bookmarks":[{"step":-1,"note":""}]})",
        R"({"version":1,"bookmarks":[{"step":1,"note":7}]})",
        R"({"version":1,"bookmarks":[{"step":4,"note":""},{"step":4,"note":""}]})"}) {
    put(damaged);
    const auto read = readBookmarks(folder);
    ASSERT_FALSE(read) << damaged;
    EXPECT_EQ(read.error().code, ErrorCode::kBadData) << damaged;
    EXPECT_NE(read.error().text().find(bookmarksPath(folder)), std::string::npos);
    EXPECT_EQ(text(), damaged);
  }
}

TEST_F(Bookmarks, GoWithTheirRunWhenItIsReplacedAndComeAlongWhenItIsCopied) {
  const std::string run = (temporary / "run").string(), fork = (temporary / "fork").string();
  ASSERT_TRUE(createRun(run, testing::makeHeader(), Overwrite::kNo));
  std::ofstream(checkpointPath(run, 5)) << "weights";
  const std::vector<Bookmark> kept{{5, "fork here"}};
  ASSERT_TRUE(writeBookmarks(run, kept));
  const Status copied = copyRun(run, fork, 5, Overwrite::kNo);
  ASSERT_TRUE(copied) << copied.error().text();
  EXPECT_EQ(*readBookmarks(fork), kept);
  ASSERT_TRUE(createRun(run, testing::makeHeader(), Overwrite::kYes));
  EXPECT_TRUE(readBookmarks(run)->empty());
}

}  // namespace
}  // namespace anchorscope
