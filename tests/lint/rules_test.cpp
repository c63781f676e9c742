// Each rule finds what it is for: a small made-up tree breaks it in one place and keeps it in another.

#include "tests/lint/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/temporary_folder.h"

namespace anchorscope::lint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class Rules : public ::testing::Test {
 protected:
  void write(std::string_view path, std::string_view text) { folder_.write(path, text); }
  SourceTree tree() const { return SourceTree(folder_.path()); }

 private:
  anchorscope::testing::TemporaryFolder folder_;
};

TEST_F(Rules, LeaveBuildOutputAndRunsOut) {
  write("build/default/core/a.h", "");
  write("runs/a/config.json", "");
  write(".git/run", "");
  write(".ci/run", "");
  write("core/a.h", "");
  const SourceTree files = tree();
  ASSERT_EQ(files.files().size(), 2u);
  EXPECT_EQ(files.files()[0].path, ".ci/run");
  EXPECT_EQ(files.files()[1].path, "core/a.h");
}

TEST_F(Rules, CoreWithoutQtFollowsHeaders) {
  write("core/base/a.h", "#include <QString>\n");
  write("core/base/b.cpp", "#include \"core/base/a.h\"\n");
  write("core/base/c.cpp", "#include <string>\n");
  write("widgets/d.cpp", "#include <QtWidgets/QWidget>\n");
  EXPECT_THAT(coreWithoutQt(tree()), ElementsAre(StartsWith("core/base/a.h"), StartsWith("core/base/b.cpp")));
}

TEST_F(Rules, WidgetsMayNotReachTorchThroughAHeader) {
  write("core/ops/inner.h", "#include <c10/core/Scalar.h>\n");
  write("core/ops/internal.h", "#include \"core/ops/inner.h\"\n");
  write("core/ops/view.h", "#include <vector>\n");
  write("widgets/good.cpp", "#include \"core/ops/view.h\"\n");
  write("widgets/bad.cpp", "  # include \"core/ops/internal.h\"\n");
  write("widgets/worse.cpp", "#include <opencv2/core.hpp>\n");
  EXPECT_THAT(widgetsSeeOnlyViewHeaders(tree()),
              ElementsAre(AllOf(StartsWith("widgets/bad.cpp"), HasSubstr("c10/core/Scalar.h")),
                          StartsWith("widgets/worse.cpp")));
}

TEST_F(Rules, QtAndTorchNeverMeet) {
  write("core/ops/internal.h", "#include <ATen/ATen.h>\n");
  write("app/main.cpp", "#include <QApplication>\n#include \"core/ops/internal.h\"\n");
  write("app/cli_main.cpp", "#include \"core/ops/internal.h\"\n");
  EXPECT_THAT(neverQtWithTorch(tree()), ElementsAre(StartsWith("app/main.cpp")));
}

TEST_F(Rules, AViewHeaderThatIsNone) {
  write("core/ops/a.h", "#pragma once\n// View header. Something.\n#include <ATen/ATen.h>\n");
  write("core/ops/b.h", "#pragma once\n// Internal header. Something.\n#include <ATen/ATen.h>\n");
  EXPECT_THAT(viewHeadersAreTorchFree(tree()), ElementsAre(StartsWith("core/ops/a.h")));
}

TEST_F(Rules, FoldersDependDownwards) {
  write("core/base/up.cpp", "#include \"core/evidence/a.h\"\n");
  write("core/evidence/down.cpp", "#include \"core/base/a.h\"\n#include \"core/evidence/a.h\"\n");
  write("core/losses/sideways.cpp", "#include \"core/assigners/a.h\"\n");
  write("core/ops/kernel.cpp", "#include \"core/ops/cuda/a.h\"\n");
  write("core/store/window.cpp", "#include \"widgets/a.h\"\n");
  write("core/unheard/a.cpp", "\n");
  EXPECT_THAT(foldersDependDownwards(tree()),
              UnorderedElementsAre(StartsWith("core/base/up.cpp"), StartsWith("core/losses/sideways.cpp"),
                                   StartsWith("core/store/window.cpp"), StartsWith("core/unheard/a.cpp")));
}

TEST_F(Rules, HeavyHeadersInTheirPlace) {
  write("core/data/image_io.cpp", "#include <opencv2/imgcodecs.hpp>\n");
  write("core/data/other.cpp", "#include <opencv2/imgcodecs.hpp>\n");
  write("core/model/good.cpp", "#include <torch/nn/modules/conv.h>\n");
  write("core/model/bad.cpp", "#include <torch/torch.h>\n");
  write("core/losses/bad.cpp", "#include <torch/nn/functional.h>\n");
  EXPECT_THAT(heavyHeadersInTheirPlace(tree()),
              UnorderedElementsAre(StartsWith("core/data/other.cpp"), StartsWith("core/model/bad.cpp"),
                                   StartsWith("core/losses/bad.cpp")));
}

