#pragma once
// Internal header (ATen). A reference-value file in memory, and the comparison of what the program gives with
// it.

#include <ATen/ATen.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/conformance/conformance.h"

namespace anchorscope::conformance {

/// What is wrong with a file's content; caught by runReferenceFile, which reports kUnreadable.
class MalformedCase : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The file names an op that is known with an option that this program does not have.
class UnsupportedCase : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One reference file. Tensors are on the CPU in the dtype they are written in.
struct ReferenceCase {
  std::string op;
  nlohmann::json params;
  std::map<std::string, at::Tensor> inputs, expected;
  double rtol = 0, atol = 0;

  /// Parameters; a missing or wrongly typed one is a MalformedCase naming it.
  double number(const std::string& name) const;
  double number(const std::string& name, double absent) const;
  std::int64_t integer(const std::string& name) const;
  std::string text(const std::string& name) const;
  bool flag(const std::string& name, bool absent) const;
  std::vector<double> numbers(const std::string& name) const;
  std::vector<double> numbers(const std::string& name, std::size_t count) const;
  bool has(const std::string& param) const { return params.contains(param); }

  /// An input; MalformedCase when it is missing.
  const at::Tensor& input(const std::string& name) const;
  bool hasInput(const std::string& name) const { return inputs.count(name) != 0; }
};

/// Reads and checks a file: schema, shapes against data, dtypes. kNotFound, kIo or kBadData with file and
/// key.
Result<ReferenceCase> readReferenceCase(const std::string& path);

/// What an op gave, by expected key, on any device.
using Outputs = std::map<std::string, at::Tensor>;

/// Compares every expected key with the outputs: integers and bools exactly, floats within atol + rtol
/// |expected|, nan equal to nan. Fills verdict, largestError, worstOutput, valuesCompared, notCompared and
/// message.
void compareOutputs(const ReferenceCase& reference, const Outputs& outputs, ConformanceOutcome& outcome);

}  // namespace anchorscope::conformance
