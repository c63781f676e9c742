// Findings as JSON and CSV.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/findings/findings_text.h"

namespace anchorscope::testing {
namespace {

FindingsReport report() {
  Finding some, all;
  some.rule = "starved";
  some.severity = Severity::kProblem;
  some.title = "2 objects, \"small\"";
  some.objects = 2;
  some.images = 1;
  some.advice = "Lower t";
  some.numbers = {{"share", 0.5, "1"}, {"none", std::numeric_limits<double>::quiet_NaN(), "px"}};
  some.who = {{"a,b.png", 3}, {"c.png", -1}};
  all.rule = "far_prior";
  all.severity = Severity::kHint;
  all.title = "Far";
  return {{some, all}, {}, {}};
}

TEST(FindingsText, JsonHoldsEverythingAndNoNumberThatItHasNoWordFor) {
  const auto json = nlohmann::json::parse(findingsJson(report()));
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0].at("severity"), "problem");
  EXPECT_EQ(json[0].at("title"), "2 objects, \"small\"");
  EXPECT_EQ(json[0].at("numbers")[0].at("value"), 0.5);
  EXPECT_TRUE(json[0].at("numbers")[1].at("value").is_null());
  EXPECT_EQ(json[0].at("who")[0].at("object"), 3);
  EXPECT_TRUE(json[0].at("who")[1].at("object").is_null());
  EXPECT_TRUE(json[1].at("who").empty());
}

TEST(FindingsText, CsvHasALinePerObjectAndQuotesWhatItMust) {
  EXPECT_EQ(findingsCsv(report()),
            "rule,severity,title,objects,images,advice,image,object\r\n"
            "starved,problem,\"2 objects, \"\"small\"\"\",2,1,Lower t,\"a,b.png\",3\r\n"
            "starved,problem,\"2 objects, \"\"small\"\"\",2,1,Lower t,c.png,\r\n"
            "far_prior,hint,Far,0,0,,,\r\n");
}

}  // namespace
}  // namespace anchorscope::testing
