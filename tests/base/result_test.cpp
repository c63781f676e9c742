#include "core/base/result.h"

#include <gtest/gtest.h>

namespace anchorscope {
namespace {

Status readTwice(bool secondFails) {
  auto read = [](bool fails) -> Status {
    if (fails) return makeError(ErrorCode::kIo, "disk full");
    return {};
  };
  ANCHORSCOPE_TRY(read(false));
  ANCHORSCOPE_TRY(read(secondFails));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> value = 3;
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 3);
  const Result<int> error = makeError(ErrorCode::kNotFound, "no such file");
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, ErrorCode::kNotFound);
}

TEST(Result, TryPassesTheFirstErrorOn) {
  EXPECT_TRUE(readTwice(false).ok());
  const Status status = readTwice(true);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "disk full");
}

TEST(Result, TextIsPrintable) {
  Error error = makeError(ErrorCode::kBadData, "'a\x1b[2J\n\xf1' is damaged", "Replace it");
  EXPECT_EQ(std::move(error).in("reading '\a'").text(),
            "'a\\x1b[2J\\n\\xf1' is damaged (while reading '\\x07'). Replace it");
}

}  // namespace
}  // namespace anchorscope
