#include <iostream>

#include "app/cli/common.h"
#include "app/cli/terminal.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/session/verify_resume.h"

namespace anchorscope::cli {
namespace {

nlohmann::ordered_json toJson(const CourseComparison& comparison) {
  nlohmann::ordered_json json{
      {"expected", comparison.expected},    {"got", comparison.got},
      {"first_step", comparison.firstStep}, {"last_step", comparison.lastStep},
      {"scalars", comparison.scalars},      {"only_expected", comparison.onlyExpected},
      {"only_got", comparison.onlyGot},     {"tensors", comparison.tensors},
      {"state_step", comparison.stateStep}, {"differences", comparison.differences},
      {"first_difference", nullptr}};
  if (const auto& first = comparison.first)
    json["first_difference"] = {{"step", first->step},
                                {"name", first->name},
                                {"expected", jsonNumber(first->expected)},
                                {"got", jsonNumber(first->got)}};
  return json;
}

nlohmann::ordered_json toJson(const ResumeVerification& verification) {
  auto comparisons = nlohmann::ordered_json::array();
  for (const CourseComparison& comparison : verification.comparisons)
    comparisons.push_back(toJson(comparison));
  return {{"identical", verification.identical()},
          {"checkpoint", verification.checkpoint},
          {"step", verification.step},
          {"recorded_steps", verification.recordedSteps},
          {"device", verification.device},
          {"threads", verification.threads},
          {"comparisons", comparisons},
          {"notes", verification.notes}};
}

const char* conclusion(const ResumeVerification& verification) {
  if (!verification.identical()) return "The run does NOT go on as if it had never been interrupted";
  if (verification.recordedSteps == 0)
    return "Training from this checkpoint goes on bit by bit as if it had not been interrupted; whether the "
           "run itself went on so is not known";
  return "The run goes on bit by bit as if it had never been interrupted";
}

ExitCode verify(VerifyResumeOptions& options, bool json) {
  catchInterrupts();
  ProgressLine line;
  options.progress = [&](const std::string& what, double fraction) {
    if (line.due()) line.show(concat(what, "  ", static_cast<int>(100 * fraction), " %"));
    return !interrupted();
  };
  const auto verification = verifyResume(options);
  line.end();
  if (!verification) return fail(verification.error());
  if (json) {
    std::cout << jsonText(toJson(*verification));
  } else {
    std::cout << "Checkpoint " << verification->checkpoint << ", " << verification->device << ", "
              << counted(verification->threads, "thread") << '\n';
    for (const std::string& note : verification->notes)
      std::cout << "Note: " << note << '\n';
    for (const CourseComparison& comparison : verification->comparisons)
      std::cout << "Steps " << comparison.firstStep << " to " << comparison.lastStep << ", " << comparison.got
                << ", against " << comparison.expected << ":\n  " << comparedText(comparison) << "\n  "
                << verdictText(comparison) << '\n';
    std::cout << conclusion(*verification) << '\n';
  }
  return verification->identical() ? 0 : 1;
}

}  // namespace

void addVerifyResume(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("verify-resume",
                                         "Prove that a run goes on from a checkpoint bit by bit as if it had "
                                         "not been interrupted; the run is only "
                                         "read. Ends with 1 where it does not");
  auto options = std::make_shared<VerifyResumeOptions>();
  auto json = std::make_shared<bool>(false);
  command->add_option("RUN", options->folder, "Run folder")->required();
  command->add_option("--steps", options->steps, "How many steps to go on (else: 100)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
  command
      ->add_option("--from", options->from,
                   "Step of the checkpoint (else: the newest that the run recorded so many steps after)")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--json", *json, "As JSON");
  command->callback([options, json, &exit] { exit = verify(*options, *json); });
}

}  // namespace anchorscope::cli