TEST_F(Rules, ParallelLoopsInOnePlace) {
  write("core/ops/parallel.cpp",
        "at::parallel"
        "_for(0, n, 1, body);\n");
  write("core/eval/bad.cpp",
        "\n\n  at::parallel"
        "_for(0, n, 1, body);\n");
  write("core/eval/worse.cpp",
        "auto sum = at::parallel"
        "_reduce(0, n, 1, 0, body, add);\n");
  write("core/eval/good.cpp", "parallelFor(0, n, 1, body);  // not at::parallel_for\n");
  EXPECT_THAT(parallelLoopsInOnePlace(tree()),
              UnorderedElementsAre(StartsWith("core/eval/bad.cpp:3:"), StartsWith("core/eval/worse.cpp:1:")));
}

TEST_F(Rules, KernelsWithoutAten) {
  write("core/ops/cuda/a.cu", "#include <ATen/cuda/CUDAContext.h>\n");
  write("core/ops/cuda/b.cu", "#include <cuda_runtime.h>\n");
  EXPECT_THAT(kernelsWithoutAten(tree()), ElementsAre(StartsWith("core/ops/cuda/a.cu")));
}

TEST_F(Rules, KernelsAreLaunchedInOnePlace) {
  write("core/ops/cuda/launch.h", "cudaLaunchKernelEx(&c, k);\n");
  write("core/ops/cuda/a.cu",
        "\nkernel<<"
        "<1, 2>>>(x);\n");
  write("core/ops/cuda/b.cu", "cudaLaunchKernel(k, 1, 2, nullptr);\n");
  write("core/ops/cuda/c.cu", "return launch(kernel, 1, 2, stream, x << 3);\n");
  EXPECT_THAT(kernelsAreLaunchedInOnePlace(tree()),
              UnorderedElementsAre(StartsWith("core/ops/cuda/a.cu:2:"), StartsWith("core/ops/cuda/b.cu:1:")));
}

TEST_F(Rules, QuotedIncludesBeginAtTheRoot) {
  write("core/base/a.h", "");
  write("core/base/a.cpp", "#include \"core/base/a.h\"\n#include \"a.h\"\n");
  EXPECT_THAT(quotedIncludesExist(tree()),
              ElementsAre(AllOf(StartsWith("core/base/a.cpp"), HasSubstr("\"a.h\""))));
}

TEST_F(Rules, HeadersSayTheirPurpose) {
  write("core/base/good.h", "#pragma once\n\n// Says at some length what it is for.\n");
  write("core/base/mute.h", "#pragma once\n#include <vector>\n// Too late, however long this is.\n");
  write("core/base/unguarded.h", "// Says at some length what it is for.\n");
  EXPECT_THAT(headersSayTheirPurpose(tree()),
              ElementsAre(StartsWith("core/base/mute.h"),
                          AllOf(StartsWith("core/base/unguarded.h"), HasSubstr("pragma"))));
}

TEST_F(Rules, LongFilesNeedAReasonAndReasonsALongFile) {
  write("core/base/long.cpp", std::string(601, '\n'));
  write("core/base/just.cpp", std::string(600, '\n'));
  EXPECT_THAT(longFilesHaveAReason(tree(), {}), ElementsAre(StartsWith("core/base/long.cpp: 601 lines")));
  EXPECT_THAT(longFilesHaveAReason(tree(), {{"core/base/long.cpp", "a table"}}), ElementsAre());
  EXPECT_THAT(
      longFilesHaveAReason(tree(), {{"core/base/long.cpp", "a table"}, {"core/base/just.cpp", "gone"}}),
      ElementsAre(HasSubstr("core/base/just.cpp")));
}

TEST_F(Rules, LinksOfMarkdownLeadSomewhere) {
  write("README.md",
        "[out](https://example.org/x) ![shot](pages/shot.png) [page](pages/a.md#what-it-is) [folder](pages)\n"
        "[here](#start)\n\n## Start\n");
  write("pages/shot.png", "");
  write("pages/a.md",
        "# What it is?\n[up](../README.md#start)\n[gone](b.md)\n[no "
        "heading](../README.md#end)\n[plain](http://a)\n");
  EXPECT_THAT(markdownLinksLead(tree()),
              ElementsAre(AllOf(StartsWith("pages/a.md:3:"), HasSubstr("'b.md'")),
                          AllOf(StartsWith("pages/a.md:4:"), HasSubstr("'../README.md#end'")),
                          StartsWith("pages/a.md:5:")));
}

TEST_F(Rules, ReasonsAreReadLineByLine) {
  EXPECT_THAT(readReasons("# comment\n\ncore/a.cpp  one table\n"),
              ElementsAre(std::pair<const std::string, std::string>("core/a.cpp", "one table")));
}

TEST_F(Rules, BannedTextNamesTheLine) {
  write("core/base/a.cpp", std::string("\n// TO") + "DO later\n");
  write("core/base/b.cpp", "// to do: this is a sentence about network and roots: net/work/x\n");
  write("core/base/c.cpp", std::string("open(\"/wo") + "rk/x\")\n");
  write("README.md", std::string("see /ro") + "ot/file\n");
  write("tests/a_test.cpp", std::string("std::this_thread::sleep_") + "for(1s);\n");
  EXPECT_THAT(bannedText(tree()),
              UnorderedElementsAre(StartsWith("core/base/a.cpp:2:"), StartsWith("core/base/c.cpp:1:"),
                                   StartsWith("README.md:1:"), StartsWith("tests/a_test.cpp:1:")));
}

}  // namespace
}  // namespace anchorscope::lint
