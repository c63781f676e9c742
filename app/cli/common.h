#pragma once
// What the commands of the headless program share.

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/diagnostics.h"
#include "core/base/param.h"
#include "core/base/result.h"
#include "core/store/run_reader.h"

namespace anchorscope::cli {

/// A command's end: an exit code, set by the command that ran.
using ExitCode = int;

/// Prints an error as people should read it and gives its exit code.
ExitCode fail(const Error& error);

/// The exit code of a status; prints its error.
ExitCode finish(const Status& status);

// Each adds one command; its callback leaves the exit code in `exit`.
void addTrain(CLI::App& app, ExitCode& exit);
void addEval(CLI::App& app, ExitCode& exit);
void addCompare(CLI::App& app, const std::vector<std::string>& arguments, ExitCode& exit);
void addInspect(CLI::App& app, ExitCode& exit);
void addFigure(CLI::App& app, ExitCode& exit);
void addCurves(CLI::App& app, ExitCode& exit);
void addTrack(CLI::App& app, ExitCode& exit);
void addStatistics(CLI::App& app, ExitCode& exit);
void addDiff(CLI::App& app, ExitCode& exit);
void addRuns(CLI::App& app, ExitCode& exit);
void addVerifyResume(CLI::App& app, ExitCode& exit);
void addWhatIf(CLI::App& app, ExitCode& exit);
void addInfo(CLI::App& app, ExitCode& exit);
void addData(CLI::App& app, ExitCode& exit);
void addFindings(CLI::App& app, ExitCode& exit);
void addSearch(CLI::App& app, ExitCode& exit);
void addMethods(CLI::App& app, ExitCode& exit);
void addModels(CLI::App& app, ExitCode& exit);
void addPresets(CLI::App& app, ExitCode& exit);
void addConformance(CLI::App& app, ExitCode& exit);

/// Columns as wide as their widest cell; the first is left-aligned, and so is a last one of sentences.
void printTable(const std::vector<std::vector<std::string>>& rows, bool lastIsText = false);

/// A table of options with default, unit, effect, help and source.
void printParams(const std::vector<ParamSpec>& specs);
nlohmann::ordered_json paramsJson(const std::vector<ParamSpec>& specs);

/// JSON as it is printed and written to files; bytes that are no UTF-8 become U+FFFD.
std::string jsonText(const nlohmann::ordered_json& json);

/// Numbers that JSON cannot hold become null.
nlohmann::ordered_json jsonNumber(double value);

/// Counts per kind, then every problem.
void printDiagnostics(const Diagnostics& diagnostics, std::size_t atMost);
nlohmann::ordered_json diagnosticsJson(const Diagnostics& diagnostics);

/// An entry of a run's journal.
nlohmann::ordered_json changeJson(const ParameterChange& change);

/// Prints what of a recorded run was found damaged and left out, as notes beside the output; returns it.
std::vector<std::string> tellDamage(RunReader& run);

/// Short form for people: 4 significant digits.
std::string shortNumber(double value);

/// An average precision or recall for people: COCO's -1 is "none", there being no object to find.
std::string precisionText(double value);

/// Which of ascending steps "last", "first" or a number means. kNotFound without any; a number is taken as it
/// is.
Result<std::int64_t> parseStep(const std::vector<std::int64_t>& steps, const std::string& text);

/// The recorded step that "last", "first" or a number means for a probe; kNotFound names the nearest.
Result<std::int64_t> parseStep(const RunReader& run, const std::string& probe, const std::string& text);

/// Which evidence of a probe at a step is meant.
struct EvidenceChoice {
  std::string folder, step = "last", image, stage, variant;
};

/// Adds --step, --image, --stage and --variant; `imageHelp` says what is taken without one.
void addEvidenceOptions(CLI::App& command, EvidenceChoice& choice, const std::string& imageHelp);

/// The stage that a name or a number from 0 means; empty: the last, which detects. kNotFound names them.
Result<std::shared_ptr<const StageEvidence>> findStage(const ProbeFrame& frame, const std::string& stage);

/// The probe that a name means: exact, without extension, or the only one that contains it; empty: the first.
Result<std::string> findProbe(const RunReader& run, const std::string& name);

}  // namespace anchorscope::cli
