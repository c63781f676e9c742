// Stands in for figure.cpp in a build without Qt.
#include "app/cli/common.h"

namespace anchorscope::cli {

void addFigure(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("figure", "Draw recorded evidence or curves (not in this build)");
  command->allow_extras();
  command->callback([&exit] {
    exit = fail(makeError(ErrorCode::kUnsupported, "This program was built without Qt, which draws figures",
                          "Build without --no-gui"));
  });
}

}  // namespace anchorscope::cli
