#include "core/conformance/reference_case.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/check.h"
#include "core/base/param.h"
#include "core/trainer/json_file.h"

namespace anchorscope::conformance {
namespace {

using nlohmann::json;

[[noreturn]] void malformed(const std::string& message) {
  throw MalformedCase(message);
}

/// A float element: a number or "nan", "inf", "-inf".
double floatElement(const json& element, const std::string& name) {
  if (element.is_number()) return element.get<double>();
  if (element.is_string()) {
    const std::string& text = element.get_ref<const std::string&>();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
  }
  malformed(concat("an element of '", name, "' is neither a number nor \"nan\", \"inf\" or \"-inf\""));
}

std::int64_t integerElement(const json& element, const std::string& name) {
  if (element.is_boolean()) return element.get<bool>() ? 1 : 0;
  if (!element.is_number_integer()) malformed(concat("an element of '", name, "' is not an integer"));
  if (element.is_number_unsigned() &&
      element.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    malformed(concat("an element of '", name, "' does not fit into 64 bits"));
  }
  return element.get<std::int64_t>();
}

at::ScalarType dtypeOf(const json& array, const std::string& name) {
  const auto found = array.find("dtype");
  if (found == array.end() || !found->is_string()) malformed(concat("'", name, "' has no dtype"));
  const std::string& text = found->get_ref<const std::string&>();
  if (text == "float32") return at::kFloat;
  if (text == "float64") return at::kDouble;
  if (text == "int64") return at::kLong;
  if (text == "bool") return at::kBool;
  malformed(concat("'", name, "' has the unknown dtype '", text, "'"));
}

std::vector<std::int64_t> shapeOf(const json& array, const std::string& name, std::size_t elements) {
  const auto found = array.find("shape");
  if (found == array.end() || !found->is_array()) malformed(concat("'", name, "' has no shape"));
  std::vector<std::int64_t> shape;
  std::size_t product = 1;
  bool empty = false;
  for (const json& entry : *found) {
    const std::int64_t size = integerElement(entry, name + ".shape");
    if (size < 0) malformed(concat("'", name, "' has a negative size"));
    shape.push_back(size);
    empty = empty || size == 0;
    // Sizes beyond the data are an error anyway; stopping there keeps the product from overflowing.
    if (!empty && product <= elements)
      product *= static_cast<std::size_t>(std::min<std::int64_t>(size, std::int64_t{1} << 31));
  }
  if ((empty ? 0 : product) != elements)
    malformed(concat("'", name, "' holds ", elements, " values, which is not what its shape says"));
  return shape;
}

at::Tensor readArray(const json& array, const std::string& name) {
  if (!array.is_object()) malformed(concat("'", name, "' is not an array with shape, dtype and data"));
  const auto found = array.find("data");
  if (found == array.end() || !found->is_array()) malformed(concat("'", name, "' has no data"));
  const at::ScalarType dtype = dtypeOf(array, name);
  const std::vector<std::int64_t> shape = shapeOf(array, name, found->size());
  const bool floating = dtype == at::kFloat || dtype == at::kDouble;
  at::Tensor tensor = at::empty(shape, floating ? at::kDouble : at::kLong);
  if (floating) {
    double* out = tensor.data_ptr<double>();
    for (const json& element : *found)
      *out++ = floatElement(element, name);
  } else {
    std::int64_t* out = tensor.data_ptr<std::int64_t>();
    for (const json& element : *found) {
      *out = integerElement(element, name);
      if (dtype == at::kBool && *out != 0 && *out != 1)
        malformed(concat("'", name, "' is bool, but holds ", *out));
      ++out;
    }
  }
  return tensor.to(dtype);
}

std::map<std::string, at::Tensor> readArrays(const json& document, const char* key) {
  const auto found = document.find(key);
  if (found == document.end() || !found->is_object()) malformed(concat("there is no object '", key, "'"));
  std::map<std::string, at::Tensor> arrays;
  for (const auto& [name, array] : found->items())
    arrays.emplace(name, readArray(array, concat(key, ".", name)));
  return arrays;
}

double toleranceOf(const json& document, const char* key) {
  const auto found = document.find("tolerance");
  if (found == document.end() || !found->is_object() || !found->contains(key) || !(*found)[key].is_number()) {
    malformed(concat("there is no number 'tolerance.", key, "'"));
  }
  const double value = (*found)[key].get<double>();
  if (!(value >= 0)) malformed(concat("tolerance.", key, " is negative"));
  return value;
}

ReferenceCase readDocument(const json& document) {
  if (!document.is_object()) malformed("the file is not a JSON object");
  if (document.value("schema", json()) != 1) malformed("'schema' is not 1");
  const auto op = document.find("op");
  if (op == document.end() || !op->is_string()) malformed("there is no text 'op'");
  ReferenceCase reference;
  reference.op = op->get<std::string>();
  reference.params = document.value("params", json::object());
  if (!reference.params.is_object()) malformed("'params' is not an object");
  reference.inputs = readArrays(document, "inputs");
  reference.expected = readArrays(document, "expected");
  if (reference.expected.empty()) malformed("'expected' is empty: there is nothing to compare");
  reference.rtol = toleranceOf(document, "rtol");
  reference.atol = toleranceOf(document, "atol");
  return reference;
}

const json& param(const ReferenceCase& reference, const std::string& name) {
  const auto found = reference.params.find(name);
  if (found == reference.params.end()) malformed(concat("the parameter '", name, "' is missing"));
  return *found;
}

/// |got - expected| in units of the tolerance; 0 for two NaNs or equal infinities, inf when only one is
/// finite.
double errorOf(double got, double wanted, double rtol, double atol) {
  if (std::isnan(got) && std::isnan(wanted)) return 0;
  if (got == wanted) return 0;
  const double difference = std::abs(got - wanted);
  const double allowed = atol + rtol * std::abs(wanted);
  if (!std::isfinite(difference) || !std::isfinite(allowed) || allowed == 0)
    return std::numeric_limits<double>::infinity();
  return difference / allowed;
}

struct KeyResult {
  double largestError = 0;
  std::int64_t worst = -1, wrong = 0;
};

KeyResult compareFloats(const at::Tensor& wanted, const at::Tensor& got, double rtol, double atol) {
  const at::Tensor a = wanted.to(at::kDouble).contiguous(), b = got.to(at::kDouble).contiguous();
  KeyResult result;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const double error = errorOf(b.const_data_ptr<double>()[i], a.const_data_ptr<double>()[i], rtol, atol);
    result.wrong += error > 1;
    if (error > result.largestError || result.worst < 0) {
      result.largestError = error;
      result.worst = i;
    }
  }
  return result;
}

KeyResult compareIntegers(const at::Tensor& wanted, const at::Tensor& got) {
  const at::Tensor a = wanted.to(at::kLong).contiguous(), b = got.to(at::kLong).contiguous();
  KeyResult result;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    if (a.const_data_ptr<std::int64_t>()[i] == b.const_data_ptr<std::int64_t>()[i]) continue;
    if (result.wrong++ == 0) result.worst = i;
  }
  return result;
}

