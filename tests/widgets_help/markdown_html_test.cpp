// From the pages' Markdown to what the help shows.
#include "widgets/help/markdown_html.h"

#include <gtest/gtest.h>

namespace anchorscope {
namespace {

TEST(MarkdownHtmlTest, TheParagraphBelowTheHeadingLeads) {
  const QString html =
      htmlOfMarkdown("# A page\n\nIn short.\n\n## More\n\nAt length,\nin *two* lines & more.\n");
  EXPECT_TRUE(html.contains("<h1>A page</h1>"));
  EXPECT_TRUE(html.contains("<p class=\"lead\">In short.</p>"));
  EXPECT_TRUE(html.contains("<h2>More</h2>\n<p>At length,\nin <em>two</em> lines &amp; more.</p>"));
}

TEST(MarkdownHtmlTest, FormulasAreNamedAndStandAlone) {
  EXPECT_TRUE(htmlOfMarkdown("It follows:\n\n![The *joint* score](formulas/musu_joint.svg)\n")
                  .contains("<p class=\"formula\"><img src=\"formula:musu_joint\"></p>"));
}

TEST(MarkdownHtmlTest, LinksLeadToPagesOrOutAndNoFurtherThanTheHelp) {
  const QString html = htmlOfMarkdown(
      "[MuSu](musu.md), [a part](data.md#sources), [paper](https://arxiv.org/abs/1), [the "
      "`schema`](../../core/S.md) "
      "and [so\non](../x.md).\n");
  EXPECT_TRUE(html.contains("<a href=\"help:musu\">MuSu</a>"));
  EXPECT_TRUE(html.contains("<a href=\"help:data\">a part</a>"));
  EXPECT_TRUE(html.contains("<a href=\"https://arxiv.org/abs/1\">paper</a>"));
  EXPECT_TRUE(html.contains("the <code>schema</code> and so\non."));
}

TEST(MarkdownHtmlTest, TablesFillTheWidth) {
  const QString html = htmlOfMarkdown("| a | b |\n| --- | ---: |\n| `x` | 3 |\n");
  EXPECT_TRUE(html.contains("<table width=\"100%\""));
  EXPECT_TRUE(html.contains("<th align=\"left\">a</th>"));
  EXPECT_TRUE(html.contains("<th align=\"right\">b</th>"));
  EXPECT_TRUE(html.contains("<td><code>x</code></td>"));
}

TEST(MarkdownHtmlTest, OfNothingComesNothing) {
  EXPECT_TRUE(htmlOfMarkdown("").isEmpty());
}

}  // namespace
}  // namespace anchorscope
