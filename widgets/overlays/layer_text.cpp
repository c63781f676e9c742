#include "widgets/overlays/layer_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "core/base/check.h"

namespace anchorscope {

namespace {

std::optional<float> number(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const float value = std::strtof(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || std::isnan(value)) return std::nullopt;
  return value;
}

Error wrongValue(std::string_view key, std::string_view value, std::string_view possible) {
  return makeError(ErrorCode::kUsage, concat("Layer option ", key, "=", value, " is not understood"),
                   concat("Give ", key, "=", possible));
}

Status readFraction(std::string_view key, std::string_view value, float& out) {
  const auto read = number(value);
  if (!read || *read < 0 || *read > 1) return wrongValue(key, value, "a number from 0 to 1");
  out = *read;
  return {};
}

Status readNumber(std::string_view key, std::string_view value, float& out) {
  const auto read = number(value);
  if (!read) return wrongValue(key, value, "a number");
  out = *read;
  return {};
}

Status readRange(std::string_view value, Layer& layer) {
  if (value == "declared") {
    layer.rangeMode = RangeMode::kDeclared;
    return {};
  }
  if (value == "auto") {
    layer.rangeMode = RangeMode::kAuto;
    return {};
  }
  const std::size_t dots = value.find("..");
  const auto low = dots == std::string_view::npos ? std::nullopt : number(value.substr(0, dots));
  const auto high = dots == std::string_view::npos ? std::nullopt : number(value.substr(dots + 2));
  if (!low || !high || !(*high > *low)) return wrongValue("range", value, "declared, auto, or LOW..HIGH");
  layer.rangeMode = RangeMode::kManual;
  layer.rangeLow = *low;
  layer.rangeHigh = *high;
  return {};
}

Status readLevels(std::string_view value, const StageEvidence& evidence, Layer& layer) {
  std::string possible;
  const int count = evidence.candidates ? static_cast<int>(evidence.candidates->levels.size()) : 0;
  for (int level = 0; level < count; ++level)
    possible += (level ? "+" : "") + levelName(*evidence.candidates, level);
  layer.levels = 0;
  while (!value.empty()) {
    const std::string_view part = value.substr(0, value.find('+'));
    value.remove_prefix(std::min(value.size(), part.size() + 1));
    int found = -1;
    for (int level = 0; level < count; ++level)
      if (levelName(*evidence.candidates, level) == part) found = level;
    if (found < 0) return wrongValue("levels", part, "names joined by +, of " + possible);
    layer.levels |= 1u << found;
  }
  return {};
}

Status readOption(std::string_view key, std::string_view value, const StageEvidence& evidence, Layer& layer) {
  if (key == "opacity") return readFraction(key, value, layer.opacity);
  if (key == "fill") return readFraction(key, value, layer.fillOpacity);
  if (key == "min") {
    const bool isScore = layer.kind == LayerKind::kPredictions;
    layer.adaptiveFilter = isScore && value == "auto";
    if (layer.adaptiveFilter) return {};
    if (isScore && !number(value)) return wrongValue(key, value, "a score, or auto");
    return readNumber(key, value, layer.filterMin);
  }
  if (key == "max") return readNumber(key, value, layer.filterMax);
  if (key == "range") return readRange(value, layer);
  if (key == "levels") return readLevels(value, evidence, layer);
  if (key == "width") {
    const auto width = number(value);
    if (!width || !(*width > 0) || *width > 16)
      return wrongValue(key, value, "a line width from above 0 to 16");
    layer.lineWidthPx = *width;
    return {};
  }
  if (key == "map") {
    if (!colorMapFromName(value, layer.colorMap))
      return wrongValue(key, value, "cividis, viridis, diverging, orange or blue");
    return {};
  }
  if (key == "boxes") {
    if (value != "anchor" && value != "predicted") return wrongValue(key, value, "anchor or predicted");
    layer.boxes = value == "anchor" ? BoxKind::kAnchor : BoxKind::kPredicted;
    return {};
  }
  if (key == "fade" || key == "reverse" || key == "smooth") {
    if (value != "on" && value != "off") return wrongValue(key, value, "on or off");
    (key == "fade" ? layer.fade : key == "smooth" ? layer.smooth : layer.reverseColors) = value == "on";
    return {};
  }
  return makeError(ErrorCode::kUsage, concat("A layer has no option '", key, "'"),
                   "Use opacity, map, range, min, max, boxes, levels, width, fill, fade, smooth or reverse");
}

}  // namespace

Result<Layer> parseLayer(std::string_view text, const StageEvidence& evidence) {
  const std::size_t colon = text.find(':');
  const std::string_view wanted = text.substr(0, colon);
  Layer layer;
  bool found = false;
  for (Layer& candidate : defaultLayers(evidence)) {
    const bool mutual = !candidate.second.empty();
    const bool meant = mutual ? wanted == "mutual" : candidate.hasChannel() && candidate.channel == wanted;
    if (candidate.id != wanted && !meant) continue;
    layer = std::move(candidate);
    layer.visible = true;
    found = true;
    break;
  }
  if (!found) {
    std::string possible;
    for (const Layer& candidate : defaultLayers(evidence))
      possible += (possible.empty() ? "" : ", ") +
                  (candidate.hasChannel() && candidate.second.empty() ? candidate.channel : candidate.id);
    return makeError(ErrorCode::kUsage, concat("There is no layer '", wanted, "'"), "Use one of " + possible);
  }
  std::string_view rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  while (!rest.empty()) {
    const std::string_view option = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), option.size() + 1));
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos)
      return makeError(ErrorCode::kUsage, concat("Layer option '", option, "' has no value"),
                       "Write KEY=VALUE, separated by commas");
    if (auto status = readOption(option.substr(0, equals), option.substr(equals + 1), evidence, layer);
        !status)
      return std::move(status).error().in(concat("reading layer '", text, "'"));
  }
  return layer;
}

}  // namespace anchorscope
