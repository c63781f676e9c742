#include "core/findings/findings_text.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/base/check.h"
#include "core/store/csv.h"

namespace anchorscope {

const char* toString(Severity severity) {
  switch (severity) {
    case Severity::kHint:
      return "hint";
    case Severity::kWarning:
      return "warning";
    case Severity::kProblem:
      return "problem";
  }
  return "";
}

std::string findingsJson(const FindingsReport& report) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Finding& finding : report.findings) {
    Json out{{"rule", finding.rule},     {"severity", toString(finding.severity)},
             {"title", finding.title},   {"objects", finding.objects},
             {"images", finding.images}, {"advice", finding.advice},
             {"numbers", Json::array()}, {"who", Json::array()}};
    for (const FindingNumber& number : finding.numbers)
      out["numbers"].push_back({{"name", number.name},
                                {"value", std::isfinite(number.value) ? Json(number.value) : Json(nullptr)},
                                {"unit", number.unit}});
    for (const ObjectRef& ref : finding.who)
      out["who"].push_back(
          {{"image", ref.image}, {"object", ref.object < 0 ? Json(nullptr) : Json(ref.object)}});
    list.push_back(std::move(out));
  }
  return list.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::string findingsCsv(const FindingsReport& report) {
  std::string out = "rule,severity,title,objects,images,advice,image,object\r\n";
  for (const Finding& finding : report.findings) {
    const std::string begin =
        concat(csvField(finding.rule), ',', toString(finding.severity), ',', csvField(finding.title), ',',
               finding.objects, ',', finding.images, ',', csvField(finding.advice), ',');
    for (const ObjectRef& ref : finding.who)
      out += concat(begin, csvField(ref.image), ',', ref.object < 0 ? std::string() : concat(ref.object),
                    "\r\n");
    if (finding.who.empty()) out += begin + ",\r\n";
  }
  return out;
}

}  // namespace anchorscope
