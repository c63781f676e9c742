#include "core/model/weights.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/check.h"
#include "core/model/safetensors.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::TemporaryFolder;

std::unique_ptr<Detector> detectorOf(const std::string& name, const std::string& norm, std::uint64_t seed,
                                     int classCount = 3) {
  Result<ParamSet> params = modelParams(name);
  EXPECT_TRUE(params.ok() && params->set("norm", norm).ok());
  return *makeDetector(name, *params, classCount, seed);
}

TEST(Weights, ADetectorSavedAndLoadedIsTheSame) {
  const TemporaryFolder folder;
  const std::string path = (folder / "detector.safetensors").string();
  const auto source = detectorOf("retinanet-r18", "bn", 1);
  source->moveTo(at::kCPU, true);
  ASSERT_TRUE(saveWeights(*source, path, {{"model", "retinanet-r18"}}, Overwrite::kNo).ok());
  const auto target = detectorOf("retinanet-r18", "bn", 2);
  const std::vector<NamedTensor> handles = target->stateDict();
  const Result<WeightsReport> report = loadWeights(*target, path);
  ASSERT_TRUE(report.ok()) << report.error().text();
  EXPECT_EQ(report->loaded.size(), handles.size());
  EXPECT_TRUE(report->missing.empty() && report->unexpected.empty() && report->wrongShape.empty());
  EXPECT_THAT(report->summary(), ::testing::HasSubstr(concat(handles.size(), " tensors loaded")));
  const std::vector<NamedTensor> expected = source->stateDict();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(handles[i].tensor.equal(expected[i].tensor)) << expected[i].name;
  }
  EXPECT_TRUE(target->parameters()[0].tensor.requires_grad());
}

TEST(Weights, BackboneFilesGoToTheBackbone) {
  const auto detector = detectorOf("retinanet-r18", "frozen_bn", 1);
  // As in torchvision's ResNet files: no prefix, a classifier, counters that a frozen norm does not have.
  std::vector<NamedTensor> file;
  const std::string prefix = "backbone.body.";
  for (const NamedTensor& named : detectorOf("retinanet-r18", "bn", 9)->stateDict()) {
    if (named.name.compare(0, prefix.size(), prefix) == 0)
      file.push_back({named.name.substr(prefix.size()), named.tensor});
  }
  const std::size_t counters = 20;
  file.push_back({"fc.weight", at::zeros({1000, 512})});
  file.push_back({"fc.bias", at::zeros({1000})});
  const Result<WeightsReport> report = loadWeights(*detector, file, "resnet18.pth");
  ASSERT_TRUE(report.ok()) << report.error().text();
  EXPECT_EQ(report->loaded.size(), file.size() - 2 - counters);
  EXPECT_EQ(report->ignored.size(), counters);
  EXPECT_EQ(report->unexpected, (std::vector<std::string>{"fc.weight", "fc.bias"}));
  for (const std::string& name : report->missing) {
    EXPECT_TRUE(name.find("backbone.fpn.") == 0 || name.find("head.") == 0) << name;
  }
  EXPECT_TRUE(detector->stateDict()[0].tensor.equal(file[0].tensor));
}

TEST(Weights, FilesOfTheOfficialLipClassifiersGoToTheBackbone) {
  Result<ParamSet> params = modelParams("retinanet-r50");
  ASSERT_TRUE(params.ok() && params->set("downsampling", "lip").ok());
  const auto trained = *makeDetector("retinanet-r50", *params, 3, 9);
  const std::string prefix = "backbone.body.";
  for (const std::string parallel : {"", "module."}) {
    const auto detector = *makeDetector("retinanet-r50", *params, 3, 1);
    std::vector<NamedTensor> file;
    for (const NamedTensor& named : trained->stateDict()) {
      if (named.name.compare(0, prefix.size(), prefix) == 0)
        file.push_back({parallel + named.name.substr(prefix.size()), named.tensor});
    }
    file.push_back({parallel + "fc.weight", at::zeros({1000, 2048})});
    file.push_back({parallel + "fc.bias", at::zeros({1000})});
    const Result<WeightsReport> report = loadWeights(*detector, file, "lip_resnet-50.pth");
    ASSERT_TRUE(report.ok()) << report.error().text();
    EXPECT_EQ(report->loaded.size(), file.size() - 2);
    EXPECT_THAT(report->loaded, ::testing::IsSupersetOf(
                                    {"backbone.body.maxpool.logit.conv.weight",
                                     "backbone.body.layer2.0.bottleneck_shared.logit.conv1.weight",
                                     "backbone.body.layer3.0.conv2.0.postprocessing.bn.weight",
                                     "backbone.body.layer4.0.downsample.lip.postprocessing.conv.weight"}));
    EXPECT_TRUE(report->wrongShape.empty());
    for (const std::string& name : report->missing)
      EXPECT_TRUE(name.find("backbone.fpn.") == 0 || name.find("head.") == 0) << name;
  }
}

TEST(Weights, OtherShapesAndNamesAreReportedAndTheRestIsLoaded) {
  const auto source = detectorOf("retinanet-r18", "bn", 1, 91);
  const auto target = detectorOf("retinanet-r18", "bn", 2, 3);
  std::vector<NamedTensor> file;
  for (const NamedTensor& named : source->stateDict())
    file.push_back({"module." + named.name, named.tensor});
  file.push_back({"module.extra", at::zeros({1})});
  const Result<WeightsReport> report = loadWeights(*target, file, "file");
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->wrongShape.size(), 2u);
  EXPECT_EQ(report->wrongShape[1], "head.classification_head.cls_logits.bias: file [819], detector [27]");
  EXPECT_EQ(report->unexpected, (std::vector<std::string>{"module.extra"}));
  EXPECT_TRUE(report->missing.empty());
  EXPECT_EQ(report->loaded.size(), source->stateDict().size() - 2);
}

TEST(Weights, DtypesAreConverted) {
  const auto target = detectorOf("retina-small", "gn", 2);
  const NamedTensor first = target->stateDict()[0];
  const at::Tensor value = at::full(first.tensor.sizes(), 0.25, at::kHalf);
  ASSERT_TRUE(loadWeights(*target, {{first.name, value}}, "file").ok());
  EXPECT_EQ(first.tensor.scalar_type(), at::kFloat);
  EXPECT_TRUE(first.tensor.eq(0.25).all().item<bool>());
}

TEST(Weights, NothingThatFitsIsAnErrorWithNamesOfBothSides) {
  const auto target = detectorOf("retina-small", "gn", 2);
  const Result<WeightsReport> report = loadWeights(*target, {{"transformer.wte", at::zeros({2})}}, "gpt.pth");
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kBadData);
  EXPECT_THAT(report.error().message,
              ::testing::AllOf(::testing::HasSubstr("gpt.pth"), ::testing::HasSubstr("transformer.wte"),
                               ::testing::HasSubstr("backbone.body.conv1.weight")));
}

TEST(Weights, TheContentDecidesWhichFormatAFileHas) {
  const TemporaryFolder folder;
  const std::string path = (folder / "misnamed.pth").string();
  ASSERT_TRUE(writeSafetensors(path, {{"x", at::ones({2})}}, {}, Overwrite::kNo).ok());
  const auto tensors = readWeights(path);
  ASSERT_TRUE(tensors.ok()) << tensors.error().text();
  EXPECT_EQ(tensors->size(), 1u);
  EXPECT_FALSE(readWeights((folder / "nothing.safetensors").string()).ok());
}

}  // namespace
}  // namespace anchorscope
