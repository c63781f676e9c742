#include "core/store/bookmarks.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/base/json_limits.h"
#include "core/base/text.h"

namespace anchorscope {
namespace {

constexpr int kVersion = 1;
constexpr std::uint64_t kLargestFile = 4U << 20U;

/// Throws what the JSON library throws of an entry that is missing or of another kind.
std::vector<Bookmark> bookmarksOf(const nlohmann::json& json) {
  std::vector<Bookmark> out;
  for (const nlohmann::json& entry : json.at("bookmarks"))
    out.push_back({entry.at("step").get_ref<const nlohmann::json::number_integer_t&>(),
                   entry.at("note").get<std::string>()});
  return out;
}

bool isInOrder(const std::vector<Bookmark>& bookmarks) {
  std::int64_t before = -1;
  for (const Bookmark& bookmark : bookmarks) {
    if (bookmark.step <= before) return false;
    before = bookmark.step;
  }
  return true;
}

}  // namespace

std::string bookmarksPath(const std::string& folder) {
  return (std::filesystem::path(folder) / "bookmarks.json").string();
}

Result<std::vector<Bookmark>> readBookmarks(const std::string& folder) {
  const std::string path = bookmarksPath(folder);
  const Result<std::string> text = readFile(path, kLargestFile);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) return std::vector<Bookmark>();
    return text.error();
  }
  const auto damaged = [&](const char* why) {
    return makeError(ErrorCode::kBadData, concat("The bookmarks in '", path, "' cannot be read: ", why),
                     "Mend the file, or move it away to begin anew; it is left as it is");
  };
  if (!checkJsonLimits(*text, path)) return damaged("it is too large");
  try {
    const nlohmann::json json = nlohmann::json::parse(*text);
    if (json.at("version") != kVersion) return damaged("it is of another version of the program");
    std::vector<Bookmark> bookmarks = bookmarksOf(json);
    if (!isInOrder(bookmarks)) return damaged("its steps are not in order");
    return bookmarks;
  } catch (const nlohmann::json::parse_error&) {
    return damaged("it is not valid JSON");
  } catch (const nlohmann::json::exception&) {
    return damaged("an entry is missing or of another kind");
  }
}

Status writeBookmarks(const std::string& folder, const std::vector<Bookmark>& bookmarks) {
  ANCHORSCOPE_CHECK(isInOrder(bookmarks), "bookmarks are kept by step");
  nlohmann::ordered_json json{{"version", kVersion}, {"bookmarks", nlohmann::ordered_json::array()}};
  for (const Bookmark& bookmark : bookmarks)
    json["bookmarks"].push_back({{"step", bookmark.step}, {"note", toUtf8(bookmark.note)}});
  return writeFileAtomically(bookmarksPath(folder), json.dump(2) + "\n", Overwrite::kYes);
}

}  // namespace anchorscope
