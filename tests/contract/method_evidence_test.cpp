// What every registered method must show.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "core/evidence/decision.h"
#include "core/evidence/object_story.h"
#include "core/methods/method.h"
#include "tests/contract/cases.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::MethodCase;
using testing::RecordingSink;

class MethodEvidence : public ::testing::TestWithParam<MethodCase> {
 protected:
  void SetUp() override {
    ParamSet params = GetParam().params;
    // One divisor for all images, so that the anchors' losses can be added up.
    for (const char* option : {"cls_normalizer", "loc_normalizer"})
      ASSERT_TRUE(params.set(option, "positives").ok());
    auto made = GetParam().make(params);
    ASSERT_TRUE(made.ok());
    method = *std::move(made);
    DenseSceneOptions options;
    options.objects = {4, 2};
    options.padTo = 5;
    scene = GetParam().kind.scene(options);
    terms = method->loss({scene.anchors, scene.outputs, scene.targets}, &sink);
    declared = method->declaration(GetParam().kind.heads);
  }

  std::unique_ptr<Method> method;
  DenseScene scene;
  LossTerms terms;
  RecordingSink sink;
  EvidenceDeclaration declared;
};

template <typename Spec>
std::vector<std::string> sortedNames(const std::vector<Spec>& specs) {
  std::vector<std::string> names;
  for (const Spec& spec : specs)
    names.push_back(spec.name);
  std::sort(names.begin(), names.end());
  return names;
}

TEST_P(MethodEvidence, PublishesExactlyWhatItDeclares) {
  EXPECT_EQ(sortedNames(sink.channelSpecs), sortedNames(declared.channels));
  EXPECT_EQ(sortedNames(sink.pairSpecs), sortedNames(declared.pairTables));
  EXPECT_EQ(sortedNames(sink.objectSpecs), sortedNames(declared.objectColumns));
  for (const ChannelSpec& spec : sink.channelSpecs)
    EXPECT_EQ(*declared.channel(spec.name), spec);
  for (const PairTableSpec& spec : sink.pairSpecs)
    EXPECT_EQ(*declared.pairTable(spec.name), spec);
}

TEST_P(MethodEvidence, TheDefaultDeclarationIsKnownWithoutAnInstance) {
  if (!GetParam().isDefault) GTEST_SKIP() << "these are not the method's default parts";
  const auto byName = methodDeclaration(GetParam().method);
  ASSERT_TRUE(byName.ok());
  HeadTraits every = GetParam().kind.heads;
  every.outputs = {kCenternessOutput, kIouOutput, kObjectnessOutput};
  if (GetParam().recipe->stages.size() > 1) every.stage = GetParam().rules().stage;
  const Recipe& recipe = *GetParam().recipe;
  const auto unchanged =
      GetParam().make(stageParams(recipe, GetParam().stage, ParamSet(recipeParams(recipe))));
  ASSERT_TRUE(unchanged.ok());
  EvidenceDeclaration own = (*unchanged)->declaration(every);
  own.scalars.clear();  // which are named after their stage where there are several
  const std::vector<StageDeclaration> stages = byName->stages();
  EvidenceDeclaration known = stages.at(GetParam().stage).evidence;
  if (stages.size() == 1) {
    EXPECT_EQ(byName->scalars, (*unchanged)->declaration(every).scalars);
  }
  known.scalars.clear();
  EXPECT_EQ(known, own);
}

TEST_P(MethodEvidence, DeclarationsAreComplete) {
  const auto told = [](const auto& spec) {
    EXPECT_FALSE(spec.name.empty());
    EXPECT_FALSE(spec.title.empty()) << spec.name;
    EXPECT_FALSE(spec.description.empty()) << spec.name;
    EXPECT_FALSE(spec.source.empty()) << spec.name;
  };
  for (const auto& spec : declared.channels)
    told(spec);
  for (const auto& spec : declared.objectColumns)
    told(spec);
  for (const auto& spec : declared.scalars)
    told(spec);
  for (const auto& table : declared.pairTables) {
    told(table);
    for (const ColumnSpec& column : table.columns)
      EXPECT_FALSE(column.description.empty()) << column.name;
  }
}

