#include "core/store/spec_json.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/base/json_limits.h"

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

/// Throws for what is missing, of another kind, or a number that the type cannot hold: the library would
/// change that in silence.
template <typename Value>
Value field(const Json& object, const char* name) {
  const Json& value = object.at(name);
  if constexpr (std::is_integral_v<Value> && !std::is_same_v<Value, bool>) {
    const bool fits =
        value.is_number_integer() &&
        !(value.is_number_unsigned() &&
          value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) &&
        std::in_range<Value>(value.get<std::int64_t>());
    if (!fits) throw std::invalid_argument(name);
  }
  return value.get<Value>();
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
  static constexpr Words<ChannelDomain> kWords = {{ChannelDomain::kCandidate, "anchor"},
                                                  {ChannelDomain::kCell, "cell"}};
  return kWords;
}
Words<TestRole> wordsOf(TestRole) {
  static constexpr Words<TestRole> kWords = {{TestRole::kRequired, "required"},
                                             {TestRole::kConflict, "conflict"},
                                             {TestRole::kInformation, "information"}};
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
              {"note", spec.note},
              {"role", word(spec.role)},
              {"head", spec.head}};
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
  // Absent in files of a time when every test decided, and for all heads.
  if (json.contains("role")) spec.role = fromWord<TestRole>(json, "role");
  if (json.contains("head")) spec.head = field<std::string>(json, "head");
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

static void to_json(Json& json, const StageSpec& spec) {
  json = Json{
      {"name", spec.name}, {"title", spec.title}, {"candidate", spec.candidate}, {"origin", spec.origin}};
}

static void from_json(const Json& json, StageSpec& spec) {
  spec.name = field<std::string>(json, "name");
  spec.title = field<std::string>(json, "title");
  spec.candidate = field<std::string>(json, "candidate");
  spec.origin = field<std::string>(json, "origin");
}

static void to_json(Json& json, const Variant& variant) {
  json = Json{{"name", variant.name}, {"options", Json::array()}};
  for (const auto& [option, value] : variant.options)
    json["options"].push_back({{"option", option}, {"value", value}});
}

