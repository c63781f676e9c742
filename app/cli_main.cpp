// The headless program: everything without a window.
#include <csignal>
#include <exception>

#include "app/cli/common.h"
#include "app/cli/output.h"
#include "core/session/thrown.h"
#include "core/trainer/version.h"

namespace {

int run(int argc, char** argv) {
  using namespace anchorscope;
  CLI::App app{"Train object detectors and look at every anchor's evidence, without a window.",
               "anchorscope-cli"};
  app.set_version_flag("--version", kProgramVersion);
  app.require_subcommand(1);
  cli::ExitCode exit = 0;
  cli::addTrain(app, exit);
  cli::addEval(app, exit);
  cli::addCompare(app, {argv + 1, argv + argc}, exit);
  cli::addInspect(app, exit);
  cli::addFigure(app, exit);
  cli::addCurves(app, exit);
  cli::addTrack(app, exit);
  cli::addStatistics(app, exit);
  cli::addDiff(app, exit);
  cli::addVerifyResume(app, exit);
  cli::addWhatIf(app, exit);
  cli::addInfo(app, exit);
  cli::addRuns(app, exit);
  cli::addData(app, exit);
  cli::addFindings(app, exit);
  cli::addSearch(app, exit);
  cli::addMethods(app, exit);
  cli::addModels(app, exit);
  cli::addPresets(app, exit);
  cli::addConformance(app, exit);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    // Help and version end well; every other parse error is a wrong request.
    return app.exit(problem) == 0 ? 0 : exitCode(ErrorCode::kUsage);
  }
  return exit;
}

}  // namespace

int main(int argc, char** argv) {
  // A limit on file sizes and a reader that has gone are failed writes like any other, not the end of the
  // program.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  anchorscope::cli::Output output;
  int exit = 0;
  try {
    exit = run(argc, argv);
  } catch (...) {
    exit = anchorscope::cli::fail(anchorscope::errorFromThrown(std::current_exception()));
  }
  const anchorscope::Status written = output.finish();
  return written || exit != 0 ? exit : anchorscope::cli::fail(written.error());
}
