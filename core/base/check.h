#pragma once
// ANCHORSCOPE_CHECK: for bugs only. Throws CheckFailure with file and line; the top of each thread reports it
// once.

#include <sstream>
#include <stdexcept>
#include <string>

namespace anchorscope {

/// Thrown when the program's own assumption does not hold.
class CheckFailure : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Joins anything streamable into one string.
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

[[noreturn]] inline void failCheck(const char* file, int line, const char* condition,
                                   const std::string& message) {
  throw CheckFailure(
      concat(file, ":", line, ": check failed: ", condition, message.empty() ? "" : ": ", message));
}

}  // namespace anchorscope

/// ANCHORSCOPE_CHECK(condition, parts...): throws CheckFailure with the parts joined when the condition is
/// false.
#define ANCHORSCOPE_CHECK(condition, ...)                                                           \
  do {                                                                                              \
    if (!(condition))                                                                               \
      ::anchorscope::failCheck(__FILE__, __LINE__, #condition, ::anchorscope::concat(__VA_ARGS__)); \
  } while (false)
