#include "core/trainer/json_file.h"

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/base/json_limits.h"

namespace anchorscope {

Result<nlohmann::json> readJson(const std::string& path, std::uint64_t largestBytes) {
  const Result<std::string> text = readFile(path, largestBytes);
  if (!text) return text.error();
  ANCHORSCOPE_TRY(checkJsonLimits(*text, concat("'", path, "'")));
  try {
    return nlohmann::json::parse(*text);
  } catch (const nlohmann::json::parse_error& problem) {
    return makeError(ErrorCode::kBadData, concat("'", path, "' is not valid JSON (byte ", problem.byte, ")"));
  } catch (const nlohmann::json::exception&) {
    return makeError(ErrorCode::kBadData, concat("'", path, "' holds a number that is out of range"));
  }
}

std::int64_t integerOf(const nlohmann::json& value) {
  return value.get_ref<const nlohmann::json::number_integer_t&>();
}

std::string entryProblem(const nlohmann::json::exception& problem) {
  constexpr int kOutOfRange = 400;  // its numbers: 3xx wrong kind, 4xx not there
  return problem.id > kOutOfRange ? "an entry is missing" : "an entry is of another kind than it should be";
}

}  // namespace anchorscope
