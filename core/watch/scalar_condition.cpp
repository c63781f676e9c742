#include "core/watch/scalar_condition.h"

#include <muParser.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/base/param.h"
#include "core/base/text.h"

namespace anchorscope {
namespace {

constexpr std::size_t kLongest = 1000;
constexpr const char* kExample = "Write a condition such as loss.cls < 0.3 && train.grad_norm > 5";

/// '=' alone, which muParser takes for an assignment to the scalar.
bool assigns(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') continue;
    if (i + 1 < text.size() && text[i + 1] == '=') {
      ++i;
      continue;
    }
    if (i == 0 || std::string("<>!").find(text[i - 1]) == std::string::npos) return true;
  }
  return false;
}

Error notUnderstood(const std::string& text, const std::string& why) {
  return makeError(ErrorCode::kUsage, concat("'", printable(text), "' is no condition: ", why), kExample);
}

}  // namespace

struct ScalarCondition::Formula {
  mu::Parser parser;
  std::vector<double> values;  ///< Of the names; their addresses are the parser's.
  std::vector<bool> known;
};

ScalarCondition::ScalarCondition() = default;
ScalarCondition::~ScalarCondition() = default;
ScalarCondition::ScalarCondition(ScalarCondition&&) noexcept = default;
ScalarCondition& ScalarCondition::operator=(ScalarCondition&&) noexcept = default;

Result<ScalarCondition> ScalarCondition::parse(const std::string& given) {
  ScalarCondition condition;
  condition.text_ = std::string(withoutSpaces(given));
  const std::string& text = condition.text_;
  if (text.empty()) return makeError(ErrorCode::kUsage, "There is no condition", kExample);
  if (text.size() > kLongest)
    return makeError(ErrorCode::kUsage, concat("A condition of ", text.size(), " characters is too long"),
                     kExample);
  if (assigns(text)) return notUnderstood(text, "'=' sets nothing; for 'equal' write '=='");
  condition.formula_ = std::make_unique<Formula>();
  mu::Parser& parser = condition.formula_->parser;
  try {
    parser.DefineNameChars("0123456789_.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    parser.DefineInfixOprt("!", [](double value) { return value == 0 ? 1.0 : 0.0; });
    parser.SetExpr(text);
    for (const auto& [name, address] : parser.GetUsedVar())
      condition.names_.push_back(name);
    if (condition.names_.empty()) return notUnderstood(text, "it speaks of no scalar");
    condition.formula_->values.assign(condition.names_.size(), 0);
    condition.formula_->known.assign(condition.names_.size(), false);
    for (std::size_t i = 0; i < condition.names_.size(); ++i)
      parser.DefineVar(condition.names_[i], &condition.formula_->values[i]);
    (void)parser.Eval();
    if (parser.GetNumResults() != 1)
      return notUnderstood(text, "it has several values; join them with && or ||");
  } catch (const mu::Parser::exception_type& error) {
    return notUnderstood(text, printable(error.GetMsg()));
  }
  return condition;
}

Status ScalarCondition::check(const std::vector<std::string>& declared) const {
  for (const std::string& name : names_)
    if (std::find(declared.begin(), declared.end(), name) == declared.end())
      return makeError(ErrorCode::kUsage, concat("There is no scalar '", printable(name), "'"),
                       declared.empty()
                           ? std::string()
                           : concat("Did you mean ", join(nearestNames(name, declared), " or "), "?"));
  return {};
}

bool ScalarCondition::see(const std::vector<ScalarValue>& scalars) {
  bool any = false;
  for (const ScalarValue& scalar : scalars) {
    const auto found = std::lower_bound(names_.begin(), names_.end(), scalar.name);
    if (found == names_.end() || *found != scalar.name) continue;
    const auto index = static_cast<std::size_t>(found - names_.begin());
    formula_->values[index] = scalar.value;
    formula_->known[index] = true;
    any = true;
  }
  return any;
}

bool ScalarCondition::holds() const {
  if (std::find(formula_->known.begin(), formula_->known.end(), false) != formula_->known.end()) return false;
  try {
    const double value = formula_->parser.Eval();
    return value != 0 && !std::isnan(value);
  } catch (const mu::Parser::exception_type&) {
    return false;  // such as a division that muParser refuses: not true of these values
  }
}

std::string ScalarCondition::notFinite() const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (formula_->known[i] && !std::isfinite(formula_->values[i])) return names_[i];
  return {};
}

std::string ScalarCondition::values() const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (formula_->known[i]) parts.push_back(concat(names_[i], " is ", formula_->values[i]));
  return join(parts, ", ");
}

}  // namespace anchorscope
