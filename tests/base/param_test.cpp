#include "core/base/param.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace anchorscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ParamSet sample() {
  return ParamSet({floatParam("beta", 0.75, 0.0, 1.0, "1", "Weight of the IoU.", "test"),
                   intParam("top_k", 20, 1.0, std::nullopt, "anchors", "How many.", "test"),
                   boolParam("detach", true, "Whether.", "test"),
                   choiceParam("joint", "geometric", {"geometric", "product"}, "Which.", "test"),
                   textParam("note", "", "Anything.", "test")});
}

TEST(StepsParam, IsANumberOfStepsOrOfEpochs) {
  ParamSet params({stepsParam("steps", 1000, 0, 1e12, "How long.", "test")});
  EXPECT_TRUE(params.knowsSteps("steps"));
  EXPECT_EQ(params.getInt("steps"), 1000);
  ASSERT_TRUE(params.set("steps", "12e"));
  EXPECT_FALSE(params.knowsSteps("steps"));
  EXPECT_THROW(params.getInt("steps"), CheckFailure);
  EXPECT_EQ(params.getText("steps"), "12e");
  params.setStepsPerEpoch(7.125);
  EXPECT_EQ(params.getInt("steps"), 86) << "85.5, rounded up";
  ASSERT_TRUE(params.set("steps", "+0.5e"));
  EXPECT_EQ(params.getText("steps"), "0.5e");
  EXPECT_EQ(params.getInt("steps"), 4);
  ASSERT_TRUE(params.set("steps", "0.001e"));
  EXPECT_EQ(params.getInt("steps"), 1);
  ASSERT_TRUE(params.set("steps", "40"));
  EXPECT_EQ(params.getInt("steps"), 40);
  ASSERT_TRUE(params.setValue("steps", ParamValue(std::string("2e"))));
  EXPECT_FALSE(params.isDefault("steps"));
  for (const char* wrong :
       {"", "e", "-1e", "0e", "1.5", "12ee", "12 e", "nane", "infe", "1e10e", "twelve", "-1"}) {
    const Status status = params.set("steps", wrong);
    ASSERT_FALSE(status.ok()) << wrong;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
    EXPECT_THAT(status.error().text(), HasSubstr("or of epochs, such as 12e"));
  }
  EXPECT_EQ(params.getText("steps"), "2e");
}

TEST(StepsParam, WholeEpochsAreNotRoundedUpForTheirRepresentation) {
  EXPECT_EQ(stepsOfEpochs(3, 1.0 / 3), 1);
  EXPECT_EQ(stepsOfEpochs(0.1, 30), 3);
  EXPECT_EQ(stepsOfEpochs(7, 100.0 / 7), 100);
  EXPECT_EQ(stepsOfEpochs(1e9, 1e9), 1'000'000'000'000'000) << "bounded";
}

TEST(ParamSet, HoldsDefaults) {
  const ParamSet params = sample();
  EXPECT_EQ(params.getFloat("beta"), 0.75);
  EXPECT_EQ(params.getInt("top_k"), 20);
  EXPECT_TRUE(params.getBool("detach"));
  EXPECT_EQ(params.getText("joint"), "geometric");
  EXPECT_TRUE(params.isDefault("beta"));
}

TEST(ParamSet, SetsFromText) {
  ParamSet params = sample();
  ASSERT_TRUE(params.set("beta", "0.5"));
  ASSERT_TRUE(params.set("top_k", "+7"));
  ASSERT_TRUE(params.set("detach", "off"));
  ASSERT_TRUE(params.set("joint", "product"));
  EXPECT_EQ(params.getFloat("beta"), 0.5);
  EXPECT_EQ(params.getInt("top_k"), 7);
  EXPECT_FALSE(params.getBool("detach"));
  EXPECT_EQ(params.getText("joint"), "product");
  EXPECT_FALSE(params.isDefault("beta"));
  EXPECT_TRUE(params.isDefault("note"));
}

TEST(ParamSet, RefusesWhatTheSpecExcludesAndKeepsTheOldValue) {
  ParamSet params = sample();
  for (const char* text : {"1.01", "-0.1", "nan", "inf", "", "0.5x", "half"})
    EXPECT_EQ(params.set("beta", text).error().code, ErrorCode::kUsage) << text;
  for (const char* text : {"0", "2.5", "1e3", "99999999999999999999"})
    EXPECT_FALSE(params.set("top_k", text)) << text;
  EXPECT_FALSE(params.set("detach", "maybe"));
  const Status choice = params.set("joint", "sum");
  ASSERT_FALSE(choice);
  EXPECT_THAT(choice.error().text(), HasSubstr("geometric, product"));
  EXPECT_EQ(params.getFloat("beta"), 0.75);
  EXPECT_EQ(params.getInt("top_k"), 20);
}

TEST(ParamSet, NamesTheNearestOptions) {
  ParamSet params = sample();
  const Status status = params.set("bta", "1");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().text(), HasSubstr("Did you mean beta"));
}

TEST(ParamSet, TakesAWholeNumberForANumberButNotTheReverse) {
  ParamSet params = sample();
  ASSERT_TRUE(params.setValue("beta", std::int64_t{1}));
  EXPECT_TRUE(std::holds_alternative<double>(params.get("beta")));
  EXPECT_FALSE(params.setValue("top_k", 2.0));
  EXPECT_FALSE(params.setValue("joint", true));
}

TEST(ParamSet, TextIsShortestAndReadsBackExactly) {
  ParamSet params = sample();
  for (const double value : {0.1, 1.0 / 3, 1e-300, 5e-324, 0.0, 1.0}) {
    ASSERT_TRUE(params.setValue("beta", value));
    const std::string text = toText(params.get("beta"));
    ASSERT_TRUE(params.set("beta", text)) << text;
    EXPECT_EQ(params.getFloat("beta"), value) << text;
  }
  EXPECT_EQ(toText(ParamValue(0.1)), "0.1");
  EXPECT_EQ(toText(ParamValue(true)), "true");
  EXPECT_EQ(toText(ParamValue(std::int64_t{-3})), "-3");
}

TEST(ParamSet, MergesUnderAPrefixAndTakesItOffAgain) {
  ParamSet params = sample();
  ASSERT_TRUE(params.set("beta", "0.25"));
  ParamSet all;
  all.merge(params, "method");
  EXPECT_EQ(all.getFloat("method.beta"), 0.25);
  EXPECT_EQ(all.sub("method").getFloat("beta"), 0.25);
  EXPECT_EQ(all.sub("method").specs().size(), params.specs().size());
  EXPECT_TRUE(all.sub("other").specs().empty());
  EXPECT_THROW(all.merge(params, "method"), CheckFailure);
}

TEST(ParamSet, WrongReadsAreBugs) {
  const ParamSet params = sample();
  EXPECT_THROW(params.getFloat("nothing"), CheckFailure);
  EXPECT_THROW(ParamSet({floatParam("x", 2, 0, 1, "", "", "")}), CheckFailure);
}

TEST(NearestNames, AreOrderedByEditDistance) {
  EXPECT_THAT(nearestNames("retina", {"fcos-points", "retinanet", "retina-small"}, 2),
              ElementsAre("retinanet", "retina-small"));
  EXPECT_THAT(nearestNames("x", {}), ElementsAre());
}

}  // namespace
}  // namespace anchorscope
