#pragma once
// A small COCO set with shapes in a folder: flat colours, so that the pictures say which pixels an object
// covers.

#include <array>
#include <cstdint>
#include <string>

#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {

/// Of the objects of each class; the ground is 20 of 255. Class 0 has polygons (an angle and a triangle
/// beside it), class 1 run lengths as a list (a disc), class 2 as text (a ring).
inline constexpr std::array<std::array<std::uint8_t, 3>, 3> kShapeSetColors{
    {{230, 40, 40}, {40, 220, 40}, {50, 60, 230}}};

/// Writes `images` pictures of about 140 x 100 px below FOLDER/shapes, in each of them one object per class,
/// apart from each other; every third picture's ring is a crowd. Returns the data spec.
std::string writeShapeSet(const TemporaryFolder& folder, int images);

}  // namespace anchorscope::testing
