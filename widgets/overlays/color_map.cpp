#include "widgets/overlays/color_map.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>

namespace anchorscope {

namespace {

struct Stop {
  float at;
  Argb color;
};

Argb mix(Argb a, Argb b, float t) {
  Argb out = 0xFF000000;
  for (int shift = 0; shift <= 16; shift += 8) {
    const auto from = static_cast<float>((a >> shift) & 0xFFu), to = static_cast<float>((b >> shift) & 0xFFu);
    out |= static_cast<Argb>(std::lround(from + (to - from) * t)) << shift;
  }
  return out;
}

std::array<Argb, 256> interpolate(std::initializer_list<Stop> stops) {
  std::array<Argb, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const float t = static_cast<float>(i) / 255.f;
    auto next = std::find_if(stops.begin() + 1, stops.end(), [t](const Stop& stop) { return stop.at >= t; });
    if (next == stops.end()) --next;
    const Stop& from = *(next - 1);
    table[i] = mix(from.color, next->color, std::clamp((t - from.at) / (next->at - from.at), 0.f, 1.f));
  }
  return table;
}

std::array<Argb, 256> interpolateEvenly(const std::array<Argb, 10>& colors) {
  std::array<Argb, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const float position = static_cast<float>(i) / 255.f * 9.f;
    const auto from = std::min<std::size_t>(static_cast<std::size_t>(position), 8);
    table[i] = mix(colors[from], colors[from + 1], position - static_cast<float>(from));
  }
  return table;
}

}  // namespace

std::string_view name(ColorMapId map) {
  switch (map) {
    case ColorMapId::kCividis:
      return "cividis";
    case ColorMapId::kViridis:
      return "viridis";
    case ColorMapId::kDiverging:
      return "diverging";
    case ColorMapId::kClassification:
      return "orange";
    case ColorMapId::kRegression:
      return "blue";
  }
  return "";
}

bool colorMapFromName(std::string_view text, ColorMapId& map) {
  const auto found =
      std::find_if(kAllColorMaps.begin(), kAllColorMaps.end(), [&](ColorMapId m) { return name(m) == text; });
  if (found == kAllColorMaps.end()) return false;
  map = *found;
  return true;
}

const std::array<Argb, 256>& colorTable(ColorMapId map) {
  // Ten evenly spaced colours of each published map, linear between them (largest deviation a few 1/255).
  // cividis: Nunez, Anderton, Renslow, PLoS ONE 13(7), 2018. viridis: van der Walt, Smith, Firing, 2015
  // (CC0).
  static const auto cividis = interpolateEvenly({0xFF00204D, 0xFF00336F, 0xFF39486B, 0xFF575C6D, 0xFF707173,
                                                 0xFF8A8779, 0xFFA69D75, 0xFFC4B56C, 0xFFE4CF5B, 0xFFFFEA46});
  static const auto viridis = interpolateEvenly({0xFF440154, 0xFF482878, 0xFF3E4A89, 0xFF31688E, 0xFF26828E,
                                                 0xFF1F9E89, 0xFF35B779, 0xFF6DCD59, 0xFFB4DE2C, 0xFFFDE725});
  // Ours: between darkened Okabe-Ito blue and vermillion, equally light at equal distance from the middle.
  static const auto diverging = interpolate(
      {{0.f, 0xFF06365F}, {0.25f, 0xFF2F86C4}, {0.5f, 0xFFF2F2F0}, {0.75f, 0xFFDD7A2B}, {1.f, 0xFF6E2C04}});
  // Ours: one hue each, through the heads' Okabe-Ito colours.
  static const auto classification =
      interpolate({{0.f, 0xFF3D2B00}, {0.75f, kClassificationArgb}, {1.f, 0xFFFFD27A}});
  static const auto regression =
      interpolate({{0.f, 0xFF0B2B40}, {0.75f, kRegressionArgb}, {1.f, 0xFFB5E0FA}});
  switch (map) {
    case ColorMapId::kCividis:
      return cividis;
    case ColorMapId::kViridis:
      return viridis;
    case ColorMapId::kDiverging:
      return diverging;
    case ColorMapId::kClassification:
      return classification;
    case ColorMapId::kRegression:
      return regression;
  }
  return cividis;
}

Argb colorAt(ColorMapId map, float t) {
  const float clamped = t > 0 ? std::min(t, 1.f) : 0.f;  // NaN becomes 0
  return colorTable(map)[static_cast<std::size_t>(std::lround(clamped * 255.f))];
}

ColorMapId defaultColorMap(ColorScale scale) {
  switch (scale) {
    case ColorScale::kSequential:
      return ColorMapId::kCividis;
    case ColorScale::kDiverging:
      return ColorMapId::kDiverging;
    case ColorScale::kClassification:
      return ColorMapId::kClassification;
    case ColorScale::kRegression:
      return ColorMapId::kRegression;
  }
  return ColorMapId::kCividis;
}

Argb mixedColor(float classification, float regression) {
  const float a = std::clamp(classification, 0.f, 1.f), b = std::clamp(regression, 0.f, 1.f);
  Argb out = 0xFF000000u;
  for (const int shift : {16, 8, 0}) {
    const auto part = [shift](Argb color) { return static_cast<float>((color >> shift) & 0xFFu); };
    const float sum = a * part(kClassificationArgb) + b * part(kRegressionArgb);
    out |= static_cast<Argb>(std::lround(std::min(sum, 255.f))) << shift;
  }
  return out;
}

}  // namespace anchorscope
