#include "core/store/spec_json.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "core/base/check.h"

// nlohmann::json finds the to_json / from_json of a type in the type's own namespace.

namespace anchorscope {

using Json = nlohmann::ordered_json;

namespace {

/// JSON has no infinity and no NaN: they travel as strings.
Json optionalFloat(const std::optional<float>& value) {
  if (!value) return nullptr;
  if (std::isnan(*value)) return "nan";
  if (std::isinf(*value)) return *value > 0 ? "inf" : "-inf";
  return static_cast<double>(*value);
}

std::optional<float> optionalFloat(const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (value == "nan") return std::numeric_limits<float>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<float>::infinity();
  if (value == "-inf") return -std::numeric_limits<float>::infinity();
  return static_cast<float>(value.get<double>());
}

template <typename Value>
Value field(const Json& object, const char* name) {
  return object.at(name).get<Value>();
}

}  // namespace

namespace {

// Words, not numbers, so that the trace reads by itself.
template <typename Enum>
using Words = std::initializer_list<std::pair<Enum, const char*>>;

Words<Sense> wordsOf(Sense) {
  static constexpr Words<Sense> kWords = {
      {Sense::kNeutral, "neutral"}, {Sense::kHigherIsBetter, "higher"}, {Sense::kLowerIsBetter, "lower"}};
  return kWords;
}
Words<ChannelDomain> wordsOf(ChannelDomain) {
  static constexpr Words<ChannelDomain> kWords = {{ChannelDomain::kAnchor, "anchor"},
                                                  {ChannelDomain::kCell, "cell"}};
  return kWords;
}
Words<ColorScale> wordsOf(ColorScale) {
  static constexpr Words<ColorScale> kWords = {{ColorScale::kSequential, "sequential"},
                                               {ColorScale::kDiverging, "diverging"},
                                               {ColorScale::kClassification, "classification"},
                                               {ColorScale::kRegression, "regression"}};
  return kWords;
}

template <typename Enum>
const char* word(Enum value) {
  for (const auto& [candidate, text] : wordsOf(value))
    if (candidate == value) return text;
  failCheck(__FILE__, __LINE__, "known enumerator", {});
}

template <typename Enum>
Enum fromWord(const Json& json, const char* name) {
  const std::string text = field<std::string>(json, name);
  for (const auto& [value, known] : wordsOf(Enum{}))
    if (text == known) return value;
  throw std::invalid_argument("'" + text + "' is no " + name);
}

}  // namespace

static void to_json(Json& json, const ChannelSpec& spec) {
  json = Json{{"name", spec.name},
              {"title", spec.title},
              {"unit", spec.unit},
              {"description", spec.description},
              {"source", spec.source},
              {"min", optionalFloat(spec.min)},
              {"max", optionalFloat(spec.max)},
              {"sense", word(spec.sense)},
              {"domain", word(spec.domain)},
              {"scale", word(spec.scale)}};
}

static void from_json(const Json& json, ChannelSpec& spec) {
  spec.name = field<std::string>(json, "name");
  spec.title = field<std::string>(json, "title");
  spec.unit = field<std::string>(json, "unit");
  spec.description = field<std::string>(json, "description");
  spec.source = field<std::string>(json, "source");
  spec.min = optionalFloat(json.at("min"));
  spec.max = optionalFloat(json.at("max"));
  spec.sense = fromWord<Sense>(json, "sense");
  spec.domain = fromWord<ChannelDomain>(json, "domain");
  spec.scale = fromWord<ColorScale>(json, "scale");
}

static void to_json(Json& json, const ColumnSpec& spec) {
  json = Json{{"name", spec.name},       {"title", spec.title},
              {"unit", spec.unit},       {"description", spec.description},
              {"integer", spec.integer}, {"scale", word(spec.scale)}};
}

static void from_json(const Json& json, ColumnSpec& spec) {
  spec.name = field<std::string>(json, "name");
  spec.title = field<std::string>(json, "title");
  spec.unit = field<std::string>(json, "unit");
  spec.description = field<std::string>(json, "description");
  spec.integer = field<bool>(json, "integer");
  spec.scale = fromWord<ColorScale>(json, "scale");
}

static void to_json(Json& json, const PairTableSpec& spec) {
  json = Json{{"name", spec.name},
              {"title", spec.title},
              {"description", spec.description},
              {"source", spec.source},
              {"columns", spec.columns},
              {"member_column", spec.memberColumn},
              {"sort_column", spec.sortColumn},
              {"sort_descending", spec.sortDescending}};
}

static void from_json(const Json& json, PairTableSpec& spec) {
  spec.name = field<std::string>(json, "name");
  spec.title = field<std::string>(json, "title");
  spec.description = field<std::string>(json, "description");
  spec.source = field<std::string>(json, "source");
  spec.columns = field<std::vector<ColumnSpec>>(json, "columns");
  spec.memberColumn = field<std::string>(json, "member_column");
  spec.sortColumn = field<std::string>(json, "sort_column");
  spec.sortDescending = field<bool>(json, "sort_descending");
}

static void to_json(Json& json, const TestSpec& spec) {
  json = Json{{"name", spec.name},
              {"description", spec.description},
              {"value_column", spec.valueColumn},
              {"relation", spec.relation},
              {"bound_column", spec.boundColumn},
              {"bound", optionalFloat(spec.bound)},
              {"passed_column", spec.passedColumn},
              {"gate", spec.gate},
              {"note_column", spec.noteColumn},
              {"note", spec.note}};
}

static void from_json(const Json& json, TestSpec& spec) {
  spec.name = field<std::string>(json, "name");
  spec.description = field<std::string>(json, "description");
  spec.valueColumn = field<std::string>(json, "value_column");
  spec.relation = field<std::string>(json, "relation");
  spec.boundColumn = field<std::string>(json, "bound_column");
  spec.bound = optionalFloat(json.at("bound"));
  spec.passedColumn = field<std::string>(json, "passed_column");
  spec.gate = field<bool>(json, "gate");
  spec.noteColumn = field<std::string>(json, "note_column");
  spec.note = field<std::string>(json, "note");
}

static void to_json(Json& json, const OutcomeSpec& spec) {
  json = Json{{"head", spec.head},
              {"winner_channel", spec.winnerChannel},
              {"weight_column", spec.weightColumn},
              {"rank_column", spec.rankColumn}};
}

static void from_json(const Json& json, OutcomeSpec& spec) {
  spec.head = field<std::string>(json, "head");
  spec.winnerChannel = field<std::string>(json, "winner_channel");
  spec.weightColumn = field<std::string>(json, "weight_column");
  spec.rankColumn = field<std::string>(json, "rank_column");
}

static void to_json(Json& json, const DecisionSpec& spec) {
  json = Json{{"pair_table", spec.pairTable},
              {"absent_reason", spec.absentReason},
              {"tests", spec.tests},
              {"outcomes", spec.outcomes}};
}

static void from_json(const Json& json, DecisionSpec& spec) {
  spec.pairTable = field<std::string>(json, "pair_table");
  spec.absentReason = field<std::string>(json, "absent_reason");
  spec.tests = field<std::vector<TestSpec>>(json, "tests");
  spec.outcomes = field<std::vector<OutcomeSpec>>(json, "outcomes");
}

static void to_json(Json& json, const ObjectColumnSpec& spec) {
  json = Json{{"name", spec.name},
              {"title", spec.title},
              {"unit", spec.unit},
              {"description", spec.description},
              {"source", spec.source}};
}

static void from_json(const Json& json, ObjectColumnSpec& spec) {
  spec.name = field<std::string>(json, "name");
  spec.title = field<std::string>(json, "title");
  spec.unit = field<std::string>(json, "unit");
  spec.description = field<std::string>(json, "description");
  spec.source = field<std::string>(json, "source");
}

static void to_json(Json& json, const ScalarSpec& spec) {
  json = Json{{"name", spec.name},     {"title", spec.title},
              {"unit", spec.unit},     {"description", spec.description},
              {"source", spec.source}, {"scale", word(spec.scale)}};
}

static void from_json(const Json& json, ScalarSpec& spec) {
  spec.name = field<std::string>(json, "name");
  spec.title = field<std::string>(json, "title");
  spec.unit = field<std::string>(json, "unit");
  spec.description = field<std::string>(json, "description");
  spec.source = field<std::string>(json, "source");
  spec.scale = fromWord<ColorScale>(json, "scale");
}

static void to_json(Json& json, const LevelLayout& level) {
  json = Json{{"stride", level.stride},
              {"rows", level.rows},
              {"columns", level.columns},
              {"anchors_per_cell", level.anchorsPerCell},
              {"first_anchor", level.firstAnchor}};
}

static void from_json(const Json& json, LevelLayout& level) {
  level.stride = field<int>(json, "stride");
  level.rows = field<int>(json, "rows");
  level.columns = field<int>(json, "columns");
  level.anchorsPerCell = field<int>(json, "anchors_per_cell");
  level.firstAnchor = field<std::int64_t>(json, "first_anchor");
}

static void to_json(Json& json, const EvidenceDeclaration& declaration) {
  json = Json{{"channels", declaration.channels},
              {"pair_tables", declaration.pairTables},
              {"decisions", declaration.decisions},
              {"object_columns", declaration.objectColumns},
              {"scalars", declaration.scalars}};
}

static void from_json(const Json& json, EvidenceDeclaration& declaration) {
  declaration.channels = field<std::vector<ChannelSpec>>(json, "channels");
  declaration.pairTables = field<std::vector<PairTableSpec>>(json, "pair_tables");
  declaration.decisions = field<std::vector<DecisionSpec>>(json, "decisions");
  declaration.objectColumns = field<std::vector<ObjectColumnSpec>>(json, "object_columns");
  declaration.scalars = field<std::vector<ScalarSpec>>(json, "scalars");
}

static void to_json(Json& json, const RunHeader& header) {
  json = Json{{"config_toml", header.configToml},
              {"data_spec", header.dataSpec},
              {"method", header.methodName},
              {"model", header.modelName},
              {"device", header.device},
              {"class_names", header.classNames},
              {"declaration", header.declaration},
              {"program_version", header.programVersion},
              {"started_at_utc", header.startedAtUtc},
              {"threads", header.threads},
              {"planned_steps", header.plannedSteps}};
}

static void from_json(const Json& json, RunHeader& header) {
  header.configToml = field<std::string>(json, "config_toml");
  header.dataSpec = field<std::string>(json, "data_spec");
  header.methodName = field<std::string>(json, "method");
  header.modelName = field<std::string>(json, "model");
  header.device = field<std::string>(json, "device");
  header.classNames = field<std::vector<std::string>>(json, "class_names");
  header.declaration = field<EvidenceDeclaration>(json, "declaration");
  header.programVersion = field<std::string>(json, "program_version");
  header.startedAtUtc = field<std::string>(json, "started_at_utc");
  header.threads = field<int>(json, "threads");
  header.plannedSteps = field<std::int64_t>(json, "planned_steps");
}

namespace {

template <typename Value>
std::string write(const Value& value) {
  // A class name from a badly encoded file must not end the run: bytes that are not UTF-8 become U+FFFD.
  return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Value>
Status read(std::string_view text, Value& out) {
  try {
    out = Json::parse(text).get<Value>();
    return {};
  } catch (const std::exception& problem) {
    Error error = makeError(ErrorCode::kBadData, "A stored declaration is damaged");
    error.details = problem.what();
    return error;
  }
}

}  // namespace

std::string toJson(const ChannelSpec& spec) {
  return write(spec);
}
std::string toJson(const PairTableSpec& spec) {
  return write(spec);
}
std::string toJson(const DecisionSpec& spec) {
  return write(spec);
}
std::string toJson(const ObjectColumnSpec& spec) {
  return write(spec);
}
std::string toJson(const std::vector<std::string>& names) {
  return write(names);
}
std::string toJson(const std::vector<LevelLayout>& levels) {
  return write(levels);
}
std::string toJson(const RunHeader& header) {
  return write(header);
}

Status fromJson(std::string_view text, ChannelSpec& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, PairTableSpec& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, DecisionSpec& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, ObjectColumnSpec& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, std::vector<std::string>& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, std::vector<LevelLayout>& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, RunHeader& out) {
  return read(text, out);
}

}  // namespace anchorscope