TEST_P(MethodEvidence, ChannelsHaveOneValuePerAnchorWithinTheirRange) {
  for (const ChannelSpec& spec : sink.channelSpecs) {
    if (spec.domain != ChannelDomain::kCandidate) continue;
    const at::Tensor values = sink.channelValues.at(spec.name).to(at::kDouble);
    ASSERT_EQ(values.sizes(), at::IntArrayRef({2, scene.anchors.count()})) << spec.name;
    EXPECT_FALSE(values.requires_grad()) << spec.name;
    EXPECT_FALSE(values.isinf().any().item<bool>()) << spec.name;
    ASSERT_FALSE(values.isnan().all().item<bool>()) << spec.name << " is never defined";
    const at::Tensor defined = values.index({values.isnan().logical_not()});
    if (spec.min) {
      EXPECT_GE(defined.min().item<double>(), *spec.min) << spec.name;
    }
    if (spec.max) {
      EXPECT_LE(defined.max().item<double>(), *spec.max) << spec.name;
    }
  }
}

TEST_P(MethodEvidence, ObjectColumnsHaveOneValuePerObject) {
  for (const ObjectColumnSpec& spec : sink.objectSpecs) {
    const at::Tensor values = sink.objectValues.at(spec.name);
    ASSERT_EQ(values.sizes(), at::IntArrayRef({2, 5})) << spec.name;
    EXPECT_FALSE(values.requires_grad()) << spec.name;
  }
  ASSERT_EQ(sink.objectValues.count(kStarvedColumn), 1u) << "every method says which objects are starved";
}

TEST_P(MethodEvidence, PairTablesAreSortedCompleteAndNameTheirColumns) {
  for (const PairTableSpec& spec : sink.pairSpecs) {
    const PairRows& rows = sink.pairRows.at(spec.name);
    const std::int64_t count = rows.image.size(0);
    EXPECT_GT(count, 0);
    ASSERT_EQ(rows.columns.size(), spec.columns.size());
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      EXPECT_EQ(rows.columns[i].sizes(), at::IntArrayRef({count})) << spec.columns[i].name;
      EXPECT_FALSE(at::isFloatingType(rows.columns[i].scalar_type()) &&
                   rows.columns[i].isnan().all().item<bool>() &&
                   spec.columns[i].description.find("-1") == std::string::npos)
          << spec.columns[i].name << " is never defined";
    }
    const at::Tensor key = (rows.image * 5 + rows.object) * scene.anchors.count() + rows.anchor;
    EXPECT_TRUE((key.slice(0, 1) > key.slice(0, 0, -1)).all().item<bool>())
        << "rows are not sorted by image, object, anchor";
    EXPECT_TRUE(scene.targets.valid.index({rows.image, rows.object}).all().item<bool>())
        << "a row of padding";
    const auto names = sortedNames(spec.columns);
    for (const std::string& column : {spec.memberColumn, spec.sortColumn})
      EXPECT_TRUE(std::binary_search(names.begin(), names.end(), column)) << column;
  }
}

/// So that score can be set against overlap for every method.
TEST_P(MethodEvidence, EveryPairTableHasAScoreAndAnOverlapOfThePredictedBox) {
  for (const PairTableSpec& spec : sink.pairSpecs) {
    const PairRows& rows = sink.pairRows.at(spec.name);
    const auto valuesOf = [&](ColorScale head) {
      for (std::size_t i = 0; i < spec.columns.size(); ++i)
        if (spec.columns[i].scale == head && !spec.columns[i].integer) return rows.columns[i].to(at::kDouble);
      return at::Tensor();
    };
    const at::Tensor score = valuesOf(ColorScale::kClassification),
                     overlap = valuesOf(ColorScale::kRegression);
    ASSERT_TRUE(score.defined() && overlap.defined()) << spec.name;
    const at::Tensor label = scene.targets.labels.index({rows.image, rows.object});
    const at::Tensor logits = scene.outputs.logits.detach();
    const at::Tensor all = GetParam().kind.heads.background ? logits.softmax(2) : logits.sigmoid();
    at::Tensor expected = all.index({rows.image, rows.anchor, label}).to(at::kDouble);
    if (const at::Tensor objectness = scene.outputs.output(kObjectnessOutput); objectness.defined())
      expected = expected * objectness.detach().index({rows.image, rows.anchor}).sigmoid();
    EXPECT_TRUE(at::allclose(score, expected, 1e-6, 1e-7)) << spec.name;
    const at::Tensor boxes = scene.outputs.boxes.detach().index({rows.image, rows.anchor}),
                     objects = scene.targets.boxes.index({rows.image, rows.object});
    const at::Tensor low = at::maximum(boxes.slice(1, 0, 2), objects.slice(1, 0, 2)),
                     high = at::minimum(boxes.slice(1, 2, 4), objects.slice(1, 2, 4));
    const auto area = [](const at::Tensor& from, const at::Tensor& to) {
      return (to - from).clamp_min(0).prod(1);
    };
    const at::Tensor both = area(low, high);
    const at::Tensor either = area(boxes.slice(1, 0, 2), boxes.slice(1, 2, 4)) +
                              area(objects.slice(1, 0, 2), objects.slice(1, 2, 4)) - both;
    EXPECT_TRUE(at::allclose(overlap, (both / either).to(at::kDouble), 1e-5, 1e-6)) << spec.name;
  }
}

