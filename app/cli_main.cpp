// The headless program: everything without a window.
#include <exception>
#include <iostream>

#include "app/cli/common.h"
#include "core/base/check.h"
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
  cli::addInfo(app, exit);
  cli::addData(app, exit);
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
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << "anchorscope-cli: " << problem.what() << "\nPlease report this.\n";
    return anchorscope::exitCode(anchorscope::ErrorCode::kInternal);
  }
}
