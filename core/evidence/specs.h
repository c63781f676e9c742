#pragma once
// What a method says it publishes. Views, the trace file, tables and figures work on these declarations
// alone, so that a new method is visible everywhere without any view knowing it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anchorscope {

/// Whether a larger value is better, worse or neither.
enum class Sense { kNeutral, kHigherIsBetter, kLowerIsBetter };

/// What one value of a channel belongs to.
enum class ChannelDomain {
  kCandidate,  ///< One value per candidate of the stage, in their order (anchors: all levels).
  kCell        ///< One value per cell of one feature map.
};

/// How a channel wants to be coloured by default.
enum class ColorScale { kSequential, kDiverging, kClassification, kRegression };

/// One named scalar per anchor (or cell).
struct ChannelSpec {
  std::string name;               ///< Dotted, unique: "cls_score", "musu.w_reg", "loss.cls".
  std::string title;              ///< For people: "Weight, regression head".
  std::string unit;               ///< "1" for a pure number, "px", "nat" ...
  std::string description;        ///< One sentence.
  std::string source;             ///< Paper, implementation or "ours".
  std::optional<float> min, max;  ///< Range by definition; absent = taken from the values.
  Sense sense = Sense::kNeutral;
  ChannelDomain domain = ChannelDomain::kCandidate;
  ColorScale scale = ColorScale::kSequential;
  bool operator==(const ChannelSpec&) const = default;
};

/// One column of a pair table.
struct ColumnSpec {
  std::string name;
  std::string title;
  std::string unit;
  std::string description;
  bool integer = false;  ///< Ranks, indices and flags; -1 means none.
  ColorScale scale = ColorScale::kSequential;
  bool operator==(const ColumnSpec&) const = default;
};

/// One row per (anchor, object) pair a method considered. Sparse: candidates and bags, not N x G.
struct PairTableSpec {
  std::string name;  ///< "musu.pairs"
  std::string title;
  std::string description;
  std::string source;
  std::vector<ColumnSpec> columns;
  std::string
      memberColumn;  ///< 0/1 column that says "in the object's bag" (the rows an object's table shows first).
  std::string sortColumn;  ///< Rank or score column by which the table is shown at first.
  bool sortDescending = false;
  bool operator==(const PairTableSpec&) const = default;
};

/// What a test's answer does to its pair.
enum class TestRole {
  kRequired,    ///< Failed: the object does not take the candidate.
  kConflict,    ///< Failed: another object that wants the candidate, too, has it.
  kInformation  ///< Decides nothing: a penalty in a cost, what happens to background.
};

/// One test a pair goes through. Its numbers are columns of the pair table, so a decision is told, not
/// recomputed: an object has a candidate, for a head, where no test of that head (but kInformation) failed;
/// of several such objects the one of the largest weight (OutcomeSpec), then of the smallest index.
struct TestSpec {
  std::string name;         ///< "overlap", "joint score"
  std::string description;  ///< One sentence: what the test asks.
  std::string valueColumn;  ///< The pair's own value.
  std::string relation;     ///< ">", ">=", "<=", "<", "=", "" (shown between value and bound)
  std::string boundColumn;  ///< Column with the bound; empty: `bound`.
  std::optional<float> bound;
  std::string
      passedColumn;  ///< 0/1 column with the method's own verdict. NaN: the test does not apply to this pair.
  bool gate = true;  ///< When failed, the tests after it are not reached.
  std::string noteColumn;  ///< Non-zero: `note` is added to the row ("best of an empty bag"). Empty: never.
  std::string note;
  TestRole role = TestRole::kRequired;
  std::string head;  ///< OutcomeSpec::head that it is about; empty: all.
  bool operator==(const TestSpec&) const = default;
};

/// How a head ends: taken, lost to another object, or dropped.
struct OutcomeSpec {
  std::string head;           ///< "classification", "regression"
  std::string winnerChannel;  ///< Anchor channel with the winning object's index; -1 background, -2 ignored.
  std::string weightColumn;   ///< Pair column the objects compete with (also the weight shown); empty: none.
  std::string rankColumn;     ///< Pair column with the rank in the bag; empty: none.
  bool operator==(const OutcomeSpec&) const = default;
};

/// The whole decision about a pair: ordered tests, then one outcome per head.
struct DecisionSpec {
  /// Whose columns the tests read. Empty: a decision about candidates, whatever the object (a sampler's): the
  /// names of columns are names of candidate channels.
  std::string pairTable;
  std::string
      absentReason;  ///< Why a pair has no row: "no overlap: the predicted box does not touch the object".
  std::vector<TestSpec> tests;
  std::vector<OutcomeSpec> outcomes;
  bool operator==(const DecisionSpec&) const = default;
};

/// One named value per object of an image: bag size, threshold, starved ...
struct ObjectColumnSpec {
  std::string name;
  std::string title;
  std::string unit;
  std::string description;
  std::string source;
  bool operator==(const ObjectColumnSpec&) const = default;
};

/// One named number per step.
struct ScalarSpec {
  std::string name;  ///< "loss.cls", "loss.loc", "musu.starved_objects"
  std::string title;
  std::string unit;
  std::string description;
  std::string source;
  ColorScale scale = ColorScale::kSequential;
  bool operator==(const ScalarSpec&) const = default;
};

/// One stage of a detector: heads that speak of candidates of their own.
struct StageSpec {
  std::string name = "dense";        ///< Unique in a detector: "rpn", "roi".
  std::string title;                 ///< For people: "Region proposals"; empty where there is but one.
  std::string candidate = "anchor";  ///< What one of its candidates is called: "anchor", "proposal".
  std::string origin;  ///< What those are called that its candidates are made from; empty: they are fixed.
  bool operator==(const StageSpec&) const = default;
};

/// Everything one component publishes.
struct EvidenceDeclaration {
  std::vector<ChannelSpec> channels;
  std::vector<PairTableSpec> pairTables;
  std::vector<DecisionSpec> decisions;
  std::vector<ObjectColumnSpec> objectColumns;
  std::vector<ScalarSpec> scalars;

  const ChannelSpec* channel(std::string_view name) const;
  const PairTableSpec* pairTable(std::string_view name) const;
  const ScalarSpec* scalar(std::string_view name) const;

  /// Adds the other's entries. An entry declared twice must be equal (checked); it then stands once.
  void merge(const EvidenceDeclaration& other);
  bool operator==(const EvidenceDeclaration&) const = default;
};

/// What one stage of a detector publishes of its own candidates. Scalars are the run's.
struct StageDeclaration {
  StageSpec stage;
  EvidenceDeclaration evidence;
  bool operator==(const StageDeclaration&) const = default;
};

/// What a run publishes: the evidence of the detector's first stage, which for most is the only one, with the
/// scalars of all, whose names tell their stage ("rpn.loss.cls"); and apart from it the evidence of later
/// stages, whose names are their own: two stages may both have a channel "iou" and mean different things.
struct RunDeclaration : EvidenceDeclaration {
  RunDeclaration() = default;
  explicit RunDeclaration(EvidenceDeclaration ofFirst, StageSpec first = {});

  StageSpec stage;  ///< The first.
  std::vector<StageDeclaration> laterStages;

  /// Adds the next stage; its scalars are added to the run's (see merge).
  void addStage(StageSpec spec, EvidenceDeclaration evidence);
  /// Of every stage, in their order.
  std::vector<StageDeclaration> stages() const;
  bool operator==(const RunDeclaration&) const = default;
};

/// Name of the object column that is 1 for a starved object (no eligible anchor or no positive); drives
/// badges.
inline constexpr const char* kStarvedColumn = "starved";

}  // namespace anchorscope