std::string valueAt(const at::Tensor& tensor, std::int64_t index) {
  const at::Tensor flat = tensor.reshape({-1});
  return at::isFloatingType(tensor.scalar_type()) ? concat(flat[index].item<double>())
                                                  : concat(flat[index].item<std::int64_t>());
}

}  // namespace

double ReferenceCase::number(const std::string& name) const {
  const json& value = param(*this, name);
  if (!value.is_number()) malformed(concat("the parameter '", name, "' is not a number"));
  return value.get<double>();
}

double ReferenceCase::number(const std::string& name, double absent) const {
  return has(name) ? number(name) : absent;
}

std::int64_t ReferenceCase::integer(const std::string& name) const {
  return integerElement(param(*this, name), name);
}

std::string ReferenceCase::text(const std::string& name) const {
  const json& value = param(*this, name);
  if (!value.is_string()) malformed(concat("the parameter '", name, "' is not a text"));
  return value.get<std::string>();
}

bool ReferenceCase::flag(const std::string& name, bool absent) const {
  if (!has(name)) return absent;
  const json& value = param(*this, name);
  if (!value.is_boolean()) malformed(concat("the parameter '", name, "' is neither true nor false"));
  return value.get<bool>();
}

std::vector<double> ReferenceCase::numbers(const std::string& name) const {
  const json& value = param(*this, name);
  if (!value.is_array()) malformed(concat("the parameter '", name, "' is not a list"));
  std::vector<double> result;
  for (const json& element : value)
    result.push_back(floatElement(element, name));
  return result;
}

