#pragma once
// A duration as people read it.

#include <cmath>
#include <cstdio>
#include <string>

namespace anchorscope {

/// "1:05" (min:s) below an hour, then "2:03:10"; "?" when it is not finite.
inline std::string durationText(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  const long whole = std::lround(seconds);
  char buffer[32];
  if (whole >= 3600)
    std::snprintf(buffer, sizeof buffer, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(buffer, sizeof buffer, "%ld:%02ld", whole / 60, whole % 60);
  return buffer;
}

}  // namespace anchorscope
