#pragma once
// View header. A condition over a run's scalars, written as an expression: "loss.cls < 0.3 && train.grad_norm
// > 5". Numbers, + - * / ^, comparisons, && || !, parentheses, "a ? b : c" and muParser's functions (abs,
// sqrt, ln, min, max ...); names are those of the run's declaration.

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_types.h"

namespace anchorscope {

/// Movable; one thread at a time.
class ScalarCondition {
 public:
  /// kUsage for what is no expression, with the place that was not understood; names are not checked yet.
  static Result<ScalarCondition> parse(const std::string& text);
  ~ScalarCondition();
  ScalarCondition(ScalarCondition&&) noexcept;
  ScalarCondition& operator=(ScalarCondition&&) noexcept;

  const std::string& text() const { return text_; }
  /// The scalars it speaks of, in alphabetical order.
  const std::vector<std::string>& names() const { return names_; }
  /// kUsage for a name that is not among the declared ones, with the nearest.
  Status check(const std::vector<std::string>& declared) const;

  /// Takes over the values that it speaks of; of a scalar that a step lacks the newest counts. Whether there
  /// was one.
  bool see(const std::vector<ScalarValue>& scalars);
  /// Every scalar has had a value, and the condition is true of the newest.
  bool holds() const;
  /// The name of one whose newest value is not finite; empty: none.
  std::string notFinite() const;
  /// The newest values: "loss.cls is 0.21, train.grad_norm is 6.1".
  std::string values() const;

 private:
  struct Formula;
  ScalarCondition();

  std::string text_;
  std::vector<std::string> names_;
  std::unique_ptr<Formula> formula_;  ///< Keeps its address: the parser points at its values.
};

}  // namespace anchorscope
