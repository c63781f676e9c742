// Looking into a recorded frame: inspect, of an image, an object or a candidate.
#include <cmath>
#include <iostream>
#include <limits>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/evidence/decision.h"
#include "core/evidence/object_story.h"

namespace anchorscope::cli {
namespace {

constexpr std::size_t kMisses = 12;

struct InspectOptions {
  EvidenceChoice choice;
  std::int64_t object = -1, anchor = -1, rows = 20;
  bool json = false;
};

nlohmann::ordered_json boxJson(const Box& box) {
  return {box.x1, box.y1, box.x2, box.y2};
}

std::string boxText(const Box& box) {
  return concat("(", shortNumber(box.x1), ", ", shortNumber(box.y1), ", ", shortNumber(box.x2), ", ",
                shortNumber(box.y2), ")");
}

const char* verdictName(TestVerdict verdict) {
  switch (verdict) {
    case TestVerdict::kPassed:
      return "passed";
    case TestVerdict::kFailed:
      return "failed";
    case TestVerdict::kNotReached:
      return "not reached";
    case TestVerdict::kNotApplicable:
      return "does not apply";
  }
  return "";
}

const char* kindName(DecisionOutcome::Kind kind) {
  switch (kind) {
    case DecisionOutcome::Kind::kTaken:
      return "taken";
    case DecisionOutcome::Kind::kLost:
      return "lost";
    case DecisionOutcome::Kind::kDropped:
      return "dropped";
    case DecisionOutcome::Kind::kIgnored:
      return "ignored";
  }
  return "";
}

/// "0.031 px short, ", "0.2 to spare, "; empty without a margin.
std::string marginText(const DecisionRow& row) {
  if (std::isnan(row.margin)) return {};
  const std::string unit = unitOf(0, row.unit);
  return concat(shortNumber(std::abs(row.margin)), unit.empty() ? "" : " ", unit,
                row.margin < 0 ? " short, " : " to spare, ");
}

nlohmann::ordered_json lossesJson(const std::vector<CandidateLoss>& losses) {
  auto out = nlohmann::ordered_json::object();
  for (const CandidateLoss& loss : losses)
    out[loss.channel] = {{"value", jsonNumber(loss.value)}, {"share", jsonNumber(loss.share)}};
  return out;
}

nlohmann::ordered_json testJson(const DecisionRow& row) {
  return {{"name", row.name},
          {"value", jsonNumber(row.value)},
          {"relation", row.relation},
          {"bound", jsonNumber(row.bound)},
          {"margin", jsonNumber(row.margin)},
          {"unit", row.unit},
          {"verdict", verdictName(row.verdict)},
          {"note", row.note}};
}

nlohmann::ordered_json decisionJson(const Decision& decision) {
  nlohmann::ordered_json out{
      {"object", decision.object}, {"considered", decision.considered}, {"summary", decision.summary}};
  out["tests"] = nlohmann::ordered_json::array();
  for (const DecisionRow& row : decision.rows)
    out["tests"].push_back(testJson(row));
  out["outcomes"] = nlohmann::ordered_json::array();
  for (const DecisionOutcome& outcome : decision.outcomes)
    out["outcomes"].push_back({{"head", outcome.head},
                               {"kind", kindName(outcome.kind)},
                               {"winner", outcome.winner},
                               {"weight", jsonNumber(outcome.weight)},
                               {"winner_weight", jsonNumber(outcome.winnerWeight)},
                               {"rank", outcome.rank},
                               {"bag_size", outcome.bagSize}});
  out["losses"] = lossesJson(decision.losses);
  return out;
}

std::string className(const StageEvidence& evidence, int classIndex) {
  const auto index = static_cast<std::size_t>(classIndex);
  return evidence.classNames && classIndex >= 0 && index < evidence.classNames->size()
             ? (*evidence.classNames)[index]
             : concat("class ", classIndex);
}

nlohmann::ordered_json anchorJson(const StageEvidence& evidence, std::size_t anchor, std::int32_t object) {
  nlohmann::ordered_json out{{"anchor", anchor},
                             {"address", evidence.label(anchor)},
                             {"box_in_input", boxJson(evidence.candidates->boxesInInput[anchor])}};
  if (!evidence.predictedBoxesInInput.empty())
    out["predicted_box_in_input"] = boxJson(evidence.predictedBoxesInInput[anchor]);
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate)
      out["channels"][channel.spec.name] = jsonNumber(channel.values[anchor]);
  if (object >= 0)
    out["decision"] = decisionJson(explain(evidence, static_cast<std::int32_t>(anchor), object));
  return out;
}

/// The rows of an object's bag, or all its rows when the table names no member column; in the table's own
/// order.
std::vector<std::size_t> bagRows(const PairTable& table, std::int32_t object) {
  std::vector<std::size_t> rows;
  const int member = table.columnIndex(table.spec.memberColumn),
            sort = table.columnIndex(table.spec.sortColumn);
  const auto [first, last] = table.rowsOfObject(object);
  for (std::size_t row = first; row < last; ++row)
    if (member < 0 || table.columns[static_cast<std::size_t>(member)][row] > 0) rows.push_back(row);
  if (sort >= 0) {
    const std::vector<float>& key = table.columns[static_cast<std::size_t>(sort)];
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      return table.spec.sortDescending ? key[a] > key[b] : key[a] < key[b];
    });
  }
  return rows;
}

