#pragma once
// One function per format; openDataset chooses. Each says in dataset.h what it accepts.

#include <cstdint>
#include <functional>
#include <memory>

#include "core/data/dataset.h"
#include "core/data/spec.h"

namespace anchorscope {

struct ReaderRequest {
  DatasetSpec spec;
  DatasetOptions options;
  std::function<bool(double)> progress;
};

Result<std::shared_ptr<const Dataset>> readVoc(const ReaderRequest& request);
Result<std::shared_ptr<const Dataset>> readCoco(const ReaderRequest& request);
Result<std::shared_ptr<const Dataset>> readYolo(const ReaderRequest& request);
Result<std::shared_ptr<const Dataset>> readFolder(const ReaderRequest& request);
Result<std::shared_ptr<const Dataset>> makeDemo(const ReaderRequest& request);

/// Whether a VOC folder or YOLO file has this split; for VOC without ImageSets: train and val.
bool vocHasSplit(const DatasetSpec& spec, const std::string& split);
bool yoloHasSplit(const DatasetSpec& spec, const std::string& split);

}  // namespace anchorscope
