#pragma once
// JSON files of this program, read within limits. What the JSON library says never reaches a person.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/result.h"

namespace anchorscope {

/// Files of this program are far smaller.
inline constexpr std::uint64_t kLargestJsonFile = 64U << 20U;

/// The whole file: kBadData with the byte when it is no JSON or beyond JsonLimits, else as readFile.
Result<nlohmann::json> readJson(const std::string& path, std::uint64_t largestBytes = kLargestJsonFile);

/// An integer of parsed JSON. Throws nlohmann's type error for any other number, which get<>() would cast.
/// One above 2^63 - 1 comes out negative.
std::int64_t integerOf(const nlohmann::json& value);

/// Why an entry could not be taken from parsed JSON, for people.
std::string entryProblem(const nlohmann::json::exception& problem);

}  // namespace anchorscope
