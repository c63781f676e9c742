#include "tests/cli/cli_testing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "tests/support/shared_data.h"

namespace anchorscope::testing {

Process::Process(const std::vector<std::string>& arguments, const TemporaryFolder& folder)
    : out_(folder / "stdout") {
  const std::string program = (programFolder() / "anchorscope-cli").string();
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);  // or the child writes this program's pending output once more
  id_ = ::fork();
  if (id_ == 0) {
    std::vector<char*> raw{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments)
      raw.push_back(const_cast<char*>(argument.c_str()));
    raw.push_back(nullptr);
    if (!std::freopen(out_.c_str(), "w", stdout) || ::dup2(ends[1], STDERR_FILENO) < 0) ::_exit(99);
    ::execv(program.c_str(), raw.data());
    ::_exit(98);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

Process::~Process() {
  ::close(pipe_);
}

void Process::interrupt() const {
  ::kill(id_, SIGINT);
}

void Process::kill() const {
  ::kill(id_, SIGKILL);
}

void Process::waitForText(const std::string& text) {
  while (err_.find(text) == std::string::npos && readSome()) {
  }
}

void Process::readFor(int milliseconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd readable{pipe_, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0 || !readSome()) return;
  }
}

Outcome Process::wait() {
  while (readSome()) {
  }
  int status = 0;
  ::waitpid(id_, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), readFile(out_), err_};
}

bool Process::readSome() {
  char buffer[4096];
  const ssize_t count = ::read(pipe_, buffer, sizeof buffer);
  if (count > 0) err_.append(buffer, static_cast<std::size_t>(count));
  return count > 0;
}

Outcome run(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  return Process(arguments, folder).wait();
}

Outcome shell(std::string command) {
  const std::string program = (programFolder() / "anchorscope-cli").string();
  for (std::size_t at = 0; (at = command.find("CLI", at)) != std::string::npos; at += program.size())
    command.replace(at, 3, program);
  Outcome outcome;
  std::FILE* pipe = ::popen(("{ " + command + "; } 2>&1 >/dev/null").c_str(), "r");
  if (!pipe) throw std::runtime_error("no shell");
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
    outcome.err.append(buffer, count);
  const int status = ::pclose(pipe);
  outcome.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

std::vector<std::string> tinyTraining(const std::string& out, std::int64_t steps,
                                      const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"train",
                                     "--data",
                                     "demo",
                                     "--out",
                                     out,
                                     "--steps",
                                     std::to_string(steps),
                                     "--record-every",
                                     std::to_string(kTinyRecordEvery),
                                     "--size",
                                     "64",
                                     "--batch",
                                     "2",
                                     "--threads",
                                     "1",
                                     "--device",
                                     "cpu"};
  for (const char* setting :
       {"model.fpn_channels=16", "eval_max_images=4", "deterministic=true", "probe_count=2"})
    arguments.insert(arguments.end(), {"--set", setting});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string quoted(const std::vector<std::string>& arguments) {
  std::string out;
  for (const std::string& argument : arguments)
    out += " '" + argument + "'";
  return out;
}

nlohmann::json jsonOf(const Outcome& outcome) {
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  auto json = nlohmann::json::parse(outcome.out, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << outcome.out;
  return json;
}

}  // namespace anchorscope::testing
