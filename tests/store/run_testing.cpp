#include "tests/store/run_testing.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace anchorscope::testing {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

float nanWithPayload(std::uint32_t payload) {
  return std::bit_cast<float>(0xffc00000u | payload);
}

ChannelSpec channelSpec(const std::string& name, ChannelDomain domain = ChannelDomain::kCandidate) {
  ChannelSpec spec;
  spec.name = name;
  spec.title = "Title of \"" + name + "\"";
  spec.unit = "1";
  spec.description = "Ümläut, newline\nand tab\t.";
  spec.source = "ours";
  spec.min = -kInf;
  spec.max = 0.1f;
  spec.sense = Sense::kLowerIsBetter;
  spec.domain = domain;
  spec.scale = ColorScale::kDiverging;
  return spec;
}

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = "test.pairs";
  spec.title = "Pairs";
  spec.columns = {{"p", "Score", "1", "class score", false, ColorScale::kClassification},
                  {"rank", "Rank", "", "rank in the bag", true, ColorScale::kRegression}};
  spec.memberColumn = "rank";
  spec.sortColumn = "p";
  spec.sortDescending = true;
  return spec;
}

DecisionSpec decisionSpec() {
  DecisionSpec spec;
  spec.pairTable = "test.pairs";
  spec.absentReason = "no overlap";
  TestSpec test;
  test.name = "score";
  test.relation = ">=";
  test.bound = 0.3f;
  test.passedColumn = "rank";
  test.gate = false;
  spec.tests = {test, TestSpec{}};
  spec.outcomes = {{"classification", "whole", "p", "rank"}};
  return spec;
}

template <typename Value>
void expectSameBits(const std::vector<Value>& got, const std::vector<Value>& expected,
                    const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  using Words = std::array<std::uint32_t, sizeof(Value) / 4>;
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_EQ(std::bit_cast<Words>(got[i]), std::bit_cast<Words>(expected[i])) << what << "[" << i << "]";
}

void expectSameImage(const ProbeImage& got, const ProbeImage& expected) {
  EXPECT_EQ(got.name, expected.name);
  EXPECT_EQ(got.inputFromImage, expected.inputFromImage);
  EXPECT_EQ(got.inputSize, expected.inputSize);
  ASSERT_EQ(got.pixels == nullptr, expected.pixels == nullptr);
  if (got.pixels) {
    EXPECT_EQ(got.pixels->size, expected.pixels->size);
    EXPECT_EQ(got.pixels->rgb, expected.pixels->rgb);
  }
  ASSERT_EQ(got.objects.size(), expected.objects.size());
  for (std::size_t i = 0; i < got.objects.size(); ++i) {
    EXPECT_EQ(got.objects[i].boxInImage, expected.objects[i].boxInImage) << i;
    EXPECT_EQ(got.objects[i].classIndex, expected.objects[i].classIndex) << i;
    EXPECT_EQ(got.objects[i].ignored, expected.objects[i].ignored) << i;
  }
}

}  // namespace

