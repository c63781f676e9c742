#include "core/base/json_limits.h"

#include <gtest/gtest.h>

namespace anchorscope {
namespace {

bool passes(const std::string& text, const JsonLimits& limits) {
  const Status status = checkJsonLimits(text, "notes.json", limits);
  if (status) return true;
  EXPECT_EQ(status.error().code, ErrorCode::kBadData);
  EXPECT_NE(status.error().message.find("notes.json"), std::string::npos);
  return false;
}

TEST(JsonLimits, DepthIsCountedOutsideOfTextOnly) {
  const JsonLimits limits{3, 100};
  EXPECT_TRUE(passes(R"({"a":[{"b":1}]})", limits));
  EXPECT_FALSE(passes(R"({"a":[{"b":[1]}]})", limits));
  EXPECT_TRUE(passes(R"([[["[[[["]],[[1]],[[2]]])", limits));
  EXPECT_TRUE(passes(R"(["\"[[[[","\\"])", limits));
  EXPECT_FALSE(passes(R"(["\\",[[[1]]]])", limits));
  EXPECT_FALSE(passes(std::string(100'000, '['), limits));
}

TEST(JsonLimits, ValuesAreCounted) {
  const JsonLimits limits{8, 6};
  EXPECT_TRUE(passes("[1,2,3,4,5,6]", limits));
  EXPECT_FALSE(passes("[1,2,3,4,5,6,7]", limits));
  EXPECT_FALSE(passes("[[],[],[],[]]", limits));
  EXPECT_TRUE(passes(R"({"a":1,"b,,,,,,,,,":2})", limits));
}

TEST(JsonLimits, WhatIsNoJsonIsLeftToTheParser) {
  for (const char* text : {"", "]]]]", "\"", "\"\\", "{", "hello"})
    EXPECT_TRUE(passes(text, {})) << text;
}

}  // namespace
}  // namespace anchorscope
