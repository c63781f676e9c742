#include "core/base/param.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/check.h"
#include "core/base/numbers.h"

namespace anchorscope {
namespace {

ParamSpec makeSpec(ParamType type, std::string name, ParamValue value, std::string help, std::string source) {
  ParamSpec spec;
  spec.type = type;
  spec.name = std::move(name);
  spec.defaultValue = std::move(value);
  spec.help = std::move(help);
  spec.source = std::move(source);
  return spec;
}

const char* typeWord(ParamType type) {
  switch (type) {
    case ParamType::kBool:
      return "true or false";
    case ParamType::kInt:
      return "a whole number";
    case ParamType::kFloat:
      return "a number";
    case ParamType::kChoice:
      return "one of its choices";
    case ParamType::kText:
      return "text";
    case ParamType::kSteps:
      return "a number of steps";
  }
  return "a value";
}

std::string rangeText(const ParamSpec& spec) {
  if (spec.type == ParamType::kChoice) return "one of: " + join(spec.choices, ", ");
  std::string out = typeWord(spec.type);
  if (spec.type == ParamType::kSteps && spec.min && spec.max)
    return concat(out, " from ", *spec.min, " to ", *spec.max, ", or of epochs, such as 12e");
  if (spec.min && spec.max) return concat(out, " from ", *spec.min, " to ", *spec.max);
  if (spec.min) return concat(out, " >= ", *spec.min);
  if (spec.max) return concat(out, " <= ", *spec.max);
  return out;
}

Error badValue(const ParamSpec& spec, std::string_view got) {
  return makeError(ErrorCode::kUsage, concat("Option '", spec.name, "' cannot be '", got, "'"),
                   concat("Give ", rangeText(spec)));
}

/// Options may be written with their sign.
template <typename Number>
std::optional<Number> parseSigned(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  return parseNumber<Number>(text);
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substitution}));
    }
  }
  return row.back();
}

}  // namespace

ParamSpec boolParam(std::string name, bool value, std::string help, std::string source) {
  return makeSpec(ParamType::kBool, std::move(name), value, std::move(help), std::move(source));
}

ParamSpec intParam(std::string name, std::int64_t value, std::optional<double> min, std::optional<double> max,
                   std::string unit, std::string help, std::string source) {
  ParamSpec spec = makeSpec(ParamType::kInt, std::move(name), value, std::move(help), std::move(source));
  spec.min = min;
  spec.max = max;
  spec.unit = std::move(unit);
  return spec;
}

ParamSpec floatParam(std::string name, double value, std::optional<double> min, std::optional<double> max,
                     std::string unit, std::string help, std::string source) {
  ParamSpec spec = makeSpec(ParamType::kFloat, std::move(name), value, std::move(help), std::move(source));
  spec.min = min;
  spec.max = max;
  spec.unit = std::move(unit);
  return spec;
}

ParamSpec choiceParam(std::string name, std::string value, std::vector<std::string> choices, std::string help,
                      std::string source) {
  ParamSpec spec =
      makeSpec(ParamType::kChoice, std::move(name), std::move(value), std::move(help), std::move(source));
  spec.choices = std::move(choices);
  return spec;
}

ParamSpec stepsParam(std::string name, std::int64_t value, std::optional<double> min,
                     std::optional<double> max, std::string help, std::string source) {
  ParamSpec spec = makeSpec(ParamType::kSteps, std::move(name), value, std::move(help), std::move(source));
  spec.min = min;
  spec.max = max;
  spec.unit = "steps";
  return spec;
}

ParamSpec textParam(std::string name, std::string value, std::string help, std::string source) {
  return makeSpec(ParamType::kText, std::move(name), std::move(value), std::move(help), std::move(source));
}

ParamSpec onlyWhen(ParamSpec spec, std::string option, std::vector<std::string> values) {
  spec.whenOption = std::move(option);
  spec.whenValues = std::move(values);
  return spec;
}

std::optional<double> parseEpochs(std::string_view text) {
  constexpr double kMostEpochs = 1e9;
  if (!text.ends_with('e')) return std::nullopt;
  text.remove_suffix(1);
  const auto epochs = parseSigned<double>(text);
  if (!epochs || !(*epochs > 0) || !(*epochs <= kMostEpochs)) return std::nullopt;
  return epochs;
}

std::int64_t stepsOfEpochs(double epochs, double stepsPerEpoch) {
  constexpr double kMostSteps = 1e15, kRounding = 1e-9;
  ANCHORSCOPE_CHECK(stepsPerEpoch > 0, "the size of an epoch is not known");
  const double steps = epochs * stepsPerEpoch;
  return static_cast<std::int64_t>(std::clamp(std::ceil(steps * (1 - kRounding)), 1.0, kMostSteps));
}

