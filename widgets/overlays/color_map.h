#pragma once
// Colour maps for channels: 256 entries each, made from published control colours. No Qt.

#include <array>
#include <cstdint>
#include <string_view>

#include "core/evidence/specs.h"

namespace anchorscope {

enum class ColorMapId {
  kCividis,  ///< Default for sequential channels; the same to readers with and without colour-blindness.
  kViridis,
  kDiverging,       ///< Blue - neutral - orange-brown; for differences around 0.
  kClassification,  ///< Single hue, Okabe-Ito orange.
  kRegression       ///< Single hue, Okabe-Ito sky blue.
};
inline constexpr std::array kAllColorMaps = {ColorMapId::kCividis, ColorMapId::kViridis,
                                             ColorMapId::kDiverging, ColorMapId::kClassification,
                                             ColorMapId::kRegression};

/// 0xAARRGGBB, not premultiplied; the same layout as QRgb.
using Argb = std::uint32_t;

/// Short lower-case name ("cividis"), also what files and the command line use.
std::string_view name(ColorMapId map);
/// False when no map has that name.
bool colorMapFromName(std::string_view text, ColorMapId& map);

/// 256 opaque colours, low to high.
const std::array<Argb, 256>& colorTable(ColorMapId map);

/// Colour of t in [0, 1] (clamped).
Argb colorAt(ColorMapId map, float t);

/// What a channel's scale asks for.
ColorMapId defaultColorMap(ColorScale scale);

inline constexpr Argb kClassificationArgb = 0xFFE69F00;  ///< Okabe-Ito orange
inline constexpr Argb kRegressionArgb = 0xFF56B4E9;      ///< Okabe-Ito sky blue
/// Light of both heads' colours, added: what is of one head alone has its hue, of both next to white, of none
/// black. Opaque; the shares are clamped to [0, 1].
Argb mixedColor(float classification, float regression);

inline constexpr Argb kSelectionArgb = 0xFF4C9AFF;

}  // namespace anchorscope
