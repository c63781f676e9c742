#include "core/trainer/input_options.h"

#include <algorithm>
#include <cstdint>

#include "core/base/check.h"

namespace anchorscope {
namespace {

bool keepsAspect(const ParamSet& train) {
  return train.getText("input") == "rectangle";
}

/// 1333 for 800 px, as the references have it.
int longestSide(const ParamSet& train) {
  const std::int64_t given = train.getInt("max_size"), shorter = train.getInt("size");
  return static_cast<int>(given > 0 ? given : shorter * 5 / 3);
}

InputShape shapeOf(const ParamSet& train, int size) {
  if (!keepsAspect(train)) return InputShape::fixed({size, size});
  return InputShape::rectangle(size, std::max(size, longestSide(train)),
                               static_cast<int>(train.getInt("size_divisor")));
}

}  // namespace

InputShape inputShapeOf(const ParamSet& train) {
  return shapeOf(train, static_cast<int>(train.getInt("size")));
}

std::vector<InputShape> trainingShapesOf(const ParamSet& train) {
  const auto sizes = parseSizes(train.getText("sizes"));
  ANCHORSCOPE_CHECK(sizes.ok(), "sizes are checked before training");
  std::vector<InputShape> shapes;
  for (const int size : *sizes)
    shapes.push_back(shapeOf(train, size));
  if (shapes.empty()) shapes.push_back(inputShapeOf(train));
  return shapes;
}

std::vector<OptionConflict> inputConflicts(const ParamSet& train, const ParamSet& loader) {
  std::vector<OptionConflict> conflicts;
  const auto sizes = parseSizes(train.getText("sizes"));
  if (!sizes) conflicts.push_back({"train.sizes", sizes.error().message, sizes.error().action});
  if (!keepsAspect(train)) return conflicts;
  if (loader.getText("fit") == "stretch")
    conflicts.push_back({"data.fit",
                         "a rectangle (train.input) keeps an image's aspect, data.fit = stretch does not",
                         "Choose data.fit = letterbox, or train.input = square"});
  const std::int64_t given = train.getInt("max_size");
  const std::int64_t shorter =
      std::max<std::int64_t>(train.getInt("size"), sizes && !sizes->empty() ? sizes->back() : 0);
  if (given > 0 && given < shorter)
    conflicts.push_back(
        {"train.max_size",
         concat("the longer side of an input may have ", given, " px, its shorter one has ", shorter, " px"),
         concat("Give a train.max_size of at least ", shorter, " px, or 0")});
  return conflicts;
}

std::string inputText(const ParamSet& train) {
  const std::int64_t size = train.getInt("size");
  std::string text = keepsAspect(train) ? concat("shorter side ", size, " px, longer at most ",
                                                 std::max<std::int64_t>(size, longestSide(train)),
                                                 " px, padded to ", train.getInt("size_divisor"), " px")
                                        : concat(size, " x ", size, " px");
  if (!train.getText("sizes").empty()) text += concat("; training draws from ", train.getText("sizes"));
  return text;
}

}  // namespace anchorscope
