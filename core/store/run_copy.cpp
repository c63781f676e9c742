#include "core/store/run_copy.h"

#include <filesystem>

#include "core/base/check.h"
#include "core/store/bookmarks.h"
#include "core/store/run_folder.h"
#include "core/store/run_writer.h"
#include "core/store/schema.h"
#include "core/store/sqlite.h"

namespace anchorscope {
namespace fs = std::filesystem;
namespace {

Status copyFile(const std::string& from, const std::string& to) {
  return writeFileAtomically(to, Overwrite::kYes, [&](const std::string& temporary) -> Status {
    std::error_code code;
    fs::copy_file(from, temporary, code);
    if (code)
      return makeError(ErrorCode::kIo, concat("Cannot copy '", from, "' to '", to, "': ", code.message()),
                       "Check that there is room and that the folder may be written");
    return {};
  });
}

}  // namespace

Status copyRun(const std::string& from, const std::string& into, std::int64_t step, Overwrite overwrite) {
  std::error_code code;
  if (fs::equivalent(from, into, code))
    return makeError(ErrorCode::kUsage, concat("'", into, "' is the run's own folder"),
                     "Name another folder, or none to go on in this one");
  Result<std::unique_ptr<Database>> database = openTrace(tracePath(from), TraceAccess::kRead);
  if (!database) return std::move(database).error();
  ANCHORSCOPE_TRY(clearRunFolder(into, overwrite));
  ANCHORSCOPE_TRY(copyFile(checkpointPath(from, step), checkpointPath(into, step)));
  if (fs::exists(bestCheckpointPath(from), code))
    ANCHORSCOPE_TRY(copyFile(bestCheckpointPath(from), bestCheckpointPath(into)));
  if (fs::exists(bookmarksPath(from), code))
    ANCHORSCOPE_TRY(copyFile(bookmarksPath(from), bookmarksPath(into)));
  if (fs::exists(configPath(from), code)) ANCHORSCOPE_TRY(copyFile(configPath(from), configPath(into)));
  // One snapshot of the trace with its log, whole or not at all.
  return writeFileAtomically(tracePath(into), Overwrite::kNo, [&](const std::string& temporary) -> Status {
    ANCHORSCOPE_TRY((*database)->execute("PRAGMA query_only=OFF"));
    Result<Statement> copy = (*database)->prepare("VACUUM INTO ?1");
    if (!copy) return std::move(copy).error();
    return copy->bind(1, std::string_view(temporary)).run();
  });
}

}  // namespace anchorscope
