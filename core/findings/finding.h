#pragma once
// View header. What is wrong with a run or its data, in the words of one who has seen such things before.

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace anchorscope {

/// How grave it is, whatever it costs.
enum class Severity {
  kHint,     ///< It could be better.
  kWarning,  ///< Something is trained otherwise than one would think.
  kProblem   ///< As it stands it cannot be learnt.
};

/// "hint", "warning", "problem".
const char* toString(Severity severity);

/// Which object a finding speaks of.
struct ObjectRef {
  std::string image;         ///< Name in its data set.
  std::int32_t object = -1;  ///< Index among the image's objects; -1: the image as a whole.
  auto operator<=>(const ObjectRef&) const = default;
};

/// A number that a finding rests on.
struct FindingNumber {
  std::string name;  ///< For people: "best possible recall, Platelets".
  double value = 0;
  std::string unit = "1";
};

struct Finding {
  std::string rule;                        ///< Rule::name
  Severity severity = Severity::kWarning;  ///< Rule::severity
  std::string title;                       ///< One sentence: what is wrong, with its count.
  std::int64_t objects = 0;                ///< How many objects it costs; findings are ranked by it.
  std::int64_t images = 0;                 ///< In how many images.
  std::string advice;                      ///< What to try.
  std::vector<FindingNumber> numbers;
  std::vector<ObjectRef> who;  ///< Ascending and each once; empty where it speaks of no object in particular.
};

}  // namespace anchorscope
