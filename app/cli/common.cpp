#include "app/cli/common.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/base/text.h"

namespace anchorscope::cli {

ExitCode fail(const Error& error) {
  std::cerr << "anchorscope-cli: " << error.text() << '\n';
  if (!error.details.empty()) std::cerr << "Details: " << error.details << '\n';
  return exitCode(error.code);
}

ExitCode finish(const Status& status) {
  return status ? 0 : fail(status.error());
}

std::vector<std::string> tellDamage(RunReader& run) {
  std::vector<std::string> problems = run.takeProblems();
  for (const std::string& problem : problems)
    std::cerr << "Note: " << printable(problem) << '\n';
  return problems;
}

nlohmann::ordered_json changeJson(const ParameterChange& change) {
  return {{"step", change.step}, {"key", change.key},     {"old", change.before},
          {"new", change.after}, {"cause", change.cause}, {"checkpoint", change.checkpoint}};
}

std::string shortNumber(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

std::string precisionText(double value) {
  return value < 0 ? "none" : shortNumber(value);
}

std::string jsonText(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

nlohmann::ordered_json jsonNumber(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

namespace {

std::string rangeText(const ParamSpec& spec) {
  if (!spec.choices.empty()) return join(spec.choices, " | ");
  if (spec.min && spec.max) return concat(*spec.min, " .. ", *spec.max);
  if (spec.min) return concat(">= ", *spec.min);
  if (spec.max) return concat("<= ", *spec.max);
  return {};
}

const char* typeName(ParamType type) {
  switch (type) {
    case ParamType::kBool:
      return "bool";
    case ParamType::kInt:
      return "int";
    case ParamType::kFloat:
      return "float";
    case ParamType::kChoice:
      return "choice";
    case ParamType::kText:
      return "text";
    case ParamType::kSteps:
      return "steps";
  }
  return "";
}

}  // namespace

void printTable(const std::vector<std::vector<std::string>>& rows, bool lastIsText) {
  std::vector<std::size_t> widths;
  const auto letters = [](const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  };
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths.resize(std::max(widths.size(), i + 1));
      widths[i] = std::max(widths[i], letters(row[i]));
    }
  for (const auto& row : rows) {
    std::cout << "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (lastIsText && i + 1 == row.size()) {
        std::cout << "   " << row[i];
        continue;
      }
      const std::string blanks(widths[i] - letters(row[i]), ' ');
      std::cout << (i == 0 ? row[i] + blanks : "   " + blanks + row[i]);
    }
    std::cout << '\n';
  }
}

void printParams(const std::vector<ParamSpec>& specs) {
  for (const ParamSpec& spec : specs) {
    const std::string range = rangeText(spec);
    std::cout << "  " << spec.name << " = " << toText(spec.defaultValue);
    if (!spec.unit.empty() && spec.unit != "1") std::cout << ' ' << spec.unit;
    if (!range.empty()) std::cout << "   [" << range << ']';
    std::cout << "\n      " << spec.help << "\n      Source: " << spec.source << '\n';
    if (!spec.whenOption.empty())
      std::cout << "      Only with " << spec.whenOption << '=' << join(spec.whenValues, " or ") << '\n';
  }
}

nlohmann::ordered_json paramsJson(const std::vector<ParamSpec>& specs) {
  auto out = nlohmann::ordered_json::array();
  for (const ParamSpec& spec : specs) {
    nlohmann::ordered_json entry{{"name", spec.name}, {"type", typeName(spec.type)}};
    std::visit([&](const auto& value) { entry["default"] = value; }, spec.defaultValue);
    entry["help"] = spec.help;
    entry["source"] = spec.source;
    entry["unit"] = spec.unit;
    if (spec.min) entry["min"] = *spec.min;
    if (spec.max) entry["max"] = *spec.max;
    if (!spec.choices.empty()) entry["choices"] = spec.choices;
    if (!spec.whenOption.empty())
      entry["only_with"] = {{"option", spec.whenOption}, {"values", spec.whenValues}};
    entry["effect"] = spec.effect == ParamEffect::kNextStep ? "next step" : "next run";
    out.push_back(std::move(entry));
  }
  return out;
}

namespace {

const char* actionName(RecordAction action) {
  switch (action) {
    case RecordAction::kSkipped:
      return "skipped";
    case RecordAction::kClipped:
      return "clipped";
    case RecordAction::kKept:
      return "kept";
    case RecordAction::kLeftOut:
      return "left out on request";
  }
  return "";
}

}  // namespace

void printDiagnostics(const Diagnostics& diagnostics, std::size_t atMost) {
  for (const auto& [kind, count] : diagnostics.countsByKind())
    std::cout << "  " << count << " x " << kind << '\n';
  // The first of each kind, so that a rare one is not behind many of another.
  constexpr std::size_t kPerKind = 3;
  std::map<std::string, std::size_t> shownOfKind;
  std::size_t shown = 0;
  for (const RecordProblem& problem : diagnostics.problems()) {
    if (shown == atMost || ++shownOfKind[problem.kind] > kPerKind) continue;
    ++shown;
    std::cout << "  " << actionName(problem.action) << ": " << problem.file;
    if (!problem.record.empty()) std::cout << ", " << problem.record;
    std::cout << ": " << problem.message;
    if (problem.count > 1) std::cout << " (" << problem.count << " records; this is the first)";
    std::cout << '\n';
  }
  if (shown < diagnostics.problems().size())
    std::cout << "  ... and " << diagnostics.problems().size() - shown << " more (--json lists all)\n";
}

nlohmann::ordered_json diagnosticsJson(const Diagnostics& diagnostics) {
  auto out = nlohmann::ordered_json::array();
  for (const RecordProblem& problem : diagnostics.problems())
    out.push_back({{"file", problem.file},
                   {"record", problem.record},
                   {"kind", problem.kind},
                   {"message", problem.message},
                   {"action", actionName(problem.action)},
                   {"count", problem.count}});
  return out;
}

Result<std::string> findProbe(const RunReader& run, const std::string& name) {
  const std::vector<std::string> names = run.probeNames();
  if (names.empty()) return makeError(ErrorCode::kNotFound, concat("'", run.folder(), "' holds no evidence"));
  if (name.empty()) return names.front();
  std::vector<std::string> matches;
  for (const std::string& candidate : names) {
    if (candidate == name || std::filesystem::path(candidate).stem() == name) return candidate;
    if (candidate.find(name) != std::string::npos) matches.push_back(candidate);
  }
  if (matches.size() == 1) return matches.front();
  return makeError(ErrorCode::kNotFound, concat("There is no evidence of an image '", name, "'"),
                   concat("Recorded: ", listed(names)));
}

void addEvidenceOptions(CLI::App& command, EvidenceChoice& choice, const std::string& imageHelp) {
  command.add_option("RUN", choice.folder, "Run folder")->required();
  command.add_option("--step", choice.step, "Recorded step, first or last")->capture_default_str();
  command.add_option("--image", choice.image, imageHelp);
  command.add_option("--stage", choice.stage,
                     "Stage of the detector, by name or counted from 0 (else: the last, which detects)");
  command.add_option("--variant", choice.variant,
                     "What a variant recorded beside the run says, by its name (else: the run's own)");
}

Result<std::shared_ptr<const StageEvidence>> findStage(const ProbeFrame& frame, const std::string& stage) {
  if (stage.empty()) return frame.stages.back();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < frame.stages.size(); ++i) {
    if (frame.stages[i]->stage.name == stage || std::to_string(i) == stage) return frame.stages[i];
    names.push_back(frame.stages[i]->stage.name);
  }
  return makeError(ErrorCode::kNotFound, concat("There is no stage '", stage, "'"),
                   concat("There are: ", listed(names)));
}

Result<std::int64_t> parseStep(const RunReader& run, const std::string& probe, const std::string& text) {
  const std::vector<std::int64_t> steps = run.recordedSteps(probe);
  if (steps.empty())
    return makeError(ErrorCode::kNotFound, concat("There is no recorded evidence of '", probe, "'"));
  return parseStep(steps, text);
}

Result<std::int64_t> parseStep(const std::vector<std::int64_t>& steps, const std::string& text) {
  if (steps.empty()) return makeError(ErrorCode::kNotFound, "There is no recorded evidence");
  if (text == "last") return steps.back();
  if (text == "first") return steps.front();
  const auto step = parseNumber<std::int64_t>(text);
  if (!step || *step < 0)
    return makeError(ErrorCode::kUsage, concat("'", text, "' is not a step"), "Give a number, first or last");
  return *step;
}

}  // namespace anchorscope::cli
