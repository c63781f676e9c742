#pragma once
// Options described once: a ParamSpec drives the form in the window, the config file, `--set` and the help
// alike.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

/// A parameter's value. Choices are strings; so are epochs of a kSteps ("12e").
using ParamValue = std::variant<bool, std::int64_t, double, std::string>;

/// kSteps: a number of optimizer steps, or of epochs, which is one of steps where the size of an epoch is
/// known.
enum class ParamType { kBool, kInt, kFloat, kChoice, kText, kSteps };

/// When a change made while training takes effect.
enum class ParamEffect { kNextStep, kNextRun };

/// One documented option.
struct ParamSpec {
  std::string name;  ///< lower_snake_case, unique within its owner: "beta".
  ParamType type = ParamType::kFloat;
  ParamValue defaultValue;           ///< Of the alternative that `type` asks for.
  std::string help;                  ///< One sentence.
  std::string source;                ///< Paper, implementation or "ours": where the default comes from.
  std::string unit;                  ///< "px", "steps", "1" ...; empty when none.
  std::optional<double> min, max;    ///< Inclusive bounds of numbers; absent = unbounded.
  std::vector<std::string> choices;  ///< Valid values of a kChoice, in the order to show them.
  ParamEffect effect = ParamEffect::kNextStep;
  /// The option matters only while the option `whenOption` of the same set has one of these values (as text).
  /// Empty: always.
  std::string whenOption;
  std::vector<std::string> whenValues;
  bool operator==(const ParamSpec&) const = default;
};

/// The same option, mattering only while `option` has one of `values`.
ParamSpec onlyWhen(ParamSpec spec, std::string option, std::vector<std::string> values);

/// Spec builders, so that a table of options reads as a table.
ParamSpec boolParam(std::string name, bool value, std::string help, std::string source);
ParamSpec intParam(std::string name, std::int64_t value, std::optional<double> min, std::optional<double> max,
                   std::string unit, std::string help, std::string source);
ParamSpec floatParam(std::string name, double value, std::optional<double> min, std::optional<double> max,
                     std::string unit, std::string help, std::string source);
ParamSpec choiceParam(std::string name, std::string value, std::vector<std::string> choices, std::string help,
                      std::string source);
/// In steps by default; its bounds are those of steps.
ParamSpec stepsParam(std::string name, std::int64_t value, std::optional<double> min,
                     std::optional<double> max, std::string help, std::string source);
ParamSpec textParam(std::string name, std::string value, std::string help, std::string source);

/// "12e" is 12, "0.5e" is 0.5 epochs; nothing for any other text, for none of an epoch, or for more than
/// 10^9.
std::optional<double> parseEpochs(std::string_view text);
/// So many epochs, each a number of steps that need not be whole: rounded up, at least 1.
std::int64_t stepsOfEpochs(double epochs, double stepsPerEpoch);

/// Text of a value as it stands in a config file: shortest round-trip form for numbers, bare words for
/// choices.
std::string toText(const ParamValue& value);

/// Parses text as the spec's type and checks its range; the error names the option and its valid values.
Result<ParamValue> parseParam(const ParamSpec& spec, std::string_view text);

/// Checks type and range of a value (an int is accepted for a float); returns it in the spec's own type.
Result<ParamValue> validateParam(const ParamSpec& spec, const ParamValue& value);

/// Values of one owner's options: defaults plus what was set. Every name belongs to a spec.
class ParamSet {
 public:
  ParamSet() = default;
  explicit ParamSet(std::vector<ParamSpec> specs);

  const std::vector<ParamSpec>& specs() const { return specs_; }
  const ParamSpec* find(std::string_view name) const;

  /// Sets from text or value; an unknown name's error lists the nearest valid names.
  Status set(std::string_view name, std::string_view text);
  Status setValue(std::string_view name, const ParamValue& value);

  /// Reads; the name and type must be right (a bug otherwise).
  bool getBool(std::string_view name) const;
  std::int64_t getInt(std::string_view name) const;         ///< Of a kInt, or a kSteps that knowsSteps().
  double getFloat(std::string_view name) const;             ///< Of a kFloat or a kInt.
  const std::string& getText(std::string_view name) const;  ///< Of a kChoice or kText.
  const ParamValue& get(std::string_view name) const;
  /// Steps of an epoch, above 0: from now on options in epochs have a number of steps.
  void setStepsPerEpoch(double steps);
  double stepsPerEpoch() const { return stepsPerEpoch_; }  ///< 0: not known.
  /// Whether a kSteps is in steps, or the size of an epoch is known.
  bool knowsSteps(std::string_view name) const;
  bool isDefault(std::string_view name) const;
  /// Whether the option matters with the present values of the others (see ParamSpec::whenOption).
  bool applies(std::string_view name) const;

  /// Adds all options of `other` under "prefix.name" (or as they are for an empty prefix), with their values.
  void merge(const ParamSet& other, std::string_view prefix);
  /// The options under "prefix.", without the prefix.
  ParamSet sub(std::string_view prefix) const;

 private:
  std::vector<ParamSpec> specs_;
  std::map<std::string, ParamValue, std::less<>> values_;
  double stepsPerEpoch_ = 0;
};

/// The candidates nearest to `name` by edit distance, for "did you mean" messages; at most `count`.
std::vector<std::string> nearestNames(std::string_view name, const std::vector<std::string>& candidates,
                                      std::size_t count = 3);

/// Joins with a separator: join({"a","b"}, ", ").
std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace anchorscope