static void from_json(const Json& json, Variant& variant) {
  variant.name = field<std::string>(json, "name");
  variant.options.clear();
  for (const Json& entry : json.at("options"))
    variant.options.emplace_back(field<std::string>(entry, "option"), field<std::string>(entry, "value"));
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

/// Of a run of one stage the first stage's alone, as it was before there were several.
static void to_json(Json& json, const RunDeclaration& declaration) {
  to_json(json, static_cast<const EvidenceDeclaration&>(declaration));
  if (declaration.laterStages.empty()) return;
  json["stage"] = declaration.stage;
  json["later_stages"] = Json::array();
  for (const StageDeclaration& later : declaration.laterStages) {
    Json entry = later.evidence;
    entry.erase("scalars");
    entry["stage"] = later.stage;
    json["later_stages"].push_back(std::move(entry));
  }
}

static void to_json(Json& json, const RunParent& parent) {
  json = Json{{"folder", parent.folder}, {"id", parent.id}, {"step", parent.step}};
}
static void from_json(const Json& json, RunParent& parent) {
  parent = {json.at("folder").get<std::string>(), json.at("id").get<std::string>(),
            json.at("step").get<std::int64_t>()};
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
  if (!header.id.empty()) json["id"] = header.id;
  if (header.parent.step >= 0) json["parent"] = header.parent;
  if (!header.firstConfigToml.empty()) json["first_config_toml"] = header.firstConfigToml;
}

namespace {

template <typename Value>
std::string write(const Value& value) {
  // A class name from a badly encoded file must not end the run: bytes that are not UTF-8 become U+FFFD.
  return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

constexpr JsonLimits kLimits{16, 500'000};

template <typename Value>
Status read(std::string_view text, Value& out) {
  ANCHORSCOPE_TRY(checkJsonLimits(text, "A stored declaration", kLimits));
  try {
    out = Json::parse(text).get<Value>();
    return {};
  } catch (const std::exception&) {
    return makeError(ErrorCode::kBadData, "A stored declaration is damaged");
  }
}

/// Reads entry by entry and remembers which could not be read.
class Salvage {
 public:
  template <typename Value>
  void take(const Json& object, const char* name, Value& out) {
    attempt(name, [&] { out = field<Value>(object, name); });
  }
  void takeEvidence(const Json& object, const std::string& path, EvidenceDeclaration& out) {
    takeEach(object, path, "channels", out.channels);
    takeEach(object, path, "pair_tables", out.pairTables);
    takeEach(object, path, "decisions", out.decisions);
    takeEach(object, path, "object_columns", out.objectColumns);
  }
  /// The later stages of a run that has such.
  void takeLaterStages(const Json& object, const std::string& parent, RunDeclaration& out) {
    const auto found = object.find("later_stages");
    if (found == object.end()) return;
    attempt(concat(parent, ".stage"), [&] { out.stage = field<StageSpec>(object, "stage"); });
    const std::string path = concat(parent, ".later_stages");
    if (!found->is_array()) return damaged.push_back(path);
    for (std::size_t i = 0; i < found->size(); ++i) {
      const std::string its = concat(path, "[", i, "]");
      StageDeclaration& later = out.laterStages.emplace_back();
      attempt(concat(its, ".stage"), [&] { later.stage = field<StageSpec>((*found)[i], "stage"); });
      takeEvidence((*found)[i], its, later.evidence);
    }
  }
  template <typename Value>
  void takeEach(const Json& object, const std::string& parent, const char* name, std::vector<Value>& out) {
    const std::string path = concat(parent, ".", name);
    Json list;
    attempt(path, [&] { list = object.at(name).get<Json::array_t>(); });
    for (std::size_t i = 0; i < list.size(); ++i)
      attempt(concat(path, "[", i, "]"), [&] { out.push_back(list[i].get<Value>()); });
  }
  std::vector<std::string> damaged;

 private:
  template <typename Read>
  void attempt(std::string name, Read read) {
    try {
      read();
    } catch (const std::exception&) {
      damaged.push_back(std::move(name));
    }
  }
};

}  // namespace

std::vector<std::string> readHeader(std::string_view text, RunHeader& out) {
  const Json json = checkJsonLimits(text, "header", kLimits).ok()
                        ? Json::parse(text, nullptr, /*allow_exceptions=*/false)
                        : Json(Json::value_t::discarded);
  if (!json.is_object()) return {"header"};
  Salvage salvage;
  salvage.take(json, "config_toml", out.configToml);
  salvage.take(json, "data_spec", out.dataSpec);
  salvage.take(json, "method", out.methodName);
  salvage.take(json, "model", out.modelName);
  salvage.take(json, "device", out.device);
  salvage.take(json, "class_names", out.classNames);
  salvage.take(json, "program_version", out.programVersion);
  salvage.take(json, "started_at_utc", out.startedAtUtc);
  salvage.take(json, "threads", out.threads);
  salvage.take(json, "planned_steps", out.plannedSteps);
  if (json.contains("id")) salvage.take(json, "id", out.id);
  if (json.contains("parent")) salvage.take(json, "parent", out.parent);
  if (json.contains("first_config_toml")) salvage.take(json, "first_config_toml", out.firstConfigToml);
  const auto found = json.find("declaration");
  if (found == json.end() || !found->is_object()) {
    salvage.damaged.emplace_back("declaration");
  } else {
    salvage.takeEvidence(*found, "declaration", out.declaration);
    salvage.takeEach(*found, "declaration", "scalars", out.declaration.scalars);
    salvage.takeLaterStages(*found, "declaration", out.declaration);
  }
  return salvage.damaged;
}

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
std::string toJson(const StageSpec& spec) {
  return write(spec);
}
std::string toJson(const Variant& variant) {
  return write(variant);
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
Status fromJson(std::string_view text, StageSpec& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, Variant& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, std::vector<std::string>& out) {
  return read(text, out);
}
Status fromJson(std::string_view text, std::vector<LevelLayout>& out) {
  return read(text, out);
}
}  // namespace anchorscope
