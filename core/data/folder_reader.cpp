// A plain folder of images, without objects.
#include <algorithm>
#include <filesystem>

#include "core/base/check.h"
#include "core/data/dataset_builder.h"
#include "core/data/image_io.h"
#include "core/data/readers.h"

namespace anchorscope {

Result<std::shared_ptr<const Dataset>> readFolder(const ReaderRequest& request) {
  DatasetBuilder builder(request.spec, request.progress);
  const Result<std::vector<std::string>> names = imagesBelow(request.spec.paths[0]);
  if (!names) return names.error();
  const Result<std::vector<bool>> chosen = seedSplit(*names, request.spec, request.splitSeed);
  if (!chosen) return chosen.error();
  for (std::size_t i = 0; i < names->size(); ++i) {
    ANCHORSCOPE_TRY(builder.tell(static_cast<double>(i) / static_cast<double>(names->size())));
    if (!(*chosen)[i]) continue;
    ImageRecord image;
    image.name = (*names)[i];
    image.path = (std::filesystem::path(request.spec.paths[0]) / image.name).string();
    image.sourceId = -1;
    const Result<SizePx> size = readImageSize(image.path);
    if (!size) {
      builder.report({image.path, ""}, problem::kUnreadableImage, size.error().message);
      continue;
    }
    image.size = *size;
    const RecordPlace place{image.path, ""};
    builder.addImage(std::move(image), place);
  }
  return builder.finish(false);
}

}  // namespace anchorscope
