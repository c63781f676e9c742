#pragma once
// What the program prints: nothing that a terminal would obey gets out, and what could not be written is
// noticed.

#include <memory>
#include <streambuf>

#include "core/base/result.h"

namespace anchorscope::cli {

/// While it lives, std::cout and std::cerr go through it: control characters in names, paths and messages are
/// escaped (line feeds and tabs stay), and a write that fails is remembered.
class Output {
 public:
  Output();
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Writes what is left; kIo when any of the standard output could not be written (a full disk, a closed
  /// pipe).
  Status finish();

  /// To standard error as it is: for the control sequences of our own progress line.
  static void control(const char* sequence);

 private:
  class Buffer;
  std::unique_ptr<Buffer> out_, error_;
  std::streambuf *outBefore_, *errorBefore_;
};

}  // namespace anchorscope::cli