TEST_P(MethodEvidence, DecisionsReadWhatIsThere) {
  ASSERT_FALSE(declared.decisions.empty());
  for (const DecisionSpec& decision : declared.decisions) {
    const bool ofCandidates = decision.pairTable.empty();
    const PairTableSpec* table = declared.pairTable(decision.pairTable);
    ASSERT_TRUE(ofCandidates || table != nullptr) << decision.pairTable;
    EXPECT_FALSE(decision.absentReason.empty());
    const auto names = ofCandidates ? sortedNames(declared.channels) : sortedNames(table->columns);
    const auto known = [&](const std::string& column) {
      return column.empty() || std::binary_search(names.begin(), names.end(), column);
    };
    for (const TestSpec& test : decision.tests) {
      EXPECT_TRUE(known(test.valueColumn) && known(test.boundColumn) && known(test.noteColumn)) << test.name;
      EXPECT_FALSE(test.passedColumn.empty());
      EXPECT_TRUE(known(test.passedColumn)) << test.name;
      EXPECT_FALSE(test.description.empty());
    }
    EXPECT_EQ(decision.outcomes.empty(), ofCandidates) << "a choice among candidates is no object's";
    for (const OutcomeSpec& outcome : decision.outcomes) {
      EXPECT_NE(declared.channel(outcome.winnerChannel), nullptr) << outcome.winnerChannel;
      EXPECT_TRUE(known(outcome.weightColumn) && known(outcome.rankColumn)) << outcome.head;
    }
  }
}

TEST_P(MethodEvidence, LossesOfTheAnchorsAddUpToTheScalars) {
  std::map<std::string, double> scalars;
  for (const NamedScalar& scalar : terms.scalars)
    scalars[scalar.name] = scalar.value.item<double>();
  for (const std::string head : {"cls", "loc"}) {
    if (scalars.count("loss." + head + "_normalizer") == 0) continue;  // a joint loss has heads of its own
    const double sum = sink.channelValues.at("loss." + head).to(at::kDouble).sum().item<double>();
    const double loss = scalars.at("loss." + head);
    EXPECT_NEAR(sum / scalars.at("loss." + head + "_normalizer"), loss, 1e-5 * loss) << head;
  }
  if (!scene.outputs.output(kCenternessOutput).defined()) return;
  const double sum = sink.channelValues.at("loss.quality").to(at::kDouble).sum().item<double>();
  EXPECT_NEAR(sum / scalars.at("positives.reg"), scalars.at("loss.quality"),
              1e-5 * scalars.at("loss.quality"));
}