nlohmann::ordered_json storyJson(const ObjectStory& story) {
  nlohmann::ordered_json out{{"state", stateName(story.state)},
                             {"summary", story.summary},
                             {"considered", story.considered},
                             {"not_kept", story.omitted},
                             {"reached", story.reached},
                             {"taken", story.taken},
                             {"lost", story.lost}};
  for (const HeadStory& head : story.heads)
    out["heads"][head.head] = {{"taken", head.taken}, {"lost", head.lost}};
  for (const char* list : {"levels", "rivals", "obstacles", "nearest_misses"})
    out[list] = nlohmann::ordered_json::array();
  for (const LevelStory& level : story.levels)
    out["levels"].push_back({{"level", level.name},
                             {"considered", level.considered},
                             {"reached", level.reached},
                             {"taken", level.taken}});
  for (const Rival& rival : story.rivals)
    out["rivals"].push_back({{"object", rival.object}, {"lost", rival.lost}, {"anchor", rival.candidate}});
  for (const Obstacle& obstacle : story.obstacles)
    out["obstacles"].push_back({{"test", obstacle.test}, {"failed", obstacle.failed}});
  for (const NearMiss& miss : story.misses)
    out["nearest_misses"].push_back({{"anchor", miss.candidate},
                                     {"lacked", testJson(miss.lacked)},
                                     {"other_tests", miss.others},
                                     {"winner", miss.winner}});
  out["losses"] = lossesJson(story.losses);
  return out;
}

nlohmann::ordered_json objectJson(const StageEvidence& evidence, const ObjectStory& story,
                                  std::int32_t object) {
  const ObjectRecord& record = evidence.image->objects[static_cast<std::size_t>(object)];
  nlohmann::ordered_json out{{"object", object},
                             {"class", className(evidence, record.classIndex)},
                             {"box_in_image", boxJson(record.boxInImage)},
                             {"ignored", record.ignored}};
  for (const ObjectColumn& column : evidence.objectColumns)
    out["values"][column.spec.name] = jsonNumber(column.values[static_cast<std::size_t>(object)]);
  out["why"] = storyJson(story);
  for (const PairTable& table : evidence.pairTables) {
    auto rows = nlohmann::ordered_json::array();
    for (const std::size_t row : bagRows(table, object)) {
      nlohmann::ordered_json entry{{"anchor", table.candidate[row]}};
      for (std::size_t column = 0; column < table.columns.size(); ++column)
        entry[table.spec.columns[column].name] = jsonNumber(table.columns[column][row]);
      rows.push_back(std::move(entry));
    }
    out["tables"][table.spec.name] = std::move(rows);
  }
  return out;
}

void printStory(const StageEvidence& evidence, const ObjectStory& story) {
  if (story.state == ObjectState::kUnknown) return;
  std::cout << "Why: " << story.summary << '\n';
  for (const LevelStory& level : story.levels)
    std::cout << "  " << (level.name.empty() ? "all" : level.name) << ": " << level.considered
              << " considered, " << level.reached << " reached it, " << level.taken << " taken\n";
  if (!story.misses.empty()) std::cout << "Nearest misses:\n";
  for (const NearMiss& miss : story.misses) {
    std::cout << "  " << evidence.address(static_cast<std::size_t>(miss.candidate)) << ": ";
    if (miss.winner >= 0) std::cout << "has object " << miss.winner << ", ";
    std::cout << miss.lacked.name;
    const std::string relation = heldRelation(miss.lacked);
    if (!relation.empty())
      std::cout << ' ' << shortNumber(miss.lacked.value) << ' ' << relation << ' '
                << shortNumber(miss.lacked.bound);
    std::cout << ", " << marginText(miss.lacked) << verdictName(miss.lacked.verdict);
    if (miss.others > 0) std::cout << ", with " << counted(miss.others, "more test");
    std::cout << '\n';
  }
}

