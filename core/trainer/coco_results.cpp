#include "core/trainer/coco_results.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/base/check.h"

namespace anchorscope {
namespace {

void append(std::string& out, double value) {
  std::array<char, 32> digits;
  const auto [end, code] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), code == std::errc{} ? end : digits.data());
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string cocoResultsJson(const Dataset& dataset, const std::vector<EvalDetection>& detections) {
  const bool own = !dataset.classIds().empty();
  std::string out = "[";
  for (const EvalDetection& detection : detections) {
    ANCHORSCOPE_CHECK(
        detection.image >= 0 && detection.image < static_cast<std::int64_t>(dataset.images().size()),
        "image ", detection.image);
    ANCHORSCOPE_CHECK(
        detection.classIndex >= 0 && detection.classIndex < static_cast<int>(dataset.classNames().size()),
        "class ", detection.classIndex);
    const ImageRecord& image = dataset.images()[static_cast<std::size_t>(detection.image)];
    const auto classIndex = static_cast<std::size_t>(detection.classIndex);
    out += out.size() == 1 ? "\n" : ",\n";
    out += R"({"image_id":)" + image.sourceId + R"(,"category_id":)";
    out += own ? dataset.classIds()[classIndex] : std::to_string(classIndex + 1);
    if (!own)
      out += R"(,"file_name":)" + quoted(image.name) + R"(,"category":)" +
             quoted(dataset.classNames()[classIndex]);
    out += R"(,"bbox":[)";
    const double scale = image.reducedBy;  // large pictures are read at a part of their size
    for (const double value : {detection.x, detection.y, detection.width, detection.height}) {
      if (out.back() != '[') out += ',';
      append(out, scale * value);
    }
    out += R"(],"score":)";
    append(out, detection.score);
    out += '}';
  }
  return out + "\n]\n";
}

}  // namespace anchorscope