std::string toText(const ParamValue& value) {
  struct Writer {
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const {
      char buffer[32];
      const auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, number);
      return std::string(buffer, code == std::errc{} ? end : buffer);
    }
    std::string operator()(const std::string& text) const { return text; }
  };
  return std::visit(Writer{}, value);
}

Result<ParamValue> parseParam(const ParamSpec& spec, std::string_view text) {
  switch (spec.type) {
    case ParamType::kBool:
      if (text == "true" || text == "1" || text == "on" || text == "yes") return ParamValue(true);
      if (text == "false" || text == "0" || text == "off" || text == "no") return ParamValue(false);
      return badValue(spec, text);
    case ParamType::kInt:
      if (const auto number = parseSigned<std::int64_t>(text))
        return validateParam(spec, ParamValue(*number));
      return badValue(spec, text);
    case ParamType::kSteps:
      if (const auto number = parseSigned<std::int64_t>(text))
        return validateParam(spec, ParamValue(*number));
      return validateParam(spec, ParamValue(std::string(text)));
    case ParamType::kFloat:
      if (const auto number = parseSigned<double>(text)) return validateParam(spec, ParamValue(*number));
      return badValue(spec, text);
    case ParamType::kChoice:
    case ParamType::kText:
      return validateParam(spec, ParamValue(std::string(text)));
  }
  return badValue(spec, text);
}

Result<ParamValue> validateParam(const ParamSpec& spec, const ParamValue& given) {
  ParamValue value = given;
  if (spec.type == ParamType::kFloat && std::holds_alternative<std::int64_t>(value))
    value = static_cast<double>(std::get<std::int64_t>(value));
  if (const auto* text = std::get_if<std::string>(&value); text && spec.type == ParamType::kSteps) {
    const auto epochs = parseEpochs(*text);
    if (!epochs) return badValue(spec, toText(given));
    return ParamValue(toText(ParamValue(*epochs)) + "e");
  }
  const bool rightType = (spec.type == ParamType::kBool && std::holds_alternative<bool>(value)) ||
                         ((spec.type == ParamType::kInt || spec.type == ParamType::kSteps) &&
                          std::holds_alternative<std::int64_t>(value)) ||
                         (spec.type == ParamType::kFloat && std::holds_alternative<double>(value)) ||
                         ((spec.type == ParamType::kChoice || spec.type == ParamType::kText) &&
                          std::holds_alternative<std::string>(value));
  if (!rightType) return badValue(spec, toText(given));
  if (spec.type == ParamType::kChoice &&
      std::find(spec.choices.begin(), spec.choices.end(), std::get<std::string>(value)) == spec.choices.end())
    return badValue(spec, toText(given));
  if (spec.type == ParamType::kInt || spec.type == ParamType::kSteps || spec.type == ParamType::kFloat) {
    const double number = spec.type == ParamType::kFloat ? std::get<double>(value)
                                                         : static_cast<double>(std::get<std::int64_t>(value));
    if (!std::isfinite(number) || (spec.min && number < *spec.min) || (spec.max && number > *spec.max))
      return badValue(spec, toText(given));
  }
  return value;
}

ParamSet::ParamSet(std::vector<ParamSpec> specs) : specs_(std::move(specs)) {
  for (const ParamSpec& spec : specs_) {
    auto checked = validateParam(spec, spec.defaultValue);
    ANCHORSCOPE_CHECK(checked.ok(), "default of option '", spec.name, "'");
    ANCHORSCOPE_CHECK(values_.emplace(spec.name, *checked).second, "option '", spec.name, "' declared twice");
  }
}

const ParamSpec* ParamSet::find(std::string_view name) const {
  const auto spec =
      std::find_if(specs_.begin(), specs_.end(), [&](const ParamSpec& s) { return s.name == name; });
  return spec == specs_.end() ? nullptr : &*spec;
}

namespace {
Error unknownOption(std::string_view name, const std::vector<ParamSpec>& specs) {
  std::vector<std::string> names;
  for (const ParamSpec& spec : specs)
    names.push_back(spec.name);
  if (names.empty())
    return makeError(ErrorCode::kUsage, concat("Unknown option '", name, "': there are no options here"));
  return makeError(
      ErrorCode::kUsage, concat("Unknown option '", name, "'"),
      concat("Did you mean ", join(nearestNames(name, names), " or "), "? All options: ", join(names, ", ")));
}
}  // namespace

