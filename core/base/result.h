#pragma once
// Result<T>: a value or an Error. For what users, data, disks and devices do wrong; bugs go through check.h.

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace anchorscope {

/// What kind of failure this is. The command line maps each to an exit code (see exitCode()).
enum class ErrorCode {
  kUsage,  ///< The request itself is wrong: unknown name, option out of range, parts that cannot be combined.
  kNotFound,     ///< A file, image, step or object that does not exist.
  kBadData,      ///< A file that exists but cannot be understood.
  kIo,           ///< Reading or writing failed (permissions, disk full).
  kExists,       ///< Something is there already and overwriting was not asked for.
  kDevice,       ///< GPU or driver failure.
  kMemory,       ///< The memory of the machine or the GPU is full; what was there before is still sound.
  kNumeric,      ///< A non-finite loss or parameter.
  kCancelled,    ///< The user asked to stop.
  kUnsupported,  ///< A build without this part, or a combination that is not implemented.
  kInternal      ///< A bug, caught at the last place where it could be.
};

/// Short lower-case name, e.g. "bad data".
const char* toString(ErrorCode code);

/// Exit code of the command line for this category: usage 2, not found 3, bad data 4, I/O 5, exists 6, device
/// and memory 7, numeric 8, unsupported 9, internal 70, cancelled 130.
int exitCode(ErrorCode code);

/// A failure with its story: what happened, what to do, and the context chain from inside to outside.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  ///< What happened and where (file, record), in one sentence.
  std::string action;   ///< What the user can do about it; may be empty.
  std::string details;  ///< Technical rest (backtraces, library messages); shown on demand only.
  std::vector<std::string>
      context;  ///< Outer circumstances, innermost first ("reading image 12 of train.txt").

  /// Adds an outer circumstance and returns the error, for `return error.in("loading weights")`.
  Error in(std::string circumstance) && {
    context.push_back(std::move(circumstance));
    return std::move(*this);
  }

  /// Message, context and action as people should read them, on one line and printable (text.h).
  std::string text() const;
};

/// Builds an Error in one expression.
inline Error makeError(ErrorCode code, std::string message, std::string action = {}) {
  return Error{code, std::move(message), std::move(action), {}, {}};
}

/// A value or an Error. Test with `if (!result)`, read with `*result`, pass on with
/// `std::move(result).error()`.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: conversion is the point
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: conversion is the point

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error, for operations without a value.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: conversion is the point

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

/// Returns the error of `expression` from the current function, if there is one.
#define ANCHORSCOPE_TRY(expression)                                                        \
  do {                                                                                     \
    if (auto tryStatus_ = (expression); !tryStatus_) return std::move(tryStatus_).error(); \
  } while (false)

}  // namespace anchorscope
