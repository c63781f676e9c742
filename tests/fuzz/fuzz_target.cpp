#include "tests/fuzz/fuzz_target.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::fuzz {
namespace fs = std::filesystem;
namespace {

std::vector<FuzzTarget>& registered() {
  static std::vector<FuzzTarget> targets;
  return targets;
}

const testing::TemporaryFolder& folder() {
  static const testing::TemporaryFolder made;
  return made;
}

}  // namespace

RegisterTarget::RegisterTarget(FuzzTarget target) {
  std::vector<FuzzTarget>& all = registered();
  const auto place =
      std::find_if(all.begin(), all.end(), [&](const FuzzTarget& other) { return other.name > target.name; });
  all.insert(place, std::move(target));
}

const std::vector<FuzzTarget>& targets() {
  return registered();
}

const FuzzTarget* findTarget(std::string_view name) {
  for (const FuzzTarget& target : targets())
    if (target.name == name) return &target;
  return nullptr;
}

std::vector<std::string> corpusOf(const FuzzTarget& target) {
  std::vector<fs::path> paths;
  std::error_code code;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(testing::sourceFolder() / "tests/fuzz/corpus" / target.name, code))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const fs::path& path : paths)
    inputs.push_back(testing::readFile(path));
  return inputs;
}

const std::string& workFolder() {
  static const std::string path = folder().path().string();
  return path;
}

std::string writeWorkFile(const std::string& name, std::string_view bytes) {
  const fs::path path = fs::path(workFolder()) / name;
  fs::create_directories(path.parent_path());
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (!file || std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size() || std::fclose(file) != 0)
    throw std::runtime_error("cannot write " + path.string());
  return path.string();
}

}  // namespace anchorscope::fuzz