std::shared_ptr<const ProbeFrame> makeAwkwardFrame(const std::string& name, std::int64_t step,
                                                   int objectCount) {
  auto image = std::make_shared<ProbeImage>();
  image->name = name;
  auto pixels = std::make_shared<ImagePixels>();
  pixels->size = {5, 4};
  for (int i = 0; i < 3 * 5 * 4; ++i)
    pixels->rgb.push_back(static_cast<std::uint8_t>(i * 37));
  image->pixels = pixels;
  image->inputFromImage = {-1.0 / 3, 0.1, 1e-17, -3.5};
  image->inputSize = {32, 16};
  for (int i = 0; i < objectCount; ++i)
    image->objects.push_back({{0.1f * static_cast<float>(i), -kInf, 1e30f, 0.3f}, i % 2, i % 3 == 0});

  auto anchors = std::make_shared<CandidateSet>();
  anchors->levels = {{8, 2, 4, 2, 0}, {16, 1, 2, 2, 16}};
  for (int i = 0; i < 20; ++i)
    anchors->boxesInInput.push_back({static_cast<float>(i) / 3, -0.0f, 1.5f, 1e-42f});

  StageEvidence evidence;
  evidence.step = step;
  evidence.image = image;
  evidence.candidates = anchors;
  evidence.classNames = std::make_shared<std::vector<std::string>>(std::vector<std::string>{"röd", "\"b\""});
  const auto number = static_cast<float>(step);
  const auto channel = [&](const std::string& label, auto value) {
    Channel out;
    out.spec = channelSpec(label);
    for (int i = 0; i < 20; ++i)
      out.values.push_back(value(i));
    evidence.channels.push_back(std::move(out));
  };
  const float special[] = {nanWithPayload(7), kInf, -kInf, -0.0f, 0.0f, 1e-44f, number / 7, 16777217.0f};
  channel("real", [&](int i) { return special[i % 8] + (i >= 8 ? static_cast<float>(i) / 7 : 0.0f); });
  channel("bits", [&](int i) { return special[i % 8]; });
  channel("flag", [](int i) { return static_cast<float>(i % 2); });
  channel("whole", [](int i) { return static_cast<float>(i == 0 ? -128 : i == 1 ? 127 : -2); });
  channel("more", [](int i) { return static_cast<float>(i == 0 ? -32768 : i == 1 ? 32767 : 128); });
  channel("most", [](int i) { return static_cast<float>(i == 0 ? 32768 : i); });
  channel("nan", [](int) { return std::nanf(""); });
  channel("negative zero", [](int) { return -0.0f; });
  evidence.channels.push_back({channelSpec("empty"), {}, {}});
  evidence.channels.push_back(
      {channelSpec("cells", ChannelDomain::kCell), CellGrid::of(16, image->inputSize), {0.25f, number}});

  PairTable table;
  table.spec = pairSpec();
  table.columns.resize(2);
  for (int object = 0; object < objectCount; ++object)
    for (int anchor = 0; anchor < 3; ++anchor) {
      table.candidate.push_back(anchor * 9);
      table.object.push_back(object);
      table.columns[0].push_back(number + static_cast<float>(anchor) / 3);
      table.columns[1].push_back(anchor == 2 ? nanWithPayload(1) : static_cast<float>(anchor));
    }
  evidence.pairTables.push_back(std::move(table));
  PairTable none;
  none.spec.name = "none.pairs";
  none.missesPerObject = 7;  // a bounded table, though nothing is left
  for (int i = 0; i < objectCount; ++i)
    none.omitted.push_back(100 * i);
  evidence.pairTables.push_back(std::move(none));

  ObjectColumn starved;
  starved.spec = {kStarvedColumn, "Starved", "", "no anchor", "ours"};
  for (int object = 0; object < objectCount; ++object)
    starved.values.push_back(object == 1 ? std::nanf("") : 1.0f);
  evidence.objectColumns.push_back(std::move(starved));
  evidence.decisions = {decisionSpec()};
  for (int i = 0; i < 20; ++i)
    evidence.predictedBoxesInInput.push_back(
        {number, static_cast<float>(i), i == 3 ? kInf : 2.0f, nanWithPayload(3)});
  evidence.predictions = {{{1, 2, 3, 4}, 1, 0.9f, 19}, {{-1, 2, 3.5f, 4}, 0, 0.25f, -1}};
  return ProbeFrame::of(std::move(evidence));
}

std::shared_ptr<const ProbeFrame> makeTwoStageFrame(const std::string& name, std::int64_t step,
                                                    std::shared_ptr<const Variant> variant) {
  StageEvidence first = *makeAwkwardFrame(name, step)->stages.front();
  first.variant = variant;
  first.stage = {"rpn", "Region proposals", "anchor", ""};
  StageEvidence second = first;
  second.stage = {"roi", "Regions", "proposal", "anchor"};
  auto proposals = std::make_shared<CandidateSet>();
  for (int i = 0; i < 3; ++i)
    proposals->boxesInInput.push_back({static_cast<float>(step + i), 0, 5, static_cast<float>(i)});
  proposals->origins = {19, -1, 0};
  second.candidates = std::move(proposals);
  second.channels = {{channelSpec("roi.iou"), {}, {0.25f, nanWithPayload(2), variant ? 0.5f : 0.75f}}};
  second.pairTables.clear();
  second.decisions.clear();
  second.predictedBoxesInInput = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};
  second.predictions = {{{1, 2, 3, 4}, 1, 0.5f, 2}};
  auto frame = std::make_shared<ProbeFrame>();
  static_cast<ProbeMoment&>(*frame) = first;
  frame->stages = {std::make_shared<const StageEvidence>(std::move(first)),
                   std::make_shared<const StageEvidence>(std::move(second))};
  return frame;
}

