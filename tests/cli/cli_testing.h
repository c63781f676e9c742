#pragma once
// The headless program as a child process, for the tests of its commands.

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {

struct Outcome {
  int exit = -1;
  std::string out, err;
};

/// A started program: standard output goes into a file, standard error comes through a pipe.
class Process {
 public:
  Process(const std::vector<std::string>& arguments, const TemporaryFolder& folder);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void interrupt() const;
  void kill() const;
  /// Returns when the program has written this to standard error, or has ended.
  void waitForText(const std::string& text);
  /// Reads what it writes to standard error for so long, or until it ends.
  void readFor(int milliseconds);
  Outcome wait();

 private:
  bool readSome();

  std::filesystem::path out_;
  std::string err_;
  pid_t id_ = -1;
  int pipe_ = -1;
};

Outcome run(const std::vector<std::string>& arguments);

/// What it wrote, which must be JSON, after it ended well.
nlohmann::json jsonOf(const Outcome& outcome);

}  // namespace anchorscope::testing
