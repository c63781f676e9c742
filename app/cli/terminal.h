#pragma once
// What long commands do on a terminal: stop when asked to, and show a line that is rewritten in place.

#include <chrono>
#include <cstddef>
#include <string>

namespace anchorscope::cli {

/// From now on Ctrl-C and a termination request are counted; the second one ends the program at once.
void catchInterrupts();
bool interrupted();

/// A progress line on standard error: on a terminal rewritten in place ten times a second, elsewhere printed
/// every ten seconds.
class ProgressLine {
 public:
  ProgressLine();
  /// Room for the line; a longer one is cut on a terminal. Very much elsewhere.
  std::size_t columns() const;
  /// It is time for a new line.
  bool due() const;
  void show(const std::string& line);
  /// A line that stays.
  void say(const std::string& text);
  /// Leaves the present line standing.
  void end();

 private:
  const bool terminal_;
  bool open_ = false;
  std::chrono::steady_clock::time_point lastShown_{};
};

}  // namespace anchorscope::cli