void printAnchor(const StageEvidence& evidence, std::size_t anchor, std::int32_t object) {
  std::string title = evidence.address(anchor);
  title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
  std::cout << title << "  box in input " << boxText(evidence.candidates->boxesInInput[anchor]) << '\n';
  if (!evidence.predictedBoxesInInput.empty())
    std::cout << "  predicted box in input " << boxText(evidence.predictedBoxesInInput[anchor]) << '\n';
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate)
      std::cout << "  " << channel.spec.name << "  " << shortNumber(channel.values[anchor]) << '\n';
  if (object < 0) return;
  const Decision decision = explain(evidence, static_cast<std::int32_t>(anchor), object);
  std::cout << "Decision for object " << object << ": " << decision.summary << '\n';
  for (const DecisionRow& row : decision.rows) {
    std::cout << "  " << row.name << ": ";
    if (!std::isnan(row.value)) std::cout << shortNumber(row.value) << ' ';
    if (!std::isnan(row.bound)) std::cout << heldRelation(row) << ' ' << shortNumber(row.bound) << ", ";
    const bool asked = row.verdict == TestVerdict::kPassed || row.verdict == TestVerdict::kFailed;
    std::cout << (asked ? marginText(row) : std::string()) << verdictName(row.verdict)
              << (row.note.empty() ? "" : ", " + row.note) << '\n';
  }
}

void printObject(const StageEvidence& evidence, std::int32_t object, std::int64_t atMost) {
  const ObjectRecord& record = evidence.image->objects[static_cast<std::size_t>(object)];
  std::cout << "Object " << object << "  " << className(evidence, record.classIndex) << "  box in image "
            << boxText(record.boxInImage) << (record.ignored ? "  (ignored)" : "") << '\n';
  for (const ObjectColumn& column : evidence.objectColumns)
    std::cout << "  " << column.spec.name << "  "
              << shortNumber(column.values[static_cast<std::size_t>(object)]) << '\n';
  printStory(evidence, explainObject(evidence, object, kMisses));
  for (const PairTable& table : evidence.pairTables) {
    const auto rows = bagRows(table, object);
    std::cout << table.spec.title << ": " << counted(static_cast<std::int64_t>(rows.size()), "row") << "\n  "
              << evidence.stage.candidate;
    for (const ColumnSpec& column : table.spec.columns)
      std::cout << '\t' << column.name;
    std::cout << '\n';
    for (std::size_t i = 0; i < rows.size() && (atMost == 0 || static_cast<std::int64_t>(i) < atMost); ++i) {
      std::cout << "  " << table.candidate[rows[i]];
      for (const std::vector<float>& column : table.columns)
        std::cout << '\t' << shortNumber(column[rows[i]]);
      std::cout << '\n';
    }
    if (atMost > 0 && static_cast<std::int64_t>(rows.size()) > atMost)
      std::cout << "  ... " << static_cast<std::int64_t>(rows.size()) - atMost
                << " more (--rows 0 shows all)\n";
  }
}

void printFrame(const StageEvidence& evidence) {
  std::cout << evidence.image->name << " at step " << evidence.step;
  if (!evidence.stage.title.empty()) std::cout << ", " << evidence.stage.title;
  if (evidence.variant) {
    std::cout << ", variant " << evidence.variant->name;
    for (const auto& [option, value] : evidence.variant->options)
      std::cout << "  " << option << " = " << value;
  }
  std::cout << ": " << counted(static_cast<std::int64_t>(evidence.image->objects.size()), "object") << ", "
            << counted(static_cast<std::int64_t>(evidence.candidates->count()), evidence.stage.candidate)
            << ", " << counted(static_cast<std::int64_t>(evidence.predictions.size()), "prediction") << '\n';
  const std::vector<ObjectStory> stories = explainObjects(evidence);
  for (std::size_t object = 0; object < evidence.image->objects.size(); ++object) {
    const ObjectRecord& record = evidence.image->objects[object];
    std::cout << "  object " << object << "  " << className(evidence, record.classIndex) << ' '
              << boxText(record.boxInImage);
    if (stories[object].state != ObjectState::kUnknown) std::cout << "  " << stateName(stories[object].state);
    for (const ObjectColumn& column : evidence.objectColumns)
      std::cout << "  " << column.spec.name << ' ' << shortNumber(column.values[object]);
    std::cout << '\n';
  }
  for (const Channel& channel : evidence.channels) {
    double low = INFINITY, high = -INFINITY;
    std::size_t defined = 0;
    for (const float value : channel.values) {
      if (std::isnan(value)) continue;
      low = std::min<double>(low, value);
      high = std::max<double>(high, value);
      ++defined;
    }
    std::cout << "  channel " << channel.spec.name;
    if (channel.grid.stride > 0) std::cout << " stride " << channel.grid.stride << " px";
    std::cout << "  " << counted(static_cast<std::int64_t>(defined), "value");
    if (defined > 0) std::cout << ", " << shortNumber(low) << " .. " << shortNumber(high);
    std::cout << '\n';
  }
  for (const PairTable& table : evidence.pairTables)
    std::cout << "  table " << table.spec.name << "  "
              << counted(static_cast<std::int64_t>(table.rowCount()), "row") << '\n';
  for (const PredictionRecord& prediction : evidence.predictions)
    std::cout << "  prediction " << className(evidence, prediction.classIndex) << ' '
              << shortNumber(prediction.score) << ' ' << boxText(prediction.boxInImage) << "  "
              << evidence.stage.candidate << ' ' << prediction.candidate << '\n';
}