/// For every image: every positive is told as taken; the best anchors that an object did not get are told
/// why.
TEST_P(MethodEvidence, EveryPositiveAndTheBestNegativesAreExplained) {
  int positives = 0, negatives = 0;
  for (std::int64_t image = 0; image < 2; ++image) {
    const StageEvidence frame = sink.frame(scene, image, declared.decisions);
    const auto& cls = frame.channel("assigned_cls")->values;
    const auto& reg = frame.channel("assigned_reg")->values;
    for (std::size_t anchor = 0; anchor < cls.size(); ++anchor)
      for (const auto* head : {&cls, &reg}) {
        const float object = (*head)[anchor];
        if (object < 0) continue;
        ++positives;
        const Decision decision =
            explain(frame, static_cast<std::int32_t>(anchor), static_cast<std::int32_t>(object));
        EXPECT_TRUE(decision.considered);
        const std::string name = head == &cls ? "classification" : "regression";
        bool told = false;
        for (const DecisionOutcome& outcome : decision.outcomes)
          if (outcome.head == name) {
            EXPECT_EQ(outcome.kind, DecisionOutcome::Kind::kTaken) << decision.summary;
            told = true;
          }
        EXPECT_TRUE(told);
        const auto passed =
            std::count_if(decision.rows.begin(), decision.rows.end(),
                          [](const DecisionRow& row) { return row.verdict == TestVerdict::kPassed; });
        EXPECT_GT(passed, 0) << "taken, but no test passed";
      }

    for (std::size_t object = 0; object < frame.image->objects.size(); ++object) {
      float best = -1;
      std::int32_t chosen = -1;
      for (std::size_t anchor = 0; anchor < cls.size(); ++anchor) {
        if (cls[anchor] == static_cast<float>(object) || reg[anchor] == static_cast<float>(object)) continue;
        const float overlap =
            iou(scene.anchors.geometry->boxesInInput[anchor], frame.image->objects[object].boxInImage);
        if (overlap > best) {
          best = overlap;
          chosen = static_cast<std::int32_t>(anchor);
        }
      }
      ASSERT_GE(chosen, 0);
      ++negatives;
      const Decision decision = explain(frame, chosen, static_cast<std::int32_t>(object));
      EXPECT_FALSE(decision.summary.empty());
      bool lost = false, failed = false;
      for (const DecisionOutcome& outcome : decision.outcomes) {
        EXPECT_NE(outcome.kind, DecisionOutcome::Kind::kTaken);
        lost = lost || outcome.kind == DecisionOutcome::Kind::kLost;
      }
      for (const DecisionRow& row : decision.rows)
        failed = failed || row.verdict == TestVerdict::kFailed;
      EXPECT_TRUE(lost || failed) << "not taken, without a reason: " << decision.summary;
    }
  }
  EXPECT_GT(positives, 0);
  EXPECT_GT(negatives, 0);
}

TEST_P(MethodEvidence, CountsOfPositivesAgreeWithTheWinners) {
  for (std::int64_t image = 0; image < 2; ++image) {
    const StageEvidence frame = sink.frame(scene, image, declared.decisions);
    for (const auto& [channel, column] :
         {std::pair{"assigned_cls", "positives.cls"}, {"assigned_reg", "positives.reg"}})
      for (std::size_t object = 0; object < frame.image->objects.size(); ++object) {
        const auto& winners = frame.channel(channel)->values;
        EXPECT_EQ(static_cast<float>(std::count(winners.begin(), winners.end(), static_cast<float>(object))),
                  frame.objectColumn(column)->values[object]);
      }
  }
}

/// Of every pair with a row: a passed test has room, a failed one is short, and both say of what.
TEST_P(MethodEvidence, EveryTestTellsHowFarItWasFromItsBound) {
  std::set<std::string> measured;
  for (std::int64_t image = 0; image < 2; ++image) {
    const StageEvidence frame = sink.frame(scene, image, declared.decisions);
    for (const PairTable& table : frame.pairTables)
      for (std::size_t pair = 0; pair < table.rowCount(); ++pair) {
        const Decision decision = explain(frame, table.candidate[pair], table.object[pair]);
        ASSERT_TRUE(decision.considered);
        for (const DecisionRow& row : decision.rows) {
          const bool numbers = !std::isnan(row.value) && !std::isnan(row.bound) && !row.relation.empty();
          if (row.verdict == TestVerdict::kPassed && numbers) {
            ASSERT_FALSE(std::isnan(row.margin)) << row.name;
            EXPECT_TRUE(row.margin >= 0 || !row.note.empty()) << row.name << ' ' << row.margin;
            measured.insert(row.name);
          } else if (row.verdict == TestVerdict::kFailed && !std::isnan(row.margin)) {
            EXPECT_LE(row.margin, 0) << row.name;
            measured.insert(row.name);
          }
        }
      }
  }
  EXPECT_FALSE(measured.empty());
}

