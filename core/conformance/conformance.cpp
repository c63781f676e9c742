#include "core/conformance/conformance.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <filesystem>

#include "core/base/check.h"
#include "core/base/param.h"
#include "core/base/text.h"
#include "core/conformance/op_table.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;
using conformance::OpEntry;
using conformance::opTable;

const OpEntry* findOp(const std::string& op) {
  const auto& table = opTable();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const OpEntry& entry) { return entry.op == op; });
  return found == table.end() ? nullptr : &*found;
}

/// Runs the op and compares; exceptions of the op itself are a failure of the program, not of the file.
void runCase(const conformance::ReferenceCase& reference, const std::string& device,
             ConformanceOutcome& outcome) {
  const OpEntry* entry = findOp(reference.op);
  if (entry == nullptr) {
    outcome.verdict = ConformanceVerdict::kNotSupported;
    outcome.message = concat("the op '", reference.op, "' is not supported");
    return;
  }
  try {
    conformance::compareOutputs(reference, entry->run(reference, at::Device(device)), outcome);
  } catch (const conformance::MalformedCase& error) {
    outcome.verdict = ConformanceVerdict::kUnreadable;
    outcome.message = error.what();
  } catch (const conformance::UnsupportedCase& error) {
    outcome.verdict = ConformanceVerdict::kNotSupported;
    outcome.message = error.what();
  } catch (const c10::Error& error) {
    outcome.verdict = ConformanceVerdict::kFailed;
    outcome.message = error.what_without_backtrace();
  } catch (const std::exception& error) {
    outcome.verdict = ConformanceVerdict::kFailed;
    outcome.message = error.what();
  }
}

}  // namespace

Result<std::vector<std::string>> findReferenceFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
      return makeError(ErrorCode::kNotFound, concat("There is no file or folder '", path, "'"),
                       "Name a reference file or a folder of them");
    }
    if (!fs::is_directory(status)) {
      files.push_back(path);
      continue;
    }
    fs::recursive_directory_iterator entry(path, error), end;
    while (!error && entry != end) {
      if (entry->path().extension() == ".json" && !entry->is_directory(error))
        files.push_back(entry->path().string());
      entry.increment(error);
    }
    if (error) return makeError(ErrorCode::kIo, concat("Cannot list '", path, "': ", error.message()));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  if (files.empty()) {
    return makeError(ErrorCode::kNotFound, "There is no .json file below " + listed(paths),
                     "Name a reference file or a folder of them");
  }
  return files;
}

ConformanceOutcome runReferenceFile(const std::string& path, const std::string& device) {
  ConformanceOutcome outcome;
  outcome.file = path;
  outcome.device = device;
  outcome.verdict = ConformanceVerdict::kUnreadable;
  try {
    Result<conformance::ReferenceCase> reference = conformance::readReferenceCase(path);
    if (!reference) {
      outcome.message = reference.error().message;
      return outcome;
    }
    outcome.op = reference->op;
    runCase(*reference, device, outcome);
  } catch (const std::exception& error) {  // out of memory on a huge file
    outcome.message = concat(path, " cannot be read: ", error.what());
  }
  return outcome;
}

std::vector<std::string> supportedOps() {
  std::vector<std::string> ops;
  for (const OpEntry& entry : opTable())
    ops.push_back(entry.op);
  return ops;
}

}  // namespace anchorscope
