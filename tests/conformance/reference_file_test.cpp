// What happens to files that are wrong, and to values that are.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/conformance/conformance.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// IoU of one pair of boxes; `matrix` and the rest of "expected" as given.
std::string iouCase(const std::string& expected) {
  return R"({"schema":1,"op":"boxes.iou","source":"by hand","notes":"","params":{},"inputs":{
    "boxes1":{"shape":[1,4],"dtype":"float32","data":[0,0,2,2]},
    "boxes2":{"shape":[1,4],"dtype":"float32","data":[1,0,3,2]}},
    "expected":{)" +
         expected + R"(},"tolerance":{"rtol":1e-5,"atol":1e-6}})";
}

std::string matrixOf(const std::string& value) {
  return R"("matrix":{"shape":[1,1],"dtype":"float64","data":[)" + value + "]}";
}

class ReferenceFile : public ::testing::Test {
 protected:
  ConformanceOutcome run(const std::string& content) {
    return runReferenceFile(folder_.write("case.json", content).string(), "cpu");
  }
  testing::TemporaryFolder folder_;
};

TEST_F(ReferenceFile, RightValuesPass) {
  const ConformanceOutcome outcome = run(iouCase(matrixOf("0.3333333333333333")));
  EXPECT_EQ(outcome.verdict, ConformanceVerdict::kPassed) << outcome.message;
  EXPECT_EQ(outcome.op, "boxes.iou");
  EXPECT_EQ(outcome.worstOutput, "matrix");
  EXPECT_EQ(outcome.valuesCompared, 1U);
  EXPECT_LT(outcome.largestError, 1);
}

TEST_F(ReferenceFile, WrongValuesFailAndAreNamed) {
  const ConformanceOutcome outcome = run(iouCase(matrixOf("0.3334")));
  EXPECT_EQ(outcome.verdict, ConformanceVerdict::kFailed);
  EXPECT_GT(outcome.largestError, 1);
  EXPECT_THAT(outcome.message, HasSubstr("matrix: 1 of 1 values are wrong"));
}

TEST_F(ReferenceFile, NanIsNotANumber) {
  EXPECT_EQ(run(iouCase(matrixOf("\"nan\""))).verdict, ConformanceVerdict::kFailed);
  EXPECT_EQ(run(iouCase(matrixOf("\"inf\""))).verdict, ConformanceVerdict::kFailed);
}

TEST_F(ReferenceFile, OtherShapesFail) {
  const ConformanceOutcome outcome =
      run(iouCase(R"("matrix":{"shape":[1],"dtype":"float64","data":[0.3333333333333333]})"));
  EXPECT_EQ(outcome.verdict, ConformanceVerdict::kFailed);
  EXPECT_THAT(outcome.message, HasSubstr("shape"));
}

TEST_F(ReferenceFile, FloatsDoNotPassForIntegers) {
  EXPECT_EQ(run(iouCase(R"("matrix":{"shape":[1,1],"dtype":"int64","data":[0]})")).verdict,
            ConformanceVerdict::kFailed);
}

TEST_F(ReferenceFile, UnknownExpectedKeysAreListed) {
  const ConformanceOutcome outcome =
      run(iouCase(matrixOf("0.3333333333333333") + R"(,"area":{"shape":[],"dtype":"float64","data":[1]})"));
  EXPECT_EQ(outcome.verdict, ConformanceVerdict::kPassed) << outcome.message;
  EXPECT_THAT(outcome.notCompared, ElementsAre("area"));
}

TEST_F(ReferenceFile, NothingComparedIsNoPass) {
  EXPECT_EQ(run(iouCase(R"("area":{"shape":[],"dtype":"float64","data":[1]})")).verdict,
            ConformanceVerdict::kFailed);
}

TEST_F(ReferenceFile, UnknownOpIsNotSupported) {
  std::string content = iouCase(matrixOf("0.5"));
  content.replace(content.find("boxes.iou"), 9, "boxes.foo");
  const ConformanceOutcome outcome = run(content);
  EXPECT_EQ(outcome.verdict, ConformanceVerdict::kNotSupported);
  EXPECT_THAT(outcome.message, HasSubstr("boxes.foo"));
}