std::vector<double> ReferenceCase::numbers(const std::string& name, std::size_t count) const {
  std::vector<double> result = numbers(name);
  if (result.size() != count)
    malformed(concat("the parameter '", name, "' holds ", result.size(), " numbers, not ", count));
  return result;
}

const at::Tensor& ReferenceCase::input(const std::string& name) const {
  const auto found = inputs.find(name);
  if (found == inputs.end()) malformed(concat("the input '", name, "' is missing"));
  return found->second;
}

Result<ReferenceCase> readReferenceCase(const std::string& path) {
  const Result<json> document = readJson(path);
  if (!document) return document.error();
  try {
    return readDocument(*document);
  } catch (const json::exception& error) {
    return makeError(ErrorCode::kBadData, concat(path, ": ", entryProblem(error)));
  } catch (const MalformedCase& error) {
    return makeError(ErrorCode::kBadData, concat(path, ": ", error.what(), "."));
  } catch (const c10::Error& error) {
    return makeError(ErrorCode::kBadData,
                     concat(path, " cannot be held as tensors: ", error.what_without_backtrace()));
  }
}

void compareOutputs(const ReferenceCase& reference, const Outputs& outputs, ConformanceOutcome& outcome) {
  std::vector<std::string> failures;
  for (const auto& [key, wanted] : reference.expected) {
    const auto found = outputs.find(key);
    if (found == outputs.end() || !found->second.defined()) {
      outcome.notCompared.push_back(key);
      continue;
    }
    const at::Tensor got = found->second.detach().to(at::kCPU);
    if (got.sizes() != wanted.sizes()) {
      failures.push_back(concat(key, " has shape ", got.sizes(), ", expected ", wanted.sizes()));
      continue;
    }
    outcome.valuesCompared += static_cast<std::size_t>(wanted.numel());
    const bool floating = at::isFloatingType(wanted.scalar_type());
    if (!floating && at::isFloatingType(got.scalar_type())) {
      failures.push_back(concat(key, " is a float, expected integers"));
      continue;
    }
    const KeyResult result =
        floating ? compareFloats(wanted, got, reference.rtol, reference.atol) : compareIntegers(wanted, got);
    if (floating && (result.largestError > outcome.largestError || outcome.worstOutput.empty())) {
      outcome.largestError = result.largestError;
      outcome.worstOutput = key;
    }
    if (result.wrong > 0) {
      failures.push_back(concat(key, ": ", result.wrong, " of ", wanted.numel(),
                                " values are wrong, e.g. number ", result.worst, " is ",
                                valueAt(got, result.worst), ", expected ", valueAt(wanted, result.worst)));
    }
  }
  const bool nothing = outcome.notCompared.size() == reference.expected.size();
  if (nothing) failures.push_back("none of the expected values is exposed by this program");
  outcome.verdict = failures.empty() ? ConformanceVerdict::kPassed : ConformanceVerdict::kFailed;
  outcome.message = join(failures, "; ");
}

}  // namespace anchorscope::conformance
