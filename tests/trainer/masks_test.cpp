// A detector with masks, from the data's shapes to the average precision of masks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/trainer/data_options.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

RunConfig maskConfig(const std::string& method = "mask_rcnn") {
  RunConfig config = smallConfig(method, "mask-rcnn-small");
  for (const auto& [key, value] : std::map<std::string, std::string>{{"train.lr", "0.002"},
                                                                     {"train.score_threshold", "0"},
                                                                     {"model.box_head_width", "32"},
                                                                     {"model.mask_channels", "8"},
                                                                     {"model.proposals", "30"},
                                                                     {"model.eval_proposals", "20"}})
    set(config, key, value);
  return config;
}

TEST(Masks, AreLearntShownAndMeasured) {
  const auto trainer = prepareOrFail(maskConfig());
  ASSERT_TRUE(trainer);
  const std::vector<StepReport> reports = train(*trainer, 12);
  ASSERT_EQ(reports.size(), 12U);
  EXPECT_NEAR(valueOf(reports.front().scalars, "train.cls_bias"), std::log(0.01 / 0.99), 0.05)
      << "the objectness starts at the prior";
  for (const StepReport& report : reports) {
    // The mean of binary cross entropies, from ln 2 at first.
    const double loss = valueOf(report.scalars, "roi.loss.mask");
    EXPECT_GT(loss, 0);
    EXPECT_LT(loss, 2);
  }
  const auto frames = trainer->capture().take();
  ASSERT_EQ(frames.size(), 2U);
  for (const auto& frame : frames) {
    ASSERT_EQ(frame->stages.size(), 2U);
    const StageEvidence& regions = *frame->stages.back();
    const Channel* mask = regions.channel("loss.mask");
    const Channel* object = regions.channel("assigned_reg");
    ASSERT_TRUE(mask && object);
    int learnt = 0;
    for (std::size_t i = 0; i < mask->values.size(); ++i) {
      if (mask->values[i] == 0) continue;
      ++learnt;
      EXPECT_GE(object->values[i], 0) << "a region without an object has no mask to learn";
    }
    EXPECT_GT(learnt, 0) << "the objects' own boxes are among the regions";
  }
  const auto evaluation = trainer->evaluate({});
  ASSERT_TRUE(evaluation.ok()) << evaluation.error().text();
  for (const char* name : {"mask_ap", "mask_ap50", "mask_ap75"}) {
    const double value = valueOf(evaluation->metrics, name);
    EXPECT_GE(value, 0) << name;
    EXPECT_LE(value, 1) << name;
  }
}

TEST(Masks, AreDrawnFromShapesOnlyWhereTheDetectorGivesThem) {
  EXPECT_TRUE(datasetOptionsOf(maskConfig()).shapes);
  EXPECT_TRUE(datasetOptionsOf(maskConfig("faster_rcnn")).shapes);
  EXPECT_FALSE(datasetOptionsOf(*makeRunConfig("faster_rcnn", "faster-rcnn-small")).shapes);
  EXPECT_FALSE(datasetOptionsOf(*makeRunConfig("musu", "retina-small")).shapes);
}

TEST(Masks, ASetWithoutShapesIsRefusedWithWhatToDo) {
  const TemporaryFolder folder;
  const std::string spec = writeCocoSet(folder, {{{4, 4, 20, 20}}, {{8, 8, 30, 30}}});
  RunConfig config = maskConfig();
  config.data = spec;
  const auto refused = Trainer::prepare(config, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_THAT(refused.error().text(), HasSubstr(spec));
  EXPECT_THAT(refused.error().text(), HasSubstr("faster_rcnn"));
  // Boxes alone are learnt by the same detector, and masks are not measured then.
  config = maskConfig("faster_rcnn");
  config.data = config.validation = spec;
  const auto trainer = prepareOrFail(config);
  ASSERT_TRUE(trainer);
  train(*trainer, 1);
  const auto evaluation = trainer->evaluate({});
  ASSERT_TRUE(evaluation.ok()) << evaluation.error().text();
  for (const ScalarValue& metric : evaluation->metrics)
    EXPECT_EQ(metric.name.find("mask"), std::string::npos) << metric.name;
}

}  // namespace
}  // namespace anchorscope::testing
