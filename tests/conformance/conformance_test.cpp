// Every reference value that the project answers for, through the product's own code.

#include "core/conformance/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/shared_data.h"

namespace anchorscope {
namespace {

/// Files of a folder of reference values whose names start with "<op>__".
struct Group {
  const char* folder;
  const char* op;  ///< nullptr: all.
  std::size_t fewest;
  std::vector<std::string> absent = {};  ///< What the program does not give, in the order of names.
};

std::ostream& operator<<(std::ostream& stream, const Group& group) {
  return stream << group.folder << "/" << (group.op == nullptr ? "*" : group.op);
}

const Group kGroups[] = {{"boxes", nullptr, 35},
                         {"anchors", nullptr, 4},
                         {"assigner", "max_iou", 25},
                         {"assigner", "musu", 30},
                         {"assigner", "atss", 5},
                         {"assigner", "fcos", 13},
                         {"head", "atss", 3},
                         {"head", "fcos", 3},
                         {"loss", "focal", 7},
                         {"loss", "bce", 3},
                         {"loss", "smooth_l1", 3},
                         {"loss", "l1", 1},
                         {"loss", "giou", 2},
                         {"loss", "iou", 4},
                         {"loss", "diou", 2},
                         {"loss", "ciou", 2},
                         {"sampling_free", "prior", 3},
                         {"sampling_free", "guided_scale", 14},
                         {"sampling_free", "fcos_loss", 4},
                         {"eval", "coco_ap", 6},
                         {"roi", nullptr, 6},
                         {"rpn", nullptr, 2},
                         {"mask", nullptr, 5},
                         {"coco", nullptr, 16},
                         {"model", "ssd300", 1, {"hard_negatives"}},
                         {"model", "ssd300_state_dict", 1},
                         {"model",
                          "fasterrcnn_r50_fpn",
                          1,
                          {"roi.box_regression.abs_sum", "roi.box_regression.first16",
                           "roi.box_regression.shape", "roi.box_regression.sum"}},
                         {"model", "fasterrcnn_r50_fpn_grad", 1},
                         {"model", "fasterrcnn_r50_fpn_state_dict", 1},
                         {"model", "retinanet_r50_fpn", 2},
                         {"model", "retinanet_r50_fpn_grad", 2},
                         {"model", "retinanet_state_dict", 1}};

std::vector<std::string> filesOf(const Group& group, const std::filesystem::path& root) {
  const auto found = findReferenceFiles({(root / group.folder).string()});
  std::vector<std::string> files;
  if (!found) return files;
  for (const std::string& file : *found) {
    const std::string name = std::filesystem::path(file).filename().string();
    if (group.op == nullptr || name.rfind(std::string(group.op) + "__", 0) == 0) files.push_back(file);
  }
  return files;
}

class ReferenceValues : public ::testing::TestWithParam<Group> {
 protected:
  void expectAllPass(const std::string& device) {
    ANCHORSCOPE_REQUIRE_SHARED(root, "goldens");
    const std::vector<std::string> files = filesOf(GetParam(), root);
    EXPECT_GE(files.size(), GetParam().fewest);
    for (const std::string& file : files) {
      const ConformanceOutcome outcome = runReferenceFile(file, device);
      EXPECT_EQ(outcome.verdict, ConformanceVerdict::kPassed)
          << file << ": " << outcome.message << " (largest error " << outcome.largestError << " in "
          << outcome.worstOutput << ")";
      EXPECT_EQ(outcome.notCompared, GetParam().absent) << file;
    }
  }
};

TEST_P(ReferenceValues, PassOnTheCpu) {
  expectAllPass("cpu");
}

std::string nameOf(const ::testing::TestParamInfo<Group>& info) {
  return std::string(info.param.folder) + (info.param.op == nullptr ? "" : std::string("_") + info.param.op);
}

INSTANTIATE_TEST_SUITE_P(Goldens, ReferenceValues, ::testing::ValuesIn(kGroups), nameOf);

}  // namespace
}  // namespace anchorscope
