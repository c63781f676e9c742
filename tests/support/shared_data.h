#pragma once
// Where tests find the source tree, the built programs, and the reference values and data sets that lie
// beside the clone.

#include <filesystem>
#include <string>

namespace anchorscope::testing {

/// The root of the source tree.
std::filesystem::path sourceFolder();

/// The folder of the built programs (anchorscope-cli, ...).
std::filesystem::path programFolder();

/// A path below the shared folder: the environment's ANCHORSCOPE_SHARED, else `shared` beside the clone.
/// Empty when it does not exist there.
std::filesystem::path sharedPath(const std::filesystem::path& relative);

/// Why sharedPath(relative) is empty, as a reason for skipping.
std::string missingSharedReason(const std::filesystem::path& relative);

}  // namespace anchorscope::testing

/// In a test body: `ANCHORSCOPE_REQUIRE_SHARED(bccd, "data/bccd")` declares the path `bccd`, or skips the
/// test with a reason.
#define ANCHORSCOPE_REQUIRE_SHARED(name_, relative_)                                 \
  const std::filesystem::path name_ = ::anchorscope::testing::sharedPath(relative_); \
  if (name_.empty()) GTEST_SKIP() << ::anchorscope::testing::missingSharedReason(relative_)