nlohmann::ordered_json frameJson(const StageEvidence& evidence) {
  nlohmann::ordered_json out{{"image", evidence.image->name},
                             {"step", evidence.step},
                             {"stage", evidence.stage.name},
                             {"anchors", evidence.candidates->count()}};
  if (evidence.variant) {
    out["variant"]["name"] = evidence.variant->name;
    for (const auto& [option, value] : evidence.variant->options)
      out["variant"]["options"][option] = value;
  }
  out["objects"] = nlohmann::ordered_json::array();
  const std::vector<ObjectStory> stories = explainObjects(evidence, kMisses);
  for (std::size_t object = 0; object < stories.size(); ++object)
    out["objects"].push_back(objectJson(evidence, stories[object], static_cast<std::int32_t>(object)));
  out["predictions"] = nlohmann::ordered_json::array();
  for (const PredictionRecord& prediction : evidence.predictions)
    out["predictions"].push_back({{"class", className(evidence, prediction.classIndex)},
                                  {"score", jsonNumber(prediction.score)},
                                  {"box_in_image", boxJson(prediction.boxInImage)},
                                  {"anchor", prediction.candidate}});
  return out;
}

Status inspect(const InspectOptions& options) {
  const EvidenceChoice& choice = options.choice;
  auto opened = openRun(choice.folder);
  if (!opened) return std::move(opened).error();
  auto probe = findProbe(**opened, choice.image);
  if (!probe) return std::move(probe).error();
  auto step = parseStep(**opened, *probe, choice.step);
  if (!step) return std::move(step).error();
  auto frame = (*opened)->frame(*probe, *step, choice.variant);
  if (!frame) return std::move(frame).error();
  auto stage = findStage(**frame, choice.stage);
  if (!stage) return std::move(stage).error();
  tellDamage(**opened);
  const StageEvidence& evidence = **stage;
  const auto objectCount = static_cast<std::int64_t>(evidence.image->objects.size());
  const auto anchorCount = static_cast<std::int64_t>(evidence.candidates->count());
  if (options.object >= objectCount)
    return makeError(ErrorCode::kNotFound, concat("There is no object ", options.object),
                     concat("'", *probe, "' has ", counted(objectCount, "object"), ", counted from 0"));
  if (options.anchor >= anchorCount)
    return makeError(ErrorCode::kNotFound,
                     concat("There is no ", evidence.stage.candidate, " ", options.anchor),
                     concat("There are ", anchorCount, ", counted from 0"));
  const auto object = static_cast<std::int32_t>(options.object);
  if (options.anchor >= 0) {
    const auto told =
        object >= 0 ? object : mostRelevantObject(evidence, static_cast<std::int32_t>(options.anchor));
    if (options.json)
      std::cout << jsonText(anchorJson(evidence, static_cast<std::size_t>(options.anchor), told));
    else
      printAnchor(evidence, static_cast<std::size_t>(options.anchor), told);
  } else if (object >= 0) {
    if (options.json)
      std::cout << jsonText(objectJson(evidence, explainObject(evidence, object, kMisses), object));
    else
      printObject(evidence, object, options.rows);
  } else if (options.json) {
    std::cout << jsonText(frameJson(evidence));
  } else {
    printFrame(evidence);
  }
  return {};
}

}  // namespace

void addInspect(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("inspect", "Print the recorded evidence of an image, an object or an anchor");
  auto options = std::make_shared<InspectOptions>();
  addEvidenceOptions(*command, options->choice, "Probe image (else: the first)");
  command
      ->add_option("--object", options->object,
                   "Object, counted from 0: its bag, and why it is served or not")
      ->check(CLI::Range(0, std::numeric_limits<int>::max()));
  command
      ->add_option("--anchor", options->anchor,
                   "Anchor (or other candidate of the stage), counted from 0: its values and the decision")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  command->add_option("--rows", options->rows, "Rows of a table to print; 0: all")->capture_default_str();
  command->add_flag("--json", options->json, "As JSON, with every row");
  command->callback([options, &exit] { exit = finish(inspect(*options)); });
}

}  // namespace anchorscope::cli
