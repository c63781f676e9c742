#include "core/data/dataset.h"

#include "core/base/check.h"
#include "core/data/file_index.h"
#include "core/data/readers.h"
#include "core/data/spec.h"

namespace anchorscope {
namespace {

Result<std::shared_ptr<const Dataset>> read(const ReaderRequest& request) {
  switch (request.spec.kind) {
    case DatasetKind::kVoc:
      return readVoc(request);
    case DatasetKind::kCoco:
      return readCoco(request);
    case DatasetKind::kYolo:
      return readYolo(request);
    case DatasetKind::kFolder:
      return readFolder(request);
    case DatasetKind::kDemo:
      return makeDemo(request);
  }
  ANCHORSCOPE_CHECK(false, "a kind of data set without a reader");
}

bool hasSplit(const DatasetSpec& spec, const std::string& split) {
  switch (spec.kind) {
    case DatasetKind::kVoc:
      return vocHasSplit(spec, split);
    case DatasetKind::kYolo:
      return yoloHasSplit(spec, split);
    default:
      return split == "train" || split == "val";
  }
}

}  // namespace

std::int64_t Dataset::find(const std::string& name) const {
  const std::vector<ImageRecord>& records = images();
  std::int64_t byStem = -1;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].name == name) return static_cast<std::int64_t>(i);
    if (byStem < 0 && !name.empty() && (withoutExtension(records[i].name) == name || records[i].path == name))
      byStem = static_cast<std::int64_t>(i);
  }
  return byStem;
}

const std::vector<std::string>& Dataset::classIds() const {
  static const std::vector<std::string> kNone;
  return kNone;
}

std::vector<ParamSpec> datasetParams() {
  std::vector<ParamSpec> specs{
      choiceParam(
          "orientation", "upright", {"upright", "as_stored"},
          "Whether images are turned upright by their EXIF orientation, with boxes that lie on the upright "
          "image, or rows and boxes are taken in the order of the file.",
          "upright: OpenCV, Ultralytics, detectron2; as_stored: torchvision"),
      choiceParam(
          "unused_classes", "keep", {"keep", "drop"},
          "What becomes of classes without an object in the training set, such as a category that only "
          "groups others.",
          "ours")};
  for (ParamSpec& spec : specs)
    spec.effect = ParamEffect::kNextRun;
  return specs;
}

DatasetOptions DatasetOptions::from(const ParamSet& params, std::uint64_t splitSeed) {
  DatasetOptions options(splitSeed);
  options.upright = params.getText("orientation") == "upright";
  options.dropUnusedClasses = params.getText("unused_classes") == "drop";
  return options;
}

Result<std::shared_ptr<const Dataset>> openDataset(const std::string& spec, const DatasetOptions& options,
                                                   const std::function<bool(double)>& progress) {
  Result<DatasetSpec> parsed = parseDatasetSpec(spec);
  if (!parsed) return std::move(parsed).error();
  Result<std::shared_ptr<const Dataset>> dataset = read({std::move(*parsed), options, progress});
  if (!dataset) return std::move(dataset).error().in("opening data set '" + spec + "'");
  return dataset;
}

std::string absoluteSpec(const std::string& spec) {
  const Result<DatasetSpec> parsed = parseDatasetSpec(spec);
  return parsed ? parsed->absolute() : spec;
}

std::string validationSpec(const std::string& spec) {
  const Result<DatasetSpec> parsed = parseDatasetSpec(spec);
  if (!parsed) return {};
  std::string split = parsed->split;
  const bool trainsByDefault = parsed->kind == DatasetKind::kDemo || parsed->kind == DatasetKind::kYolo;
  if (split.empty() && trainsByDefault) split = "train";
  const std::string companion = split == "train" ? "val" : split == "trainval" ? "test" : "";
  if (companion.empty() || !hasSplit(*parsed, companion)) return {};
  return parsed->withSplit(companion);
}

}  // namespace anchorscope
