#include "core/model/weights.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <regex>

#include "core/base/check.h"
#include "core/model/safetensors.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::TemporaryFolder;

std::unique_ptr<Detector> detectorOf(const std::string& name, const std::string& norm, std::uint64_t seed,
                                     int classCount = 3, const std::string& centernessBranch = "") {
  Result<ParamSet> params = modelParams(name);
  EXPECT_TRUE(params.ok() && params->set("norm", norm).ok());
  EXPECT_TRUE(centernessBranch.empty() || params->set("centerness_branch", centernessBranch).ok());
  return *makeDetector(name, *params, classCount, seed);
}

TEST(Weights, ADetectorSavedAndLoadedIsTheSame) {
  const TemporaryFolder folder;
  const std::string path = (folder / "detector.safetensors").string();
  const auto source = detectorOf("retinanet-r18", "bn", 1);
  source->moveTo(at::kCPU, true);
  ASSERT_TRUE(writeSafetensors(path, source->stateDict(), {{"model", "retinanet-r18"}}, Overwrite::kNo).ok());
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

/// The detector's tensors under other names, all 0.5.
std::vector<NamedTensor> renamed(const Detector& detector,
                                 const std::function<std::string(const std::string&)>& rename) {
  std::vector<NamedTensor> file;
  for (const NamedTensor& named : detector.stateDict())
    file.push_back({rename(named.name), at::full_like(named.tensor, 0.5)});
  return file;
}

TEST(Weights, PrefixesOfOtherToolsAreUnderstood) {
  for (const std::string prefix : {"module.", "model.", "_orig_mod.", "_orig_mod.module.",
                                   "module._orig_mod.", "model.detector.", "ema.module."}) {
    const auto target = detectorOf("retina-small", "gn", 2);
    std::vector<NamedTensor> file = renamed(*target, [&](const std::string& name) { return prefix + name; });
    file.push_back({"n_averaged", at::zeros({}, at::kLong)});  // beside "module." in AveragedModel's
    const Result<WeightsReport> report = loadWeights(*target, file, "file");
    ASSERT_TRUE(report.ok()) << prefix << ": " << report.error().text();
    EXPECT_TRUE(report->missing.empty()) << prefix;
    EXPECT_EQ(report->loaded.size(), target->stateDict().size()) << prefix;
    EXPECT_EQ(report->unexpected, (std::vector<std::string>{"n_averaged"})) << prefix;
    EXPECT_THAT(report->summary(), ::testing::HasSubstr(concat("names without '", prefix, "'")));
    EXPECT_TRUE(target->stateDict()[0].tensor.eq(0.5).all().item<bool>());
  }
}

TEST(Weights, NamesOfMmdetectionAreUnderstood) {
  struct Case {
    std::string model, centernessBranch, outputs;
  };
  for (const auto& [model, branch, outputs] : {Case{"retinanet-r18", "", "retina_"},
                                               {"atss-r18", "", "atss_"},
                                               {"fcos-r18", "regression", "conv_"},
                                               {"fcos-r18", "classification", "conv_"}}) {
    SCOPED_TRACE(model + " " + branch);
    const auto target = detectorOf(model, "bn", 2, 3, branch);
    const std::vector<std::pair<std::regex, std::string>> rules = {
        {std::regex("backbone\\.body\\.(.*)"), "backbone.$1"},
        {std::regex("backbone\\.fpn\\.inner_blocks\\.(.)\\.0\\.(.*)"), "neck.lateral_convs.$1.conv.$2"},
        {std::regex("backbone\\.fpn\\.layer_blocks\\.(.)\\.0\\.(.*)"), "neck.fpn_convs.$1.conv.$2"},
        {std::regex("backbone\\.fpn\\.extra_blocks\\.p6\\.(.*)"), "neck.fpn_convs.3.conv.$1"},
        {std::regex("backbone\\.fpn\\.extra_blocks\\.p7\\.(.*)"), "neck.fpn_convs.4.conv.$1"},
        {std::regex("head\\.classification_head\\.conv\\.(.)\\.0\\.(.*)"), "bbox_head.cls_convs.$1.conv.$2"},
        {std::regex("head\\.regression_head\\.conv\\.(.)\\.0\\.(.*)"), "bbox_head.reg_convs.$1.conv.$2"},
        {std::regex("head\\.classification_head\\.cls_logits\\.(.*)"), "bbox_head." + outputs + "cls.$1"},
        {std::regex("head\\.regression_head\\.bbox_reg\\.(.*)"), "bbox_head." + outputs + "reg.$1"},
        {std::regex("head\\..*_head\\.bbox_ctrness\\.(.*)"), "bbox_head." + outputs + "centerness.$1"},
        {std::regex("head\\.regression_head\\.scales\\.(.)"), "bbox_head.scales.$1.scale"}};
    const auto toMmdet = [&](const std::string& name) -> std::string {
      for (const auto& [pattern, replacement] : rules)
        if (std::regex_match(name, pattern)) return std::regex_replace(name, pattern, replacement);
      std::smatch parts;  // points and ATSS: convolution, norm and ReLU are numbered through
      static const std::regex tower("head\\.(classification|regression)_head\\.conv\\.(\\d+)\\.(.*)");
      if (!std::regex_match(name, parts, tower)) return "no rule for " + name;
      const int index = std::stoi(parts[2]);
      return concat("bbox_head.", parts[1] == "classification" ? "cls" : "reg", "_convs.", index / 3,
                    index % 3 == 0 ? ".conv." : ".gn.", parts[3].str());
    };
    const Result<WeightsReport> report = loadWeights(*target, renamed(*target, toMmdet), "mmdet.pth");
    ASSERT_TRUE(report.ok()) << report.error().text();
    EXPECT_TRUE(report->missing.empty() && report->unexpected.empty()) << report->summary();
    EXPECT_THAT(report->summary(), ::testing::HasSubstr("names of mmdetection"));
  }
}

TEST(Weights, TheSummaryNamesWhatDidNotFit) {
  const auto target = detectorOf("retina-small", "gn", 2);
  std::vector<NamedTensor> file;
  for (const NamedTensor& named : target->stateDict())
    if (named.name.find("head.") != 0) file.push_back(named);
  file.push_back({"classifier.weight", at::zeros({2})});
  const Result<WeightsReport> report = loadWeights(*target, file, "part.pth");
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->summary(),
              ::testing::AllOf(::testing::HasSubstr(concat(report->missing.size(), " missing (head.")),
                               ::testing::HasSubstr("1 unexpected (classifier.weight)"),
                               ::testing::HasSubstr("0 of the wrong shape")));
}

TEST(Weights, UnsignedCountersAreTaken) {
  const auto target = detectorOf("retinanet-r18", "bn", 2);
  const std::string counter = "backbone.body.bn1.num_batches_tracked";
  std::vector<NamedTensor> file = {{counter, (at::zeros({}, at::kLong) + 7).to(at::kUInt64)}};
  ASSERT_TRUE(loadWeights(*target, file, "file").ok());
  for (const NamedTensor& named : target->stateDict())
    EXPECT_TRUE(named.name != counter || named.tensor.item<std::int64_t>() == 7);
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
  EXPECT_EQ(tensors->tensors.size(), 1u);
  EXPECT_FALSE(readWeights((folder / "nothing.safetensors").string()).ok());
}

}  // namespace
}  // namespace anchorscope
