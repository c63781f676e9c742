// What other methods or options would have done with a recorded step: whatif.
#include <iostream>
#include <map>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/evidence/difference.h"
#include "core/evidence/level_name.h"
#include "core/session/frozen_step.h"
#include "core/session/journal.h"
#include "core/trainer/frame_variants.h"

namespace anchorscope::cli {
namespace {

struct WhatIfOptions {
  std::string folder, step = "last", image, stage, ask;
  bool weights = false, json = false;
};

struct Answer {
  std::shared_ptr<const ProbeFrame> frame;
  bool byWeights = false;  ///< Else the boxes alone.
};

/// Of each variant. Those that look at what the heads say need the weights: then all are asked so.
Result<std::vector<Answer>> answersOf(const WhatIfOptions& options, const RunReader& run,
                                      const std::string& probe, std::int64_t step) {
  std::vector<Answer> answers;
  const auto journal = journalOf(run);
  if (!journal) return journal.error();
  auto config = journal->configOfEvidence(step);
  if (!config) return std::move(config).error();
  auto asks = FrameVariants::make(*std::move(config), options.ask);
  if (!asks) return std::move(asks).error();
  if ((*asks)->variants().empty() && (*asks)->refused().empty())
    return makeError(ErrorCode::kUsage, "Nothing is asked", "Give --ask a method, or options as name=value");
  if (!options.weights && (*asks)->refused().empty()) {
    auto recorded = run.frame(probe, step);
    if (!recorded) return std::move(recorded).error();
    for (const Variant& variant : (*asks)->variants()) {
      auto frame = (*asks)->ask(*recorded, variant.name);
      if (!frame) return std::move(frame).error();
      answers.push_back({*std::move(frame), false});
    }
    return answers;
  }
  auto frozen = FrozenStep::open(options.folder, step, {probe});
  if (!frozen)
    return std::move(frozen).error().in((*asks)->refused().empty() ? "looking for the weights"
                                                                   : (*asks)->refused().front().why.message);
  auto frames = (*frozen)->ask(options.ask);
  if (!frames) return std::move(frames).error();
  for (auto& frame : *frames)
    if (frame->variant) answers.push_back({std::move(frame), true});
  return answers;
}

nlohmann::ordered_json countsJson(const ChangeCounts& counts, bool moved = true) {
  nlohmann::ordered_json out{{"added", counts.added}, {"removed", counts.removed}};
  if (moved) out["moved"] = counts.moved;
  return out;
}

std::string className(const StageEvidence& evidence, std::size_t index) {
  return evidence.classNames && index < evidence.classNames->size() ? (*evidence.classNames)[index]
                                                                    : std::to_string(index);
}

std::string nameOfLevel(const StageEvidence& evidence, std::size_t level) {
  return levelName(evidence.candidates->levels[level].stride);
}

nlohmann::ordered_json headJson(const StageEvidence& evidence, const AssignmentDifference& difference) {
  nlohmann::ordered_json out = countsJson(difference.all);
  for (std::size_t i = 0; i < difference.perLevel.size(); ++i)
    out["levels"][nameOfLevel(evidence, i)] = countsJson(difference.perLevel[i]);
  for (std::size_t i = 0; i < difference.perClass.size(); ++i)
    out["classes"][className(evidence, i)] = countsJson(difference.perClass[i], false);
  out["objects"] = nlohmann::ordered_json::array();
  for (const ChangeCounts& object : difference.perObject)
    out["objects"].push_back(countsJson(object, false));
  return out;
}

std::string countsText(const ChangeCounts& counts, bool moved = true) {
  std::string text = concat("+", counts.added, " -", counts.removed);
  return moved ? concat(text, ", moved ", counts.moved) : text;
}

void printHead(const StageEvidence& evidence, const AssignmentDifference& difference) {
  std::cout << "  " << difference.head << ": " << countsText(difference.all) << '\n';
  for (std::size_t i = 0; i < difference.perLevel.size(); ++i)
    if (difference.perLevel[i] != ChangeCounts())
      std::cout << "    " << nameOfLevel(evidence, i) << "  " << countsText(difference.perLevel[i]) << '\n';
  for (std::size_t i = 0; i < difference.perClass.size(); ++i)
    if (difference.perClass[i] != ChangeCounts())
      std::cout << "    " << className(evidence, i) << "  " << countsText(difference.perClass[i], false)
                << '\n';
  for (std::size_t i = 0; i < difference.perObject.size(); ++i)
    if (difference.perObject[i] != ChangeCounts())
      std::cout << "    object " << i << "  " << countsText(difference.perObject[i], false) << '\n';
}

Status whatIf(const WhatIfOptions& options) {
  auto opened = openRun(options.folder);
  if (!opened) return std::move(opened).error();
  auto probe = findProbe(**opened, options.image);
  if (!probe) return std::move(probe).error();
  auto step = parseStep(**opened, *probe, options.step);
  if (!step) return std::move(step).error();
  auto answers = answersOf(options, **opened, *probe, *step);
  tellDamage(**opened);
  if (!answers) return std::move(answers).error();

  nlohmann::ordered_json json{
      {"image", *probe}, {"step", *step}, {"answers", nlohmann::ordered_json::array()}};
  if (!options.json) std::cout << *probe << ", step " << *step << '\n';
  for (const Answer& answer : *answers) {
    auto stage = findStage(*answer.frame, options.stage);
    if (!stage) return std::move(stage).error();
    const StageEvidence& evidence = **stage;
    const std::vector<AssignmentDifference> differences = differencesIn(evidence);
    nlohmann::ordered_json its{{"variant", evidence.variant->name},
                               {"answered_by", answer.byWeights ? "weights" : "boxes"},
                               {"stage", evidence.stage.name}};
    for (const auto& [name, value] : evidence.variant->options)
      its["options"][name] = value;
    for (const AssignmentDifference& difference : differences)
      its["heads"][difference.head] = headJson(evidence, difference);
    json["answers"].push_back(std::move(its));
    if (options.json) continue;
    std::cout << evidence.variant->name
              << (answer.byWeights ? ", of the same outputs\n" : ", of the same boxes\n");
    for (const AssignmentDifference& difference : differences)
      printHead(evidence, difference);
  }
  if (options.json) std::cout << jsonText(json);
  return {};
}

}  // namespace

void addWhatIf(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("whatif", "What other methods or options would decide at a recorded step");
  auto options = std::make_shared<WhatIfOptions>();
  command->add_option("RUN", options->folder, "Run folder")->required();
  command->add_option("--step", options->step, "Recorded step, first or last")->capture_default_str();
  command->add_option("--image", options->image, "Probe image (else: the first)");
  command->add_option("--stage", options->stage,
                      "Stage of the detector, by name or counted from 0 (else: the last, which detects)");
  command
      ->add_option("--ask", options->ask,
                   "What is asked, as train.variants writes it: \"atss; tau_cls=1; max_iou box_loss=giou\"")
      ->required();
  command->add_flag(
      "--weights", options->weights,
      "Ask about what the heads said, with the step's checkpoint, also where boxes alone decide");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options, &exit] { exit = finish(whatIf(*options)); });
}

}  // namespace anchorscope::cli
