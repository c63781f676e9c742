#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/trainer/run_config.h"

namespace anchorscope {
namespace {

constexpr std::array<const char*, 4> kPrefixes{"train", "method", "model", "data"};
constexpr std::array<std::pair<const char*, std::string RunConfig::*>, 6> kNames{
    {{"data", &RunConfig::data},
     {"validation", &RunConfig::validation},
     {"method", &RunConfig::method},
     {"model", &RunConfig::model},
     {"weights", &RunConfig::weights},
     {"out", &RunConfig::out}}};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char letter : toUtf8(text)) {
    const auto code = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (code < 0x20 || code == 0x7f) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04X", static_cast<unsigned>(code));
      out += buffer;
    } else {
      out += letter;
    }
  }
  return out + '"';
}

std::string tomlText(const ParamValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  std::string out = toText(value);
  // A float must not read back as a whole number.
  if (std::holds_alternative<double>(value) && out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

/// No configuration has so many dots outside of quotation marks. Every dot may be a level of a dotted key
/// ("a.a.a"), and the parser's tables end recursively.
constexpr std::size_t kMostDots = 2000;

/// The position behind the quoted text that starts at `start`.
std::size_t behindText(std::string_view text, std::size_t start) {
  const char mark = text[start];
  const std::string three(3, mark);
  const bool lines = text.substr(start, 3) == three;
  for (std::size_t at = start + (lines ? 3 : 1); at < text.size(); ++at) {
    if (mark == '"' && text[at] == '\\') {
      ++at;
    } else if (!lines && (text[at] == mark || text[at] == '\n')) {
      return at + 1;
    } else if (lines && text.substr(at, 3) == three) {
      at += 3;
      for (int more = 0; more < 2 && at < text.size() && text[at] == mark; ++more)
        ++at;  // up to two quotation marks before the closing ones belong to the text
      return at;
    }
  }
  return text.size();
}

/// Walks over the text as TOML reads it: dots in texts and comments are no levels.
Status checkLimits(std::string_view text, const std::string& fileName) {
  if (text.size() > kLargestConfigBytes)
    return makeError(ErrorCode::kBadData, concat(fileName, " has more than ", kLargestConfigBytes, " bytes"),
                     "Name a configuration file");
  std::size_t dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"' || text[at] == '\'') {
      at = behindText(text, at);
      continue;
    }
    if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (text[at] == '.' && ++dots > kMostDots)
      return makeError(
          ErrorCode::kBadData,
          concat(fileName, ":",
                 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'),
                 ": its keys have too many levels"),
          "Write them as this program does: [part], then name = value");
    ++at;
  }
  return {};
}

/// Where a value stands, for messages: "run.toml:12".
std::string place(const std::string& fileName, const toml::node& node) {
  return concat(fileName, ":", node.source().begin.line);
}

Error wrongType(const std::string& fileName, const toml::node& node, const std::string& key,
                const char* wanted) {
  return makeError(ErrorCode::kBadData, concat(place(fileName, node), ": '", key, "' must be ", wanted));
}

std::optional<ParamValue> scalarOf(const toml::node& node) {
  if (node.is_boolean()) return ParamValue(**node.as_boolean());
  if (node.is_integer()) return ParamValue(std::int64_t{**node.as_integer()});
  if (node.is_floating_point()) return ParamValue(**node.as_floating_point());
  if (node.is_string()) return ParamValue(**node.as_string());
  return std::nullopt;
}

Status readRunTable(const toml::table& table, const std::string& fileName, RunConfig& config) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (name == "probes") {
      const toml::array* list = node.as_array();
      if (!list) return wrongType(fileName, node, "run.probes", "a list of image names");
      config.probes.clear();
      for (const toml::node& item : *list) {
        if (!item.is_string()) return wrongType(fileName, item, "run.probes", "a list of image names");
        config.probes.push_back(**item.as_string());
      }
      continue;
    }
    bool known = false;
    for (const auto& [field, member] : kNames) {
      if (name != field) continue;
      if (!node.is_string()) return wrongType(fileName, node, "run." + name, "text in quotation marks");
      config.*member = **node.as_string();
      known = true;
    }
    if (!known) {
      std::vector<std::string> names{"probes"};
      for (const auto& entry : kNames)
        names.emplace_back(entry.first);
      return makeError(ErrorCode::kUsage,
                       concat(place(fileName, node), ": there is no entry '", name, "' in [run]"),
                       concat("Use one of ", join(names, ", ")));
    }
  }
  return {};
}

/// Options of a stage stand in a table of their own or under dotted keys, which is the same.
Status readParamTable(const toml::table& table, const std::string& fileName, ParamSet& params,
                      const std::string& prefix = {}) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (node.is_table()) {
      ANCHORSCOPE_TRY(readParamTable(*node.as_table(), fileName, params, name + "."));
      continue;
    }
    const auto value = scalarOf(node);
    if (!value) return wrongType(fileName, node, name, "a number, true or false, or text in quotation marks");
    if (Status status = params.setValue(name, *value); !status) {
      Error error = std::move(status).error();
      error.message = concat(place(fileName, node), ": ", error.message);
      return error;
    }
  }
  return {};
}

}  // namespace

std::string toToml(const RunConfig& config) {
  std::string out =
      "# Configuration of a training run. Every option is listed; remove a line to take its "
      "default.\n\n[run]\n";
  for (const auto& [name, member] : kNames)
    out += concat(name, " = ", quoted(config.*member), "\n");
  std::vector<std::string> probes;
  for (const std::string& probe : config.probes)
    probes.push_back(quoted(probe));
  out += concat("probes = [", join(probes, ", "), "]\n");
  for (const char* prefix : kPrefixes) {
    const ParamSet& params = paramsOf(config, prefix);
    if (params.specs().empty()) continue;
    out += concat("\n[", prefix, "]\n");
    for (const ParamSpec& spec : params.specs()) {
      out += concat(spec.name, " = ", tomlText(params.get(spec.name)));
      if (!params.isDefault(spec.name)) out += concat("  # default ", tomlText(spec.defaultValue));
      out += '\n';
    }
  }
  return out;
}

Result<RunConfig> fromToml(const std::string& text, const std::string& fileName) {
  ANCHORSCOPE_TRY(checkLimits(text, fileName));
  toml::table root;
  try {
    root = toml::parse(text, fileName);
  } catch (const toml::parse_error& problem) {
    return makeError(ErrorCode::kBadData,
                     concat(fileName, ":", problem.source().begin.line, ": ", problem.description()));
  }
  RunConfig config;
  if (const toml::node* run = root.get("run")) {
    if (!run->is_table()) return wrongType(fileName, *run, "run", "a table");
    ANCHORSCOPE_TRY(readRunTable(*run->as_table(), fileName, config));
  }
  auto withOptions = makeRunConfig(config.method, config.model);
  if (!withOptions) return std::move(withOptions).error().in("reading " + fileName);
  for (const auto& [name, member] : kNames)
    (*withOptions).*member = config.*member;
  withOptions->probes = config.probes;
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    if (name == "run") continue;
    if (std::find(kPrefixes.begin(), kPrefixes.end(), name) == kPrefixes.end())
      return makeError(ErrorCode::kUsage, concat(place(fileName, node), ": there is no part '", name, "'"),
                       "Use [run], [train], [method], [model] and [data]");
    if (!node.is_table()) return wrongType(fileName, node, name, "a table");
    ANCHORSCOPE_TRY(readParamTable(*node.as_table(), fileName, paramsOf(*withOptions, name)));
  }
  return withOptions;
}

}  // namespace anchorscope
