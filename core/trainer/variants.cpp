#include "core/trainer/variants.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/base/words.h"
#include "core/methods/method_info.h"

namespace anchorscope {
namespace {

Result<AskedVariant> asked(const std::vector<std::string>& words, const RunConfig& config) {
  AskedVariant out{nullptr, config.method, config.methodParams};
  Variant variant;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos) {
      if (i > 0)
        return makeError(ErrorCode::kUsage, concat("'", words[i], "' is no option with its value"),
                         "Write options as name=value, after the method's name, without spaces around '='");
      auto params = methodParams(words[i]);
      if (!params) return std::move(params).error();
      if (words[i] != config.method) {
        out.method = words[i];
        out.params = *std::move(params);
        variant.options.emplace_back("method", words[i]);
      }
      names.push_back(words[i]);
      continue;
    }
    const std::string name = words[i].substr(0, equals), value = words[i].substr(equals + 1);
    ANCHORSCOPE_TRY(out.params.set(name, value));
    const std::string text = toText(out.params.get(name));
    variant.options.emplace_back(name, text);
    names.push_back(concat(name, " = ", text));
  }
  variant.name = join(names, ", ");
  out.variant = std::make_shared<const Variant>(std::move(variant));
  return out;
}

}  // namespace

Result<std::vector<AskedVariant>> askedVariants(const RunConfig& config) {
  return askedVariants(config, config.train.getText("variants"));
}

Result<std::vector<AskedVariant>> askedVariants(const RunConfig& config, const std::string& text) {
  std::vector<AskedVariant> variants;
  std::istringstream all(text);
  for (std::string one; std::getline(all, one, ';');) {
    const std::vector<std::string> parts = wordsOf(one);
    if (parts.empty()) continue;
    auto variant = asked(parts, config);
    if (!variant)
      return makeError(variant.error().code,
                       concat("The variant '", join(parts, " "), "': ", variant.error().message),
                       variant.error().action);
    const auto same = [&](const AskedVariant& other) {
      return other.variant->name == variant->variant->name;
    };
    if (std::any_of(variants.begin(), variants.end(), same))
      return makeError(ErrorCode::kUsage, concat("The variant '", variant->variant->name, "' is asked twice"),
                       "Leave one of them out of train.variants");
    variants.push_back(*std::move(variant));
  }
  return variants;
}

}  // namespace anchorscope
