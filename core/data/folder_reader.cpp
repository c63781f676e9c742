// A plain folder of images, without objects.
#include <filesystem>

#include "core/data/dataset_builder.h"
#include "core/data/readers.h"

namespace anchorscope {

Result<std::shared_ptr<const Dataset>> readFolder(const ReaderRequest& request) {
  DatasetBuilder builder(request);
  const Result<FileIndex> index = FileIndex::of(request.spec.paths[0]);
  if (!index) return index.error();
  builder.applyHidden(*index);
  const std::vector<std::string> names = imagesOf(*index);
  const Result<std::vector<bool>> chosen = seedSplit(names, request.spec, request.options.splitSeed);
  if (!chosen) return chosen.error();
  for (std::size_t i = 0; i < names.size(); ++i) {
    ANCHORSCOPE_TRY(builder.tell(static_cast<double>(i) / static_cast<double>(names.size())));
    if (!(*chosen)[i]) continue;
    ImageDraft draft;
    draft.record.name = names[i];
    draft.record.path = (std::filesystem::path(request.spec.paths[0]) / names[i]).string();
    draft.place = {draft.record.path, ""};
    if (builder.readHeader(draft))
      builder.addImage(std::move(draft), DatasetBuilder::Duplicates::kKeep, "", "");
  }
  return builder.finish(false);
}

}  // namespace anchorscope
