#include "core/store/run_folder.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "core/base/numbers.h"

namespace anchorscope {
namespace fs = std::filesystem;
namespace {
constexpr std::string_view kPrefix = "step-", kSuffix = ".ckpt";
}

std::string configPath(const std::string& folder) {
  return (fs::path(folder) / "config.toml").string();
}
std::string tracePath(const std::string& folder) {
  return (fs::path(folder) / "trace.sqlite").string();
}
std::string checkpointFolder(const std::string& folder) {
  return (fs::path(folder) / "checkpoints").string();
}

std::string checkpointPath(const std::string& folder, std::int64_t step) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%08lld", static_cast<long long>(step));
  return (fs::path(checkpointFolder(folder)) / (std::string(kPrefix) + digits + std::string(kSuffix)))
      .string();
}

std::string bestCheckpointPath(const std::string& folder) {
  return (fs::path(checkpointFolder(folder)) / "best.ckpt").string();
}

std::int64_t checkpointStep(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) ||
      name.size() <= kPrefix.size() + kSuffix.size())
    return -1;
  const std::string_view middle =
      std::string_view(name).substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  return std::max<std::int64_t>(-1, parseNumber<std::int64_t>(middle).value_or(-1));
}

std::vector<std::string> listCheckpoints(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code code;
  for (fs::directory_iterator it(checkpointFolder(folder), code), end; !code && it != end; it.increment(code))
    if (checkpointStep(it->path().string()) >= 0) paths.push_back(it->path().string());
  std::sort(paths.begin(), paths.end(),
            [](const std::string& a, const std::string& b) { return checkpointStep(a) < checkpointStep(b); });
  return paths;
}

std::vector<std::string> unfinishedCheckpoints(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code code;
  for (fs::directory_iterator it(checkpointFolder(folder), code), end; !code && it != end;
       it.increment(code)) {
    const std::string path = it->path().string();
    const std::size_t part = path.rfind(".part-");
    if (part == std::string::npos) continue;
    const std::string whole = path.substr(0, part);
    if (checkpointStep(whole) >= 0 || whole == bestCheckpointPath(folder)) paths.push_back(path);
  }
  return paths;
}

}  // namespace anchorscope
