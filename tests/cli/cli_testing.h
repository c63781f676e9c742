#pragma once
// The headless program as a child process, for the tests of its commands.

#include <sys/types.h>

#include <cstdint>
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

/// A shell's command with CLI standing for the program; its standard error.
Outcome shell(std::string command);

/// The arguments of a short training of the demo on a tiny detector, the same bits each time; `more` behind
/// them. The third of all is the data.
std::vector<std::string> tinyTraining(const std::string& out, std::int64_t steps,
                                      const std::vector<std::string>& more = {});
/// Its evidence is recorded every so many steps.
inline constexpr std::int64_t kTinyRecordEvery = 4;

/// Arguments as a shell takes them.
std::string quoted(const std::vector<std::string>& arguments);

/// What it wrote, which must be JSON, after it ended well.
nlohmann::json jsonOf(const Outcome& outcome);

}  // namespace anchorscope::testing
