#pragma once
// Declarations and the run's header as JSON text, as SCHEMA.md documents them. Reading never throws: text
// that does not fit is kBadData.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/store/run_types.h"

namespace anchorscope {

std::string toJson(const ChannelSpec& spec);
std::string toJson(const PairTableSpec& spec);
std::string toJson(const DecisionSpec& spec);
std::string toJson(const ObjectColumnSpec& spec);
std::string toJson(const std::vector<std::string>& names);
std::string toJson(const std::vector<LevelLayout>& levels);
std::string toJson(const RunHeader& header);

Status fromJson(std::string_view text, ChannelSpec& out);
Status fromJson(std::string_view text, PairTableSpec& out);
Status fromJson(std::string_view text, DecisionSpec& out);
Status fromJson(std::string_view text, ObjectColumnSpec& out);
Status fromJson(std::string_view text, std::vector<std::string>& out);
Status fromJson(std::string_view text, std::vector<LevelLayout>& out);
Status fromJson(std::string_view text, RunHeader& out);

}  // namespace anchorscope
