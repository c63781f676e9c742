// The detectors by name: one table, of whose rows each kind of detector gives its own.

#include "core/base/named_registry.h"
#include "core/model/model_row.h"

namespace anchorscope {
namespace {

const std::vector<ModelRow>& models() {
  static const std::vector<ModelRow> rows = [] {
    std::vector<ModelRow> all;
    for (const auto& kind : {denseModels, ssdModels, twoStageModels}) {
      for (ModelRow& row : kind())
        all.push_back(std::move(row));
    }
    return all;
  }();
  return rows;
}

}  // namespace

const std::vector<ModelInfo>& modelInfos() {
  static const std::vector<ModelInfo> infos = [] {
    std::vector<ModelInfo> list;
    for (const ModelRow& row : models())
      list.push_back(row.info);
    return list;
  }();
  return infos;
}

Result<ParamSet> modelParams(const std::string& name) {
  const Result<const ModelRow*> row = findNamed(models(), name, "model");
  if (!row) return row.error();
  return ParamSet((*row)->specs());
}

Result<std::vector<HeadTraits>> modelTraits(const std::string& name, const ParamSet& params) {
  const Result<const ModelRow*> row = findNamed(models(), name, "model");
  if (!row) return row.error();
  return (*row)->traits(params);
}

Result<ModelEvidence> modelEvidence(const std::string& name, const ParamSet& params, SizePx input) {
  const Result<const ModelRow*> row = findNamed(models(), name, "model");
  if (!row) return row.error();
  return (*row)->evidence(params, input);
}

Result<std::unique_ptr<Detector>> makeDetector(const std::string& name, const ParamSet& params,
                                               int classCount, std::uint64_t seed) {
  const Result<const ModelRow*> row = findNamed(models(), name, "model");
  if (!row) return row.error();
  if (classCount < 1) {
    return makeError(ErrorCode::kUsage, "A detector needs at least one class",
                     "Give a data set that names its classes");
  }
  return (*row)->make(params, classCount, seed);
}

}  // namespace anchorscope