/// Also of pairs that were never considered, and of candidates that no head trains on.
TEST_P(MethodEvidence, EveryCandidateIsExplainedWhateverBecameOfIt) {
  DenseSceneOptions options;
  options.objects = {4, 2};
  options.padTo = 5;
  options.ignoreRegions = 1;
  const DenseScene withRegions = GetParam().kind.scene(options);
  RecordingSink regions;
  method->loss({withRegions.anchors, withRegions.outputs, withRegions.targets}, &regions);
  std::map<DecisionOutcome::Kind, int> kinds;
  const std::pair<const RecordingSink&, const DenseScene&> both[] = {{sink, scene}, {regions, withRegions}};
  for (const auto& [from, of] : both) {
    const StageEvidence frame = from.frame(of, 0, declared.decisions);
    const auto& cls = frame.channel("assigned_cls")->values;
    for (std::size_t anchor = 0; anchor < cls.size(); ++anchor) {
      const Decision decision = explain(frame, static_cast<std::int32_t>(anchor), 0);
      ASSERT_EQ(decision.outcomes.size(), declared.decisions.front().outcomes.size());
      ASSERT_FALSE(decision.rows.empty());
      EXPECT_EQ(decision.outcomes[0].kind == DecisionOutcome::Kind::kIgnored, cls[anchor] == -2);
      for (const DecisionOutcome& outcome : decision.outcomes) {
        ++kinds[outcome.kind];
        EXPECT_NE(decision.summary.find(outcome.head), std::string::npos) << decision.summary;
        if (outcome.kind == DecisionOutcome::Kind::kLost) {
          EXPECT_NE(decision.summary.find("object " + std::to_string(outcome.winner)), std::string::npos)
              << decision.summary;
        }
      }
      ASSERT_FALSE(decision.losses.empty());
      const CandidateLoss& loss = decision.losses.front();
      EXPECT_TRUE(GetParam().joint() ? loss.channel.starts_with("loss.") : loss.channel == "loss.cls");
      EXPECT_EQ(loss.value, frame.channel(loss.channel)->values[anchor]);
    }
  }
  EXPECT_GT(kinds[DecisionOutcome::Kind::kTaken], 0);
  EXPECT_GT(kinds[DecisionOutcome::Kind::kDropped], 0);
}

TEST_P(MethodEvidence, TheStoriesOfObjectsAgreeWithWhatIsCountedOfThem) {
  int objects = 0;
  for (std::int64_t image = 0; image < 2; ++image) {
    const StageEvidence frame = sink.frame(scene, image, declared.decisions);
    for (const ObjectStory& story : explainObjects(frame)) {
      ++objects;
      const auto counted = [&](const std::string& column) {
        return static_cast<int>(frame.objectColumn(column)->values[static_cast<std::size_t>(story.object)]);
      };
      ASSERT_EQ(story.heads.size(), 2U);
      EXPECT_EQ(story.heads[0].taken, counted("positives.cls"));
      EXPECT_EQ(story.heads[1].taken, counted("positives.reg"));
      EXPECT_EQ(story.state == ObjectState::kStarved, counted(kStarvedColumn) > 0) << story.summary;
      for (const char* column :
           {"atss.lost", "fcos.lost", "simota.lost", "soft_label.lost", "task_aligned.lost"})
        if (frame.objectColumn(column)) {
          EXPECT_EQ(story.lost, counted(column)) << column;
        }
      int considered = 0, reached = 0, taken = 0;
      for (const LevelStory& level : story.levels) {
        considered += level.considered;
        reached += level.reached;
        taken += level.taken;
      }
      EXPECT_EQ(considered, story.considered);
      EXPECT_EQ(reached, story.reached);
      EXPECT_EQ(taken, story.taken);
      EXPECT_LE(story.taken, story.reached) << "taken without having passed";
      EXPECT_FALSE(story.summary.empty());
      const ObjectStory alone = explainObject(frame, story.object, 5);
      EXPECT_EQ(alone.summary, story.summary);
      EXPECT_EQ(alone.misses.size(),
                std::min<std::size_t>(5, static_cast<std::size_t>(story.considered - story.reached)));
      for (const NearMiss& miss : alone.misses)
        EXPECT_EQ(miss.lacked.verdict, TestVerdict::kFailed) << "a miss that lacked nothing";
    }
  }
  EXPECT_EQ(objects, 6);
}

INSTANTIATE_TEST_SUITE_P(Registry, MethodEvidence, ::testing::ValuesIn(testing::methodCases()),
                         testing::kCaseName);

}  // namespace
}  // namespace anchorscope