RunHeader makeHeader() {
  RunHeader header;
  header.configToml = "data = \"demo\"\n# Ünïcode\n";
  header.dataSpec = "demo";
  header.methodName = "musu";
  header.modelName = "retina-small";
  header.device = "cpu";
  header.classNames = {"röd", "\"b\""};
  header.declaration.channels = {channelSpec("real"), channelSpec("cells", ChannelDomain::kCell)};
  header.declaration.pairTables = {pairSpec()};
  header.declaration.decisions = {decisionSpec()};
  header.declaration.objectColumns = {{kStarvedColumn, "Starved", "", "no anchor", "ours"}};
  header.declaration.scalars = {
      {"loss.cls", "Classification loss", "1", "d", "s", ColorScale::kClassification}};
  header.programVersion = "0.1.0";
  header.startedAtUtc = "2026-01-02T03:04:05Z";
  header.threads = 3;
  header.plannedSteps = 1000;
  return header;
}

void expectSameFrame(const ProbeFrame& got, const ProbeFrame& expected) {
  EXPECT_EQ(got.step, expected.step);
  expectSameImage(*got.image, *expected.image);
  ASSERT_EQ(got.classNames == nullptr, expected.classNames == nullptr);
  if (got.classNames) {
    EXPECT_EQ(*got.classNames, *expected.classNames);
  }
  ASSERT_EQ(got.variant == nullptr, expected.variant == nullptr);
  if (got.variant) {
    EXPECT_EQ(*got.variant, *expected.variant);
  }
  ASSERT_EQ(got.stages.size(), expected.stages.size());
  for (std::size_t i = 0; i < got.stages.size(); ++i) {
    SCOPED_TRACE(expected.stages[i]->stage.name);
    expectSameEvidence(*got.stages[i], *expected.stages[i]);
  }
}

void expectSameEvidence(const StageEvidence& got, const StageEvidence& expected) {
  EXPECT_EQ(got.step, expected.step);
  EXPECT_EQ(got.stage, expected.stage);
  EXPECT_EQ(got.candidates->levels, expected.candidates->levels);
  EXPECT_EQ(got.candidates->origins, expected.candidates->origins);
  expectSameBits(got.candidates->boxesInInput, expected.candidates->boxesInInput, "candidates");
  ASSERT_EQ(got.channels.size(), expected.channels.size());
  for (std::size_t i = 0; i < got.channels.size(); ++i) {
    EXPECT_EQ(got.channels[i].spec, expected.channels[i].spec);
    EXPECT_EQ(got.channels[i].grid, expected.channels[i].grid);
    expectSameBits(got.channels[i].values, expected.channels[i].values, got.channels[i].spec.name);
  }
  ASSERT_EQ(got.pairTables.size(), expected.pairTables.size());
  for (std::size_t i = 0; i < got.pairTables.size(); ++i) {
    const PairTable &a = got.pairTables[i], &b = expected.pairTables[i];
    EXPECT_EQ(a.missesPerObject, b.missesPerObject);
    EXPECT_EQ(a.omitted, b.omitted);
    EXPECT_EQ(a.spec, b.spec);
    EXPECT_EQ(a.candidate, b.candidate);
    EXPECT_EQ(a.object, b.object);
    ASSERT_EQ(a.columns.size(), b.columns.size());
    for (std::size_t c = 0; c < a.columns.size(); ++c)
      expectSameBits(a.columns[c], b.columns[c], a.spec.columns[c].name);
  }
  ASSERT_EQ(got.objectColumns.size(), expected.objectColumns.size());
  for (std::size_t i = 0; i < got.objectColumns.size(); ++i) {
    EXPECT_EQ(got.objectColumns[i].spec, expected.objectColumns[i].spec);
    expectSameBits(got.objectColumns[i].values, expected.objectColumns[i].values,
                   got.objectColumns[i].spec.name);
  }
  EXPECT_EQ(got.decisions, expected.decisions);
  expectSameBits(got.predictedBoxesInInput, expected.predictedBoxesInInput, "predicted boxes");
  ASSERT_EQ(got.predictions.size(), expected.predictions.size());
  for (std::size_t i = 0; i < got.predictions.size(); ++i) {
    const PredictionRecord &a = got.predictions[i], &b = expected.predictions[i];
    EXPECT_EQ(a.boxInImage, b.boxInImage);
    EXPECT_EQ(a.classIndex, b.classIndex);
    EXPECT_EQ(a.score, b.score);
    EXPECT_EQ(a.candidate, b.candidate);
  }
}

}  // namespace anchorscope::testing
