#include "tests/support/shared_data.h"

#include <cstdlib>
#include <string>

namespace anchorscope::testing {
namespace {

std::filesystem::path sharedFolder() {
  if (const char* named = std::getenv("ANCHORSCOPE_SHARED"); named != nullptr && *named != '\0') return named;
  return sourceFolder().parent_path() / "shared";
}

}  // namespace

std::filesystem::path sourceFolder() {
  return ANCHORSCOPE_SOURCE_DIR;
}

std::filesystem::path programFolder() {
  return ANCHORSCOPE_BIN_DIR;
}

std::filesystem::path sharedPath(const std::filesystem::path& relative) {
  const std::filesystem::path path = sharedFolder() / relative;
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? path : std::filesystem::path{};
}

std::string missingSharedReason(const std::filesystem::path& relative) {
  return "no shared/" + relative.string() + " beside the clone (ANCHORSCOPE_SHARED names another place)";
}

}  // namespace anchorscope::testing
