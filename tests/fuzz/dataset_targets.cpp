#include "tests/fuzz/dataset_targets.h"

#include <cmath>

#include "core/base/check.h"
#include "core/data/dataset.h"
#include "core/data/object_shape.h"

namespace anchorscope::fuzz {

std::string smallImage() {
  constexpr std::size_t kBytes = std::size_t{3} * 80 * 60;
  return "P6\n80 60\n255\n" + std::string(kBytes, 'm');
}

void readDataset(const std::string& spec) {
  DatasetOptions options;
  options.shapes = true;
  const auto opened = openDataset(spec, options);
  if (!opened) {
    ANCHORSCOPE_CHECK(opened.error().code != ErrorCode::kInternal && !opened.error().message.empty(),
                      opened.error().text());
    return;
  }
  const Dataset& dataset = **opened;
  for (const ImageRecord& image : dataset.images())
    for (const Annotation& annotation : image.annotations) {
      const Box& box = annotation.boxInImage;
      ANCHORSCOPE_CHECK(box.x1 >= 0 && box.y1 >= 0 && box.x1 < box.x2 && box.y1 < box.y2 &&
                            box.x2 <= static_cast<float>(image.size.width) &&
                            box.y2 <= static_cast<float>(image.size.height),
                        "a box outside its image, or of no size");
      ANCHORSCOPE_CHECK(annotation.classIndex >= 0 &&
                            static_cast<std::size_t>(annotation.classIndex) < dataset.classNames().size(),
                        "an object of no class");
      ANCHORSCOPE_CHECK(std::isfinite(annotation.areaPx), "an area that is not finite");
      if (!annotation.shape) continue;
      const ShapeInInput shape{annotation.shape, {-3, 2, 90, 10}, {0, 0, 100, 70}};
      ANCHORSCOPE_CHECK(maskInImage(*annotation.shape, image.size).size == image.size &&
                            maskInInput(shape, SizePx{100, 70}).size() == 7000,
                        "a shape of another size than its image");
    }
}

}  // namespace anchorscope::fuzz