Status ParamSet::set(std::string_view name, std::string_view text) {
  const ParamSpec* spec = find(name);
  if (!spec) return unknownOption(name, specs_);
  auto value = parseParam(*spec, text);
  if (!value) return std::move(value).error();
  values_[spec->name] = *std::move(value);
  return {};
}

Status ParamSet::setValue(std::string_view name, const ParamValue& given) {
  const ParamSpec* spec = find(name);
  if (!spec) return unknownOption(name, specs_);
  auto value = validateParam(*spec, given);
  if (!value) return std::move(value).error();
  values_[spec->name] = *std::move(value);
  return {};
}

const ParamValue& ParamSet::get(std::string_view name) const {
  const auto found = values_.find(name);
  ANCHORSCOPE_CHECK(found != values_.end(), "no option '", name, "'");
  return found->second;
}

bool ParamSet::getBool(std::string_view name) const {
  return std::get<bool>(get(name));
}
std::int64_t ParamSet::getInt(std::string_view name) const {
  const ParamValue& value = get(name);
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::get<std::int64_t>(value);
  ANCHORSCOPE_CHECK(knowsSteps(name), "'", name, "' is '", *text, "', and the size of an epoch is not known");
  return anchorscope::stepsOfEpochs(*parseEpochs(*text), stepsPerEpoch_);
}
void ParamSet::setStepsPerEpoch(double steps) {
  ANCHORSCOPE_CHECK(steps > 0, steps, " steps per epoch");
  stepsPerEpoch_ = steps;
}
bool ParamSet::knowsSteps(std::string_view name) const {
  const ParamSpec* spec = find(name);
  ANCHORSCOPE_CHECK(spec != nullptr && spec->type == ParamType::kSteps, "'", name, "' has no steps");
  return stepsPerEpoch_ > 0 || std::holds_alternative<std::int64_t>(get(name));
}
double ParamSet::getFloat(std::string_view name) const {
  const ParamValue& value = get(name);
  if (std::holds_alternative<std::int64_t>(value)) return static_cast<double>(std::get<std::int64_t>(value));
  return std::get<double>(value);
}
const std::string& ParamSet::getText(std::string_view name) const {
  return std::get<std::string>(get(name));
}

bool ParamSet::applies(std::string_view name) const {
  const ParamSpec* spec = find(name);
  ANCHORSCOPE_CHECK(spec != nullptr, "no option '", name, "'");
  if (spec->whenOption.empty()) return true;
  const auto& values = spec->whenValues;
  return applies(spec->whenOption) &&
         std::find(values.begin(), values.end(), toText(get(spec->whenOption))) != values.end();
}

bool ParamSet::isDefault(std::string_view name) const {
  const ParamSpec* spec = find(name);
  ANCHORSCOPE_CHECK(spec, "no option '", name, "'");
  const auto checked = validateParam(*spec, spec->defaultValue);
  return checked.ok() && get(name) == *checked;
}

void ParamSet::merge(const ParamSet& other, std::string_view prefix) {
  for (ParamSpec spec : other.specs_) {
    const ParamValue& value = other.get(spec.name);
    if (!prefix.empty()) {
      spec.name = concat(prefix, ".", spec.name);
      if (!spec.whenOption.empty()) spec.whenOption = concat(prefix, ".", spec.whenOption);
    }
    ANCHORSCOPE_CHECK(values_.emplace(spec.name, value).second, "option '", spec.name, "' declared twice");
    specs_.push_back(std::move(spec));
  }
}

ParamSet ParamSet::sub(std::string_view prefix) const {
  ParamSet out;
  const std::string head = concat(prefix, ".");
  for (ParamSpec spec : specs_) {
    if (spec.name.rfind(head, 0) != 0) continue;
    const ParamValue value = get(spec.name);
    spec.name = spec.name.substr(head.size());
    if (!spec.whenOption.empty()) spec.whenOption = spec.whenOption.substr(head.size());
    out.values_.emplace(spec.name, value);
    out.specs_.push_back(std::move(spec));
  }
  return out;
}

std::vector<std::string> nearestNames(std::string_view name, const std::vector<std::string>& candidates,
                                      std::size_t count) {
  std::vector<std::string> sorted = candidates;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const std::string& a, const std::string& b) {
    return editDistance(name, a) < editDistance(name, b);
  });
  if (sorted.size() > count) sorted.resize(count);
  return sorted;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i) out += separator;
    out += parts[i];
  }
  return out;
}

}  // namespace anchorscope
