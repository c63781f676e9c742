#include "tests/findings/made_evidence.h"

#include "core/base/check.h"

namespace anchorscope::testing {

CandidateSet twoLevels() {
  CandidateSet anchors;
  for (const int stride : {8, 16}) {
    const LevelLayout level{stride, 64 / stride, 64 / stride, 1, static_cast<std::int64_t>(anchors.count())};
    for (int row = 0; row < level.rows; ++row)
      for (int column = 0; column < level.columns; ++column) {
        const auto x = static_cast<float>(column * stride + stride / 2),
                   y = static_cast<float>(row * stride + stride / 2);
        const auto half = static_cast<float>(stride);
        anchors.boxesInInput.push_back({x - half, y - half, x + half, y + half});
      }
    anchors.levels.push_back(level);
  }
  return anchors;
}

MadeStage::MadeStage(std::string image, std::int64_t step, std::size_t objectCount) : objects(objectCount) {
  evidence.step = step;
  auto probe = std::make_shared<ProbeImage>();
  probe->name = std::move(image);
  probe->inputSize = {64, 64};
  evidence.image = probe;
  evidence.candidates = std::make_shared<const CandidateSet>(twoLevels());
  for (ObjectRecord& object : objects)
    object.boxInImage = {10, 10, 26, 26};
  DecisionSpec decision;
  decision.outcomes = {{"classification", "winner", "", ""}};
  evidence.decisions = {decision};
  channel("winner").values.assign(evidence.candidates->count(), -1);
}

Channel& MadeStage::channel(const std::string& name) {
  for (Channel& channel : evidence.channels)
    if (channel.spec.name == name) return channel;
  Channel& added = evidence.channels.emplace_back();
  added.spec.name = name;
  added.values.assign(evidence.candidates->count(), 0);
  return added;
}

MadeStage& MadeStage::learn(std::size_t candidate, float object) {
  channel("winner").values.at(candidate) = object;
  return *this;
}

MadeStage& MadeStage::member(std::int32_t candidate, std::int32_t object) {
  if (evidence.pairTables.empty()) {
    PairTable& table = evidence.pairTables.emplace_back();
    table.spec.name = "pairs";
    table.spec.columns = {{"in_bag", "In bag", "", "", true, ColorScale::kSequential}};
    table.spec.memberColumn = "in_bag";
    table.columns.resize(1);
  }
  PairTable& table = evidence.pairTables.front();
  table.candidate.push_back(candidate);
  table.object.push_back(object);
  table.columns[0].push_back(1);
  return *this;
}

std::shared_ptr<const ProbeFrame> MadeStage::frame() {
  auto image = std::make_shared<ProbeImage>(*evidence.image);
  image->objects = objects;
  evidence.image = image;
  return ProbeFrame::of(evidence);
}

std::shared_ptr<PlacedData> placed(const std::vector<Box>& boxes, const std::string& image) {
  auto data = std::make_shared<PlacedData>();
  data->classNames = {"cell"};
  PlacedImage record{image, {64, 64}, {64, 64}, std::make_shared<const AnchorReach>(twoLevels()), {}};
  for (const Box& box : boxes)
    record.objects.push_back({box, box, 0, false, static_cast<double>(box.area())});
  data->anchors = AnchorOptions{2, 1, {1}};
  data->images = {record};
  return data;
}

std::vector<Finding> findingsOf(const std::string& rule,
                                const std::vector<std::shared_ptr<const ProbeFrame>>& frames, Facts facts) {
  Inspection inspection;
  for (const auto& frame : frames)
    inspection.see(*frame);
  const FindingsReport report = inspection.tell(std::move(facts));
  for (const UnaskedRule& unasked : report.unasked)
    ANCHORSCOPE_CHECK(unasked.rule != rule, rule, " was not asked, it lacks ", unasked.lacks);
  std::vector<Finding> found;
  for (const Finding& finding : report.findings)
    if (finding.rule == rule) found.push_back(finding);
  return found;
}

std::vector<Finding> findingsOfBoxes(const std::string& rule, const std::vector<Box>& boxes) {
  Facts facts;
  facts.data = placed(boxes);
  return findingsOf(rule, {}, std::move(facts));
}

}  // namespace anchorscope::testing
