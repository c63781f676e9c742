#pragma once
// Declarations and the run's header as JSON text, as SCHEMA.md documents them. Reading never throws: text
// that does not fit is kBadData, without what the JSON library says of it.

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
std::string toJson(const StageSpec& spec);
std::string toJson(const Variant& variant);
std::string toJson(const std::vector<std::string>& names);
std::string toJson(const std::vector<LevelLayout>& levels);
std::string toJson(const RunHeader& header);

Status fromJson(std::string_view text, ChannelSpec& out);
Status fromJson(std::string_view text, PairTableSpec& out);
Status fromJson(std::string_view text, DecisionSpec& out);
Status fromJson(std::string_view text, ObjectColumnSpec& out);
Status fromJson(std::string_view text, StageSpec& out);
Status fromJson(std::string_view text, Variant& out);
Status fromJson(std::string_view text, std::vector<std::string>& out);
Status fromJson(std::string_view text, std::vector<LevelLayout>& out);

/// The header as far as it can be read: names of the entries that cannot ("declaration.channels[3]"), which
/// keep their defaults. All of it, named "header", when the text is no JSON.
std::vector<std::string> readHeader(std::string_view text, RunHeader& out);

}  // namespace anchorscope
