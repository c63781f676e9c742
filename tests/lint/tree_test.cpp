// The rules, applied to this project.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/lint/rules.h"
#include "tests/support/shared_data.h"

namespace anchorscope::lint {
namespace {

using ::testing::IsEmpty;

class Tree : public ::testing::Test {
 protected:
  static const SourceTree& tree() {
    static const SourceTree kTree(anchorscope::testing::sourceFolder());
    return kTree;
  }
};

TEST_F(Tree, IsFound) {
  ASSERT_NE(tree().find("core/base/result.h"), nullptr);
  ASSERT_NE(tree().find("tests/lint/rules.cpp"), nullptr);
  ASSERT_NE(tree().find("dev"), nullptr);
}

TEST_F(Tree, CoreWithoutQt) {
  EXPECT_THAT(coreWithoutQt(tree()), IsEmpty());
}
TEST_F(Tree, WidgetsSeeOnlyViewHeaders) {
  EXPECT_THAT(widgetsSeeOnlyViewHeaders(tree()), IsEmpty());
}
TEST_F(Tree, NeverQtWithTorch) {
  EXPECT_THAT(neverQtWithTorch(tree()), IsEmpty());
}
TEST_F(Tree, ViewHeadersAreTorchFree) {
  EXPECT_THAT(viewHeadersAreTorchFree(tree()), IsEmpty());
}
TEST_F(Tree, FoldersDependDownwards) {
  EXPECT_THAT(foldersDependDownwards(tree()), IsEmpty());
}
TEST_F(Tree, HeavyHeadersInTheirPlace) {
  EXPECT_THAT(heavyHeadersInTheirPlace(tree()), IsEmpty());
}
TEST_F(Tree, ParallelLoopsInOnePlace) {
  EXPECT_THAT(parallelLoopsInOnePlace(tree()), IsEmpty());
}
TEST_F(Tree, KernelsWithoutAten) {
  EXPECT_THAT(kernelsWithoutAten(tree()), IsEmpty());
}
TEST_F(Tree, KernelsAreLaunchedInOnePlace) {
  EXPECT_THAT(kernelsAreLaunchedInOnePlace(tree()), IsEmpty());
}
TEST_F(Tree, QuotedIncludesExist) {
  EXPECT_THAT(quotedIncludesExist(tree()), IsEmpty());
}
TEST_F(Tree, HeadersSayTheirPurpose) {
  EXPECT_THAT(headersSayTheirPurpose(tree()), IsEmpty());
}
TEST_F(Tree, MarkdownLinksLead) {
  EXPECT_THAT(markdownLinksLead(tree()), IsEmpty());
}
TEST_F(Tree, TheReadmeIsForNewcomers) {
  EXPECT_LE(std::ranges::count(tree().find("README.md")->text, '\n'), 200);
}
TEST_F(Tree, BannedText) {
  EXPECT_THAT(bannedText(tree()), IsEmpty());
}

TEST_F(Tree, LongFilesHaveAReason) {
  const SourceFile* list = tree().find("tests/lint/long_files.txt");
  ASSERT_NE(list, nullptr);
  EXPECT_THAT(longFilesHaveAReason(tree(), readReasons(list->text)), IsEmpty());
}

}  // namespace
}  // namespace anchorscope::lint