TEST_F(ReferenceFile, MissingInputsAreTheFilesFault) {
  std::string content = iouCase(matrixOf("0.5"));
  content.replace(content.find("boxes2"), 6, "boxes3");
  const ConformanceOutcome outcome = run(content);
  EXPECT_EQ(outcome.verdict, ConformanceVerdict::kUnreadable);
  EXPECT_THAT(outcome.message, HasSubstr("boxes2"));
}

TEST_F(ReferenceFile, MissingFileIsUnreadable) {
  EXPECT_EQ(runReferenceFile((folder_ / "none.json").string(), "cpu").verdict,
            ConformanceVerdict::kUnreadable);
}

TEST_F(ReferenceFile, MalformedArraysAreUnreadable) {
  for (const char* expected :
       {R"("matrix":{"shape":[2,1],"dtype":"float64","data":[1]})",
        R"("matrix":{"shape":[1,1],"dtype":"half","data":[1]})",
        R"("matrix":{"shape":[-1,-1],"dtype":"float64","data":[1]})",
        R"("matrix":{"shape":[1,1],"dtype":"float64","data":["x"]})",
        R"("matrix":{"shape":[1,1],"dtype":"int64","data":[0.5]})",
        R"("matrix":{"shape":[1,1],"dtype":"bool","data":[2]})",
        R"("matrix":{"shape":[9223372036854775807,9223372036854775807],"dtype":"int64","data":[]})",
        R"("matrix":{"shape":[18446744073709551615],"dtype":"int64","data":[]})",
        R"("matrix":{"shape":[1,1],"dtype":"int64","data":[18446744073709551615]})", R"("matrix":5)",
        R"("matrix":{})", ""}) {
    EXPECT_EQ(run(iouCase(expected)).verdict, ConformanceVerdict::kUnreadable) << expected;
  }
}

TEST_F(ReferenceFile, WrongShapesOfInputsNeverThrow) {
  std::string content = iouCase(matrixOf("0.5"));
  const std::string shape = R"("shape":[1,4],"dtype":"float32","data":[0,0,2,2])";
  content.replace(content.find(shape), shape.size(), R"("shape":[4],"dtype":"float32","data":[0,0,2,2])");
  EXPECT_NE(run(content).verdict, ConformanceVerdict::kPassed);
}

TEST_F(ReferenceFile, DamagedFilesAreReported) {
  const std::string whole = iouCase(matrixOf("0.3333333333333333"));
  for (std::size_t length = 0; length < whole.size(); length += 3) {
    EXPECT_EQ(run(whole.substr(0, length)).verdict, ConformanceVerdict::kUnreadable) << "cut at " << length;
  }
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    std::string content = whole;
    for (int k = 0; k < 3; ++k)
      content[random() % content.size()] = static_cast<char>(random() % 256);
    const ConformanceOutcome outcome = run(content);  // any verdict, no exception
    EXPECT_TRUE(outcome.verdict == ConformanceVerdict::kPassed || !outcome.message.empty()) << content;
  }
}

TEST(ReferenceFiles, AreFoundInPathOrder) {
  const testing::TemporaryFolder folder;
  const auto b = folder.write("b/two.json", "{}"), a = folder.write("a/one.json", "{}");
  folder.write("a/readme.md", "");
  const auto files = findReferenceFiles({(folder / "b").string(), folder.path().string()});
  ASSERT_TRUE(files.ok());
  EXPECT_THAT(*files, ElementsAre(a.string(), b.string()));
}

TEST(ReferenceFiles, NoneIsAnError) {
  const testing::TemporaryFolder folder;
  const auto nothing = findReferenceFiles({folder.path().string()});
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(findReferenceFiles({(folder / "none").string()}).error().code, ErrorCode::kNotFound);
}

TEST(SupportedOps, AreSortedAndUnique) {
  const auto ops = supportedOps();
  EXPECT_TRUE(std::is_sorted(ops.begin(), ops.end()));
  EXPECT_EQ(std::adjacent_find(ops.begin(), ops.end()), ops.end());
}

}  // namespace
}  // namespace anchorscope
